"""Tests whether an engine works on this computer: a child process must answer a real sentence."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..interpreter.engine.interface import Binding
from ..interpreter.engine.local import LocalEngine
from .children import run
from .result import DeadEnd
from .wheel import MODULES

SENTENCE = "A ko bati bala"
LABELS = ("A",)
DEADLINE = 60.0  # seconds; enough for a slow, busy computer
_FIND = "import importlib.util as u; spec = u.find_spec('llama_cpp'); print(spec and spec.origin or '')"
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


async def try_engine(model: Path, binding: Binding, packages: Path | None, python: str | None = None) -> None:
    """Let an engine answer a sentence.

    Args:
        model: a GGUF file.
        binding: the Python package that contains llama.cpp.
        packages: the folder with the binding; None to try the one beside Home Assistant.
        python: see `LocalEngine`.

    Raises:
        EngineError: it does not answer; the message says why.
    """
    engine = LocalEngine(model, python=python, binding=binding, packages=packages)
    try:
        await engine.start()
        await engine.generate(SENTENCE, LABELS, DEADLINE)
    finally:
        await engine.stop()


async def find_installed(python: str | None = None) -> Path:
    """The `__init__.py` of the llama_cpp beside Home Assistant, found without importing it.

    Raises:
        DeadEnd: there is none.
    """
    found = await _last_line(_FIND, python)
    if not found:
        raise DeadEnd("llama-cpp-python is not installed there")
    return Path(found)


async def version_of(python: str) -> str:
    """The version of an interpreter, such as `3.14`.

    Raises:
        DeadEnd: it cannot be run.
    """
    return await _last_line(_VERSION, python)


def version_in(packages: Path) -> str:
    """The version of the llama_cpp in a folder of packages."""
    text = (packages / MODULES[Binding.LLAMA_CPP_PYTHON]).read_text("utf-8")
    found = re.search(r"""^__version__ = ["'](.+)["']$""", text, re.MULTILINE)
    return found[1] if found else "unknown"


async def _last_line(code: str, python: str | None) -> str:
    """The last line that some Python code prints."""
    python = python or sys.executable
    finished = await run([python, "-P", "-c", code])
    last = finished.lines[-1] if finished.lines else ""
    if finished.status:
        raise DeadEnd(f"{python} ended with {finished.status}: {last}")
    return last
