"""Helpers of `finetune_llama32_1b.ipynb`: install missing packages, and run commands with their output in the notebook."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Modules not named like their packages.
_MODULES = {"PyYAML": "yaml", "Jinja2": "jinja2", "llama-cpp-python": "llama_cpp"}
_WITH_GPU = ("unsloth", "bitsandbytes")
_SETUP = ROOT / "scripts" / "setup.d"


def install() -> None:
    """Install missing packages: 3 to 10 minutes on Colab and Lightning, nothing after scripts/setup --training.

    With a GPU, Unsloth's requirements decide the versions; without one, requirements.txt does.
    """
    pinned = re.findall(r"^([\w-]+)==\S+$", (ROOT / "training" / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    if shutil.which("nvidia-smi"):
        if missing := _missing(_WITH_GPU):
            _pip(*missing)
        if missing := _missing(pinned):
            _pip(*missing)
    elif _missing(pinned):
        _pip("--requirement", str(ROOT / "training" / "requirements.txt"))
    if _missing(("llama-cpp-python",)):
        _build_llama_cpp()


def _missing(packages: tuple[str, ...] | list[str]) -> list[str]:
    return [name for name in packages if find_spec(_MODULES.get(name, name).replace("-", "_")) is None]


def _build_llama_cpp() -> None:
    """Build it like scripts/setup: the same version and flags, and not only for this processor (GGML_NATIVE)."""
    flags = (
        "-DGGML_NATIVE=OFF",
        "-DLLAVA_BUILD=OFF",
        f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={_SETUP}/llama-cpp.cmake",
    )
    # --no-deps: its dependencies are in requirements.txt, and with a checksum pip would want one for each of them too.
    wanted = str(_SETUP / "llama-cpp-python.txt")
    _pip("--verbose", "--no-deps", "--requirement", wanted, CMAKE_ARGS=" ".join(flags))


def _pip(*arguments: str, **environment: str) -> None:
    show(sys.executable, "-m", "pip", "install", *arguments, **environment)
    invalidate_caches()


def module(name: str, *arguments: object) -> None:
    """Run a module as a command, with its output in the notebook; if it fails, the notebook stops."""
    show(sys.executable, "-m", name, *map(str, arguments))


def show(*command: str, **environment: str) -> None:
    """Run a command and print its output as it comes."""
    print("$", *command, flush=True)
    # A Jupyter kernel sets these for colours and progress bars; through a pipe they come as control characters.
    plain = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "CLICOLOR_FORCE")}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=plain | {"COLUMNS": "120"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
