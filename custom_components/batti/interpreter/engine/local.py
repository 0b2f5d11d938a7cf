"""Runs llama.cpp in a child process: a crash, a hang or a kill for memory there only fails one command here."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineCrashed, EngineError, EngineTimeout
from .interface import Binding, EngineState, Generation, ModelInfo
from .process import Process

START_TIMEOUT = 120.0  # seconds; a large model on an SD card loads slowly
CONTEXT = 2048  # tokens; a stock model's prompt has about 800, a small model uses only as many as it was trained on
_STOPPED = "The engine has been stopped"


class LocalEngine:
    """Runs a GGUF model on this computer's processor.

    The process starts with `start` or the first command. If a command ended it, the next command starts it again.

    Args:
        model: a GGUF file.
        python: the interpreter that runs the worker; if None, this one.
        threads: number of threads; if None, `context.threads_for` decides.
        n_ctx: context size, in tokens: for a prompt and its answer together.
        binding: the Python package that brings llama.cpp into the worker.
        packages: a folder with the binding, if it is not installed beside Home Assistant.
        state_dir: a folder for the state of the prompt's fixed prefix, so that a restart need not evaluate it again.
        start_timeout: seconds in which the model must be loaded.
        idle_unload: seconds without a command after which the process ends, to free its memory; if None, never.
        command: the command to run in place of the worker.

    Attributes:
        command: the command that is run.
    """

    def __init__(
        self,
        model: Path,
        *,
        python: str | None = None,
        threads: int | None = None,
        n_ctx: int = CONTEXT,
        binding: Binding = Binding.LLAMA_CPP_PYTHON,
        packages: Path | None = None,
        state_dir: Path | None = None,
        start_timeout: float = START_TIMEOUT,
        idle_unload: float | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        """Prepare the command; nothing is started yet."""
        options = ["--model", str(model), "--n-ctx", str(n_ctx), "--binding", binding]
        if threads is not None:
            options += ["--threads", str(threads)]
        if state_dir is not None:
            options += ["--state-dir", str(state_dir)]
        # -P: import nothing from the folder that Home Assistant was started in.
        worker = [python or sys.executable, "-P", "-m", f"{__package__}.worker", *options]
        self.command = list(command or worker)
        # Waiting threads must not spin: on a busy computer, that stops llama.cpp for seconds.
        self._environment = {"OMP_WAIT_POLICY": "passive", "PYTHONPATH": _python_path(packages)}
        self._start_timeout = start_timeout
        self._idle_unload = idle_unload
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._starting: asyncio.Task[Process] | None = None
        self._idle_timer: asyncio.Task[None] | None = None
        self._stopped = False
        self._state = EngineState.STOPPED
        self._info: ModelInfo | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def state(self) -> EngineState:
        """Whether the model can be asked."""
        died = self._state is EngineState.READY and (self._process is None or not self._process.alive)
        return EngineState.FAILED if died else self._state

    @property
    def info(self) -> ModelInfo | None:
        """What is known of the model; None before it is first loaded."""
        return self._info

    @property
    def pid(self) -> int | None:
        """Id of the process that holds the model."""
        return self._process.pid if self._process is not None and self._process.alive else None

    async def start(self) -> None:
        """Load the model.

        Raises:
            EngineMissing: the binding cannot be imported.
            ModelMissing, ModelRefused: the model cannot be used.
            EngineError: the process failed in another way; a retry may help.
        """
        self._stopped = False
        async with self._lock:
            await self._ready()
        self._start_idle_timer()

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        """Answer one marked sentence; see `base.Engine`.

        A cancelled call leaves the process running for the next call. A call that passes its deadline ends the process,
        because native code that hangs cannot be interrupted.
        """
        request = {"sentence": sentence, "labels": list(labels), "previous": previous}
        try:
            async with asyncio.timeout(deadline) as limit, self._lock:
                return await self._ask(request, limit)
        except TimeoutError as error:
            raise EngineTimeout(f"The model had no answer after {deadline:g} seconds") from error
        finally:
            self._start_idle_timer()
            self._tell(self.state)

    async def stop(self) -> None:
        """End the process; commands that are running or waiting fail."""
        self._stopped = True
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if (starting := self._starting) is not None:
            starting.cancel()
            await asyncio.wait([starting])
            if not starting.cancelled() and starting.exception() is None:
                self._process = starting.result()
            self._starting = None
        await self._end()
        self._tell(EngineState.STOPPED)

    async def _ask(self, request: dict[str, Any], limit: asyncio.Timeout) -> Generation:
        process = await self._ready()
        try:
            return await process.ask(request)
        except asyncio.CancelledError:
            if limit.expired():
                process.kill()
            raise
        except EngineCrashed as error:
            if self._stopped:
                raise EngineError(_STOPPED) from error
            raise

    async def _ready(self) -> Process:
        """A process that is ready; its start continues even if the call that began it is cancelled."""
        if self._stopped:
            raise EngineError(_STOPPED)
        if self._process is not None and self._process.alive:
            return self._process
        await self._end()
        if self._starting is None:
            self._starting = asyncio.create_task(self._load(), name="batti: load the model")
        try:
            self._process = await asyncio.shield(self._starting)
        except asyncio.CancelledError as error:
            if self._stopped:
                raise EngineError(_STOPPED) from error
            raise
        finally:
            if self._starting is not None and self._starting.done():
                self._starting = None
        self._tell(EngineState.READY)
        return self._process

    async def _load(self) -> Process:
        self._tell(EngineState.LOADING)
        try:
            process = await Process.start(self.command, self._environment, self._start_timeout)
        except EngineError:
            self._tell(EngineState.FAILED)
            raise
        self._info = process.info
        return process

    async def _end(self) -> None:
        if self._process is not None:
            await self._process.close()
            self._process = None

    def _start_idle_timer(self) -> None:
        """Start the idle timer, after which the process ends."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self._idle_unload is not None and not self._stopped:
            self._idle_timer = asyncio.create_task(self._unload(self._idle_unload), name="batti: unload an idle model")

    async def _unload(self, after: float) -> None:
        await asyncio.sleep(after)
        async with self._lock:
            self._idle_timer = None  # from here on the next command waits instead of cancelling this
            if self._process is not None and self._process.alive:
                await self._end()
                self._tell(EngineState.UNLOADED)

    def _tell(self, state: EngineState) -> None:
        if state is not self._state and not (self._stopped and state is not EngineState.STOPPED):
            self._state = state
            self.on_change()


def _python_path(packages: Path | None) -> str:
    """The worker's PYTHONPATH: this package, the folder of the prepared binding, and Home Assistant's PYTHONPATH."""
    root = Path(__file__).absolute().parents[len(__package__.split("."))]
    parts = [str(root), str(packages or ""), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(part for part in parts if part)
