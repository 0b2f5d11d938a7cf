"""Source archives like llama-cpp-python's, with a build that takes no time, fails, or stops half-way."""

from __future__ import annotations

import io
import tarfile
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
import os, pathlib, shutil, sys
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    place = pathlib.Path(config_settings["build-dir"])
    print("flags:", os.environ["CMAKE_ARGS"], flush=True)
"""
_STOP = """
    if not place.exists():
        place.mkdir()
        print("[1/40] c++ a.cpp", flush=True)
        sys.exit(1)
    print("[1/39] c++ b.cpp", flush=True)
"""
_END = """
    return os.path.basename(shutil.copy(WHEEL, wheel_directory))
"""


def works(wheel: Path) -> bytes:
    """An archive whose build gives this wheel."""
    return _archive(f"{_BEGIN}{_END.replace('WHEEL', repr(str(wheel)))}")


def stops_once(wheel: Path) -> bytes:
    """An archive whose build ends half-way the first time, and goes on from there the second time."""
    return _archive(f"{_BEGIN}{_STOP}{_END.replace('WHEEL', repr(str(wheel)))}")


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
