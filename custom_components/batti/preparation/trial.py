"""The proof that an engine works on this computer: a real sentence, answered by a child process."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from ..interpreter.engine.local import LocalEngine
from .base import DeadEnd
from .children import run
from .wheel import MODULE

SENTENCE = "[ bansa ] ko bati bala"
LABELS = ("bansa",)
DEADLINE = 60.0  # seconds; a slow computer that is busy
_FIND = "import importlib.util as u; spec = u.find_spec('llama_cpp'); print(spec and spec.origin or '')"


async def try_engine(model: Path, packages: Path | None, python: str | None = None) -> None:
    """Have an engine answer a sentence.

    Args:
        model: a GGUF file.
        packages: the folder with llama_cpp; None to try the one beside Home Assistant.
        python: see `LocalEngine`.

    Raises:
        EngineError: it does not, and why.
    """
    engine = LocalEngine(model, python=python, packages=packages, state_dir=None)
    try:
        await engine.start()
        await engine.generate(SENTENCE, LABELS, DEADLINE)
    finally:
        await engine.stop()


async def find_installed(python: str | None = None) -> Path:
    """The `__init__.py` of the llama_cpp beside Home Assistant, which is not imported for this.

    Raises:
        DeadEnd: there is none.
    """
    found = await run([python or sys.executable, "-P", "-c", _FIND], environment=os.environ)
    last = found.lines[-1] if found.lines else ""
    if found.status:
        raise DeadEnd(f"Python cannot look for it: {last}")
    if not last:
        raise DeadEnd("llama-cpp-python is not installed there")
    return Path(last)


def version_in(packages: Path) -> str:
    """The version of the llama_cpp in a folder of packages."""
    found = re.search(r"""^__version__ = ["'](.+)["']$""", (packages / MODULE).read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "unknown"
