"""Unpacks a wheel into its own folder; Home Assistant's packages stay unchanged."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from .children import run
from .computer import Computer
from .result import DeadEnd

_NEWEST_GLIBC = "manylinux_2_40"  # the newest that uv knows by name


def uv() -> list[str]:
    """The command for uv, which comes with Home Assistant."""
    if importlib.util.find_spec("uv") is not None:
        return [sys.executable, "-P", "-m", "uv"]
    return ["uv"]


async def unpack(wheel: Path, target: Path, other: tuple[Computer, str] | None = None) -> None:
    """Install one wheel, without dependencies and without network, into a new folder; an existing folder is removed.

    Args:
        wheel: the file.
        target: the folder.
        other: the computer and the Python version that it is for; if None, those that this runs on.

    Raises:
        DeadEnd: uv cannot do it.
    """
    cache = target.with_name(f"{target.name}.cache")  # beside it, so that uv can link instead of copying
    # The user's settings for uv (constraints, indexes, targets) must not affect this one file.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    command = [
        *uv(), "pip", "install", "--quiet", "--no-config", "--offline", "--no-index", "--no-deps",
        "--python", sys.executable, *(_platform(*other) if other else ()),
        "--target", str(target), "--cache-dir", str(cache), str(wheel),
    ]  # fmt: skip
    await asyncio.to_thread(remove, target)
    finished = await run(command, environment=environment)
    await asyncio.to_thread(remove, cache)
    if finished.status:
        raise DeadEnd(f"uv cannot install it: {' '.join(finished.lines)}")


def _platform(computer: Computer, version: str) -> list[str]:
    """Options that tell uv the platform, because it cannot run an interpreter of another computer."""
    if not computer.libc:
        return ["--python-version", version]
    libc = _NEWEST_GLIBC if computer.libc == "glibc" else "unknown-linux-musl"
    return ["--python-version", version, "--python-platform", f"{computer.machine}-{libc}"]


def put_in_place(new: Path, place: Path) -> None:
    """Replace a folder with a finished one. An interruption leaves one of them complete, or none."""
    old = place.with_name(f"{place.name}.old")
    remove(old)
    with contextlib.suppress(FileNotFoundError):
        place.rename(old)
    new.rename(place)
    remove(old)


def remove(folder: Path) -> None:
    """Delete a folder as far as possible; leftovers do no harm."""
    shutil.rmtree(folder, ignore_errors=True)
