"""A lock: only one preparation at a time in a folder, also across entries and programs."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

_PAUSE = 0.5  # seconds


@asynccontextmanager
async def only_one(folder: Path) -> AsyncIterator[None]:
    """Hold the lock of a folder, waiting for it if needed. If the folder cannot be locked, go on without."""
    file = await asyncio.to_thread(_open, folder)
    try:
        while file is not None and not _lock(file):  # noqa: ASYNC110 - there is no event for another process
            await asyncio.sleep(_PAUSE)
        yield
    finally:
        if file is not None:
            file.close()


def _open(folder: Path) -> IO[bytes] | None:
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "lock").open("wb")
    return None


def _lock(file: IO[bytes]) -> bool:
    """Lock a file; False if another process holds the lock. The end of a process releases its lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
