"""Source archives like llama-cpp-python's, with a build that takes no time, fails, or stops half-way."""

from __future__ import annotations

import io
import tarfile
from hashlib import sha256
from pathlib import Path

NAME = "llama_cpp_python-0.3.36.tar.gz"
_TOP = "llama_cpp_python-0.3.36"
_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "llama_cpp_python"
version = "0.3.36"
"""
_BEGIN = """
import os, pathlib, shutil, signal, subprocess, sys, time
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    place = pathlib.Path(config_settings["build-dir"])
    print("flags:", os.environ["CMAKE_ARGS"], flush=True)
"""
# As ninja does, the compiler gets a process group of its own, and is ended where we are asked to end.
_STOP = """
    if not place.exists():
        place.mkdir()
        compiler = subprocess.Popen(["/bin/sleep", "600"], process_group=0)
        signal.signal(signal.SIGTERM, lambda *_: (compiler.kill(), sys.exit(1)))
        (place / "processes").write_text(f"{os.getpid()} {compiler.pid}")
        print("[1/40] c++ a.cpp", flush=True)
        time.sleep(600)
    print("[1/39] c++ b.cpp", flush=True)
"""
_FAIL = """
    print("[1/2] c++ a.cpp\\na.cpp:1:1: error: this is no C++\\nninja: build stopped: subcommand failed.", flush=True)
    sys.exit(1)
"""
_END = """
    for step in (1, 2, 3):
        print(f"[{step}/3] c++ {step}.cpp", flush=True)
    return os.path.basename(shutil.copy(WHEEL, wheel_directory))
"""


def works(wheel: Path) -> bytes:
    """An archive whose build gives this wheel."""
    return _archive(f"{_BEGIN}{_END.replace('WHEEL', repr(str(wheel)))}")


def stops_once(wheel: Path) -> bytes:
    """An archive whose build stands still the first time, and goes on from there the second time."""
    return _archive(f"{_BEGIN}{_STOP}{_END.replace('WHEEL', repr(str(wheel)))}")


def fails() -> bytes:
    """An archive that does not compile."""
    return _archive(f"{_BEGIN}{_FAIL}")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _archive(backend: str) -> bytes:
    files = {
        "pyproject.toml": _PROJECT,
        "backend.py": backend,
        "vendor/llama.cpp/models/ggml-vocab-llama-bpe.gguf": "GGUF",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{_TOP}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()
