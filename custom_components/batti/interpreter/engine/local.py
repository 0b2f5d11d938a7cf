"""llama.cpp in a child process: a crash, a kill for memory or a hang there is one failed command here."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineCrashed, EngineError, EngineTimeout
from .base import Generation
from .process import Process

START_TIMEOUT = 120.0  # seconds; a large model on an SD card takes its time
_STOPPED = "The engine has been stopped"


class LocalEngine:
    """Runs a GGUF model on this computer's processor.

    The process starts with `start` or the first command, and again with the command after one that ended it.

    Args:
        model: a GGUF file.
        python: the interpreter to run the worker with; this one where None.
        threads: threads to compute with; the worker decides where None (see `llama.LlamaContext`).
        n_ctx: tokens that a prompt and its answer may have together.
        packages: a folder with llama_cpp, for where it is not installed beside Home Assistant.
        state_dir: a folder for the state of the prompt's fixed part, so that a restart need not evaluate it.
        start_timeout: seconds in which the model must be loaded.
        command: what to run in place of the worker.
    """

    def __init__(
        self,
        model: Path,
        *,
        python: str | None = None,
        threads: int | None = None,
        n_ctx: int = 1024,
        packages: Path | None = None,
        state_dir: Path | None = None,
        start_timeout: float = START_TIMEOUT,
        command: Sequence[str] | None = None,
    ) -> None:
        """Say what to run; nothing is started yet."""
        options = ["--model", str(model), "--n-ctx", str(n_ctx)]
        if threads is not None:
            options += ["--threads", str(threads)]
        if state_dir is not None:
            options += ["--state-dir", str(state_dir)]
        # -P: nothing is imported from the folder that Home Assistant happened to be started in.
        worker = [python or sys.executable, "-P", "-m", f"{__package__}.worker", *options]
        self._command = list(command or worker)
        # Threads that wait for work must not spin: on a busy computer llama.cpp then stands still for seconds.
        self._environment = {"OMP_WAIT_POLICY": "passive", "PYTHONPATH": _python_path(packages)}
        self._start_timeout = start_timeout
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._starting: asyncio.Task[Process] | None = None
        self._stopped = False

    async def start(self) -> None:
        """Load the model.

        Raises:
            EngineMissing: llama-cpp-python cannot be imported.
            ModelMissing, ModelRefused: the model cannot be used.
            EngineError: the process failed otherwise; trying again may help.
        """
        self._stopped = False
        async with self._lock:
            await self._ready()

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        """Answer one marked sentence; see `base.Engine`.

        A call that is cancelled leaves the process to the next one. A call that passes its deadline ends the process,
        because native code that hangs cannot be interrupted.
        """
        request = {"sentence": sentence, "labels": list(labels), "previous": previous}
        try:
            async with asyncio.timeout(deadline) as limit, self._lock:
                return await self._ask(request, limit)
        except TimeoutError as error:
            raise EngineTimeout(f"The model had no answer after {deadline:g} seconds") from error

    async def stop(self) -> None:
        """End the process; commands under way or waiting fail."""
        self._stopped = True
        if (starting := self._starting) is not None:
            starting.cancel()
            await asyncio.wait([starting])
            if not starting.cancelled() and starting.exception() is None:
                self._process = starting.result()
            self._starting = None
        if self._process is not None:
            await self._process.close()
            self._process = None

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
        """A process that can be asked; one that is being started outlives the call that wanted it."""
        if self._stopped:
            raise EngineError(_STOPPED)
        if self._process is not None and self._process.alive:
            return self._process
        if self._process is not None:
            await self._process.close()
            self._process = None
        if self._starting is None:
            self._starting = asyncio.create_task(
                Process.start(self._command, self._environment, self._start_timeout), name="batti: load the model"
            )
        try:
            self._process = await asyncio.shield(self._starting)
        except asyncio.CancelledError as error:
            if self._stopped:
                raise EngineError(_STOPPED) from error
            raise
        finally:
            if self._starting is not None and self._starting.done():
                self._starting = None
        return self._process


def _python_path(packages: Path | None) -> str:
    """Where the worker finds this package, what Home Assistant was told, and llama_cpp."""
    root = Path(__file__).absolute().parents[len(__package__.split("."))]
    parts = [str(root), os.environ.get("PYTHONPATH", ""), str(packages or "")]
    return os.pathsep.join(part for part in parts if part)
