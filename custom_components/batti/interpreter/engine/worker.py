"""The child process: reads requests from stdin and writes answers to stdout, one JSON object a line.

    <- {"id": 0, "ready": {...}}                   once, when the model is loaded: the fields of base.ModelInfo
    -> {"id": 1, "sentence": "A ko bati bala", "labels": ["A"], "previous": ""}
    <- {"id": 1, "generation": {...}}              the fields of base.Generation
    <- {"id": 1, "error": "SentenceTooLong", "message": "..."}      with id 0 if the model cannot be loaded

It ends when its stdin closes, also in the middle of a calculation (only xllamacpp's loading of a model is finished first),
so it never outlives its parent process. A new request means that nobody waits for the current one any more: the current
one is dropped without an answer.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ..errors import EngineError
from .interface import Binding
from .model import Model


def main(make: Callable[[argparse.Namespace], Model] | None = None) -> int:
    """Load the model, then answer until stdin closes; returns 1 if the model cannot be loaded.

    Args:
        make: makes the model from the command line's options.
    """
    output = _take_stdout()
    options = _options()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    try:
        model = (make or load)(options)
    except EngineError as error:
        _say(output, id=0, error=type(error).__name__, message=str(error))
        return 1
    _say(output, id=0, ready=asdict(model.info))
    while True:
        _answer(model, json.loads(requests.get()), requests, output)


def load(options: argparse.Namespace) -> Model:
    """The model that the options name."""
    return Model(options.model, options.n_ctx, options.threads, options.state_dir, binding=options.binding)


def _answer(model: Model, request: dict[str, Any], requests: queue.SimpleQueue[bytes], output: TextIO) -> None:
    try:
        sentence, labels, previous = request["sentence"], request["labels"], request.get("previous", "")
        generation = model.generate(sentence, labels, lambda: not requests.empty(), previous)
    except EngineError as error:
        _say(output, id=request["id"], error=type(error).__name__, message=str(error))
        return
    if generation is not None:
        _say(output, id=request["id"], generation=asdict(generation))


def _say(output: TextIO, **message: Any) -> None:
    print(json.dumps(message), file=output, flush=True)


def _take_stdout() -> TextIO:
    """Keep stdout for answers only: all other output, also that of native code, goes to stderr."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return output


def _read(requests: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)  # a native call cannot be interrupted


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Batti's model, as a child process")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--binding", type=Binding, choices=list(Binding), default=Binding.LLAMA_CPP_PYTHON)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--n-ctx", type=int, required=True)
    parser.add_argument("--state-dir", type=Path)
    return parser.parse_args()


def run(make: Callable[[argparse.Namespace], Model] | None = None) -> NoReturn:
    """Run `main` as a process. It skips Python's normal exit, which would wait for the thread that reads."""
    try:
        status = main(make)
    except Exception:  # noqa: BLE001 - the parent process reads the last lines of stderr
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    run()
