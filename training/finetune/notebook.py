"""What `finetune_llama32_1b.ipynb` needs beside the other modules: missing packages, and commands that show what they say."""

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
_MODULES = {"PyYAML": "yaml", "Jinja2": "jinja2", "llama-cpp-python": "llama_cpp"}  # those not named as their packages
_WITH_GPU = ("unsloth", "bitsandbytes")
_SETUP = ROOT / "scripts" / "setup.d"


def install() -> None:
    """Install what is not there; on Colab and Lightning that takes 3 to 10 minutes, after scripts/setup --training nothing.

    Where there is a GPU, Unsloth decides which versions go together; without, they are those of requirements.txt.
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
    """As scripts/setup does it: the same version with the same flags, never for the native processor."""
    flags = (
        "-DGGML_NATIVE=OFF",
        "-DLLAVA_BUILD=OFF",
        f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={_SETUP}/llama-cpp.cmake",
    )
    # What it needs is in requirements.txt; pip takes no other package beside one that has a checksum.
    wanted = str(_SETUP / "llama-cpp-python.txt")
    _pip("--verbose", "--no-deps", "--requirement", wanted, CMAKE_ARGS=" ".join(flags))


def _pip(*arguments: str, **environment: str) -> None:
    show(sys.executable, "-m", "pip", "install", *arguments, **environment)
    invalidate_caches()


def module(name: str, *arguments: object) -> None:
    """Run a module as a command, its output in the notebook; where it fails the notebook stops."""
    show(sys.executable, "-m", name, *map(str, arguments))


def show(*command: str, **environment: str) -> None:
    """Run a command and print what it says while it says it."""
    print("$", *command, flush=True)
    # A kernel asks for colours and moving bars; through a pipe they come as litter.
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
