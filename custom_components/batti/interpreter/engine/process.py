"""One child process that speaks the worker's protocol, and the reason for its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any, Self

from .. import errors
from ..errors import EngineCrashed, EngineError, EngineGarbled, EngineMissing, EngineTimeout
from .interface import Generation, ModelInfo

_STDERR_KEPT = 4000  # bytes
_STDERR_LINES = 3  # of stderr, in an error message
_EXIT_TIMEOUT = 2.0  # seconds between a closed pipe and the end of the process
_HINTS = {
    signal.SIGKILL: "the system may be out of memory",
    signal.SIGILL: "the engine was built for another processor; take another one, or a llama.cpp server",
}


class Process:
    """A running worker. One request at a time, except that abandoned ones may still be running."""

    info: ModelInfo

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Listen to a process that was just started."""
        self._process = process
        self.pid = process.pid
        self._given_up = False
        self._last_id = 0
        self._stderr = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str], timeout: float) -> Self:
        """Start a process and wait until it is ready.

        Raises:
            EngineMissing: the program cannot be run.
            EngineTimeout: it was not ready after `timeout` seconds.
            EngineError: any other failure, also one that the process itself reported.
        """
        pipe = asyncio.subprocess.PIPE
        try:
            started = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, **environment}
            )
        except OSError as error:
            raise EngineMissing(f"{command[0]} cannot be run: {error.strerror}") from error
        process = cls(started)
        try:
            async with asyncio.timeout(timeout):
                process.info = await process._ready()
        except TimeoutError as error:
            await process.close()
            raise EngineTimeout(f"The model was not loaded after {timeout:g} seconds") from error
        except BaseException:
            await process.close()
            raise
        return process

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.returncode is None and not self._given_up

    async def ask(self, request: Mapping[str, Any]) -> Generation:
        """The worker's answer to a request (see `worker.py`; the number is added here).

        Raises:
            EngineCrashed: the process died.
            EngineGarbled: it wrote something that is not an answer.
            EngineError: it reported why it has no answer.
        """
        self._last_id += 1
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(ConnectionError):  # it died: the end of its stdout shows that too
            stdin.write(json.dumps({"id": self._last_id, **request}).encode() + b"\n")
            await stdin.drain()
        fields = await self._answer("generation")
        try:
            return Generation(**{**fields, "unknown": tuple(fields["unknown"])})
        except (TypeError, KeyError) as error:
            raise self._garbled(fields) from error

    async def _ready(self) -> ModelInfo:
        fields = await self._answer("ready")
        try:
            return ModelInfo(**fields)
        except TypeError as error:
            raise self._garbled(fields) from error

    async def close(self) -> None:
        """End the process at once and wait until it is gone; it has nothing to save."""
        self.kill()
        await self._process.wait()
        await asyncio.wait([self._listening])

    def kill(self) -> None:
        """End the process, without waiting."""
        self._given_up = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _answer(self, key: str) -> Any:
        """The value of `key` in the answer to the last request; answers to earlier ones are skipped."""
        while True:
            answer = await self._read()
            number = answer.get("id")
            if isinstance(number, int) and number < self._last_id:
                continue
            if number == self._last_id and key in answer:
                return answer[key]
            kind = getattr(errors, str(answer.get("error")), None)
            if not (isinstance(kind, type) and issubclass(kind, EngineError)):
                raise self._garbled(answer)
            raise kind(answer.get("message"))

    async def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            line = await stdout.readline()
        except ValueError as error:  # longer than the stream's limit
            raise self._garbled("a very long line") from error
        if not line:
            raise await self._died()
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise self._garbled(line) from error
        if not isinstance(answer, dict):
            raise self._garbled(answer)
        return answer

    def _garbled(self, what: object) -> EngineGarbled:
        self.kill()
        return EngineGarbled(f"The model's process wrote something that is not an answer: {what!r:.200}")

    async def _died(self) -> EngineCrashed:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _EXIT_TIMEOUT)
        await self.close()
        code = self._process.returncode or 0
        lines = self._stderr.decode(errors="replace").strip().splitlines()[-_STDERR_LINES:]
        return EngineCrashed(f"The model's process {_ending(code)}" + "".join(f"\n  {line}" for line in lines))

    async def _listen(self) -> None:
        """Read stderr, so that its pipe does not fill up, and keep the end of it."""
        stderr = self._process.stderr
        assert stderr is not None
        while data := await stderr.read(_STDERR_KEPT):
            self._stderr = (self._stderr + data)[-_STDERR_KEPT:]


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    number = signal.Signals(-code)
    hint = f" ({_HINTS[number]})" if number in _HINTS else ""
    return f"was ended by {number.name}{hint}"
