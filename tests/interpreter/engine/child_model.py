"""A model in a process of its own, asked without asyncio: xllamacpp cannot be loaded beside all that a test run loads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from custom_components.batti.interpreter import errors
from custom_components.batti.interpreter.engine.interface import Binding, Generation, ModelInfo
from tests import measured
from training.evaluate.judging import READY

ROOT = Path(__file__).parents[3]
_LAST_WORDS = 10  # seconds


class ChildModel:
    """Has the face of `model.Model`, and is the worker with the ready engine."""

    def __init__(self, path: Path, n_ctx: int, threads: int | None = None, state_dir: Path | None = None) -> None:
        options = ["--model", path, "--n-ctx", n_ctx, "--binding", Binding.XLLAMACPP, "--state-dir", state_dir]
        options = options if state_dir else options[:-2]
        worker = [sys.executable, "-m", "custom_components.batti.interpreter.engine.worker", *map(str, options)]
        self._process = subprocess.Popen(
            worker,
            cwd=ROOT,
            env={"PYTHONPATH": str(READY)} | measured.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.info = ModelInfo(**self._read()["ready"])
        except errors.EngineError:
            self.close()
            raise

    def generate(
        self, sentence: str, labels: Sequence[str], abandoned: Callable[[], bool], previous: str = ""
    ) -> Generation | None:
        request = {"id": 1, "sentence": sentence, "labels": list(labels), "previous": previous}
        lines = [request, request | {"id": 2}] if abandoned() else [request]
        assert self._process.stdin is not None
        self._process.stdin.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        self._process.stdin.flush()
        answer = self._read()
        if answer["id"] == 2:  # the first was not waited for
            return None
        if abandoned():
            self._read()
        return Generation(**{**answer["generation"], "unknown": tuple(answer["generation"]["unknown"])})

    def close(self) -> None:
        """Have it end as where its parent is gone: killed, it could not say how much of the code it reached."""
        if self._process.returncode is None:
            try:
                self._process.communicate(timeout=_LAST_WORDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise getattr(errors, answer["error"])(answer["message"])
        return answer

    def __del__(self) -> None:
        self.close()
