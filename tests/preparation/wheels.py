"""Wheels made out of those that scripts/setup left, or of nothing."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from custom_components.batti.preparation.table import read_table

CACHE = Path(os.environ.get("BATTI_CACHE") or Path(__file__).parents[2] / ".cache")
LIBRARY = "llama_cpp/lib/libllama.so"
START = "llama_cpp/__init__.py"
VERSION = read_table().version  # of the ready engine
ILLEGAL = b"import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n"
_INFO = "llama_cpp_python-{}.dist-info/"
_NEEDED = ("libllama.so", "libggml.so.0", "libggml-base.so.0", "libggml-cpu.so.0")


def slim(wheel: Path, target: Path) -> Path:
    """A wheel without its doubles of the libraries, which would be unpacked at every turn."""

    def keep(name: str) -> str | None:
        doubles = "/lib/" in name and not name.endswith(tuple(f"/{library}" for library in _NEEDED))
        return None if doubles or name.startswith(("include/", "lib/")) else name

    return _copy(wheel, target, keep, {})


def tampered(wheel: Path, target: Path, changes: Mapping[str, bytes]) -> Path:
    """A wheel in which some files hold something else."""
    return _copy(wheel, target, lambda name: name, changes)


def of_version(wheel: Path, folder: Path, version: str) -> Path:
    """A wheel that says that it is of another version than 0.3.36."""
    old, new = _INFO.format("0.3.36"), _INFO.format(version)
    with zipfile.ZipFile(wheel) as archive:
        said = {name: archive.read(name).replace(b"0.3.36", version.encode()) for name in (START, f"{old}METADATA")}
    target = folder / wheel.name.replace("0.3.36", version)
    return _copy(wheel, target, lambda name: name.replace(old, new), said)


def tiny(target: Path, files: Mapping[str, str]) -> Path:
    """A wheel with nothing but these files."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target


def hollow(target: Path) -> Path:
    """A wheel that can be installed, by its name one of the ready engine; but its module cannot be imported."""
    name, version, tag = target.stem.split("-", 2)
    files = {
        f"{name}/__init__.py": "raise ImportError('hollow')\n",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    record = f"{name}-{version}.dist-info/RECORD"
    return tiny(target, {**files, record: "".join(f"{file},,\n" for file in (*files, record))})


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def damaged_inside() -> bytes:
    """A wheel whose list of files is whole, but not what is packed in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(START, "x = 1\n" * 1000)
    data = bytearray(buffer.getvalue())
    begin = 30 + len(START)  # of the packed bytes, after the local header
    data[begin : begin + 4] = b"\xff" * 4
    return bytes(data)


def _copy(wheel: Path, target: Path, naming: Callable[[str], str | None], changes: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            called = naming(name)
            if called is None:
                continue
            data = changes[name] if name in changes else old.read(name)
            if name.endswith("/RECORD"):
                rows = (row.partition(",") for row in data.decode().splitlines())
                data = "".join(f"{naming(file)},,\n" for file, _, _ in rows if naming(file)).encode()
            new.writestr(called, data)
    return target
