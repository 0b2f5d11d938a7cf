"""The part of a file that was downloaded so far. Everything here reads or writes the disk."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

MARGIN = 100 * 2**20  # bytes of the disk that stay free for other programs


class PartialFile:
    """An incomplete file beside its target, with the ETag that the server gave it."""

    def __init__(self, target: Path) -> None:
        """Set the file that it will become."""
        self.target = target
        self._path = target.with_name(f"{target.name}.part")
        self._etag = target.with_name(f"{target.name}.part.etag")

    def is_done(self, sha256: str | None, size: int | None) -> bool:
        """Whether the complete file is in place, by its checksum or else its size; False if neither is known."""
        if not self.target.is_file() or size not in (None, self.target.stat().st_size):
            return False
        return _digest(self.target) == sha256.lower() if sha256 else size is not None

    def look(self) -> tuple[int, str | None]:
        """The size of the part in bytes, and its ETag if it has one."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        have = self._path.stat().st_size if self._path.exists() else 0
        return have, self._etag.read_text("utf-8") if self._etag.exists() else None

    def begin(self, etag: str | None) -> None:
        """Start again with an empty part and this ETag."""
        self._path.open("wb").close()  # first, so that old bytes never have a new ETag
        if etag is None:
            self._etag.unlink(missing_ok=True)
        else:
            self._etag.write_text(etag, "utf-8")

    def discard(self) -> None:
        """Delete the part."""
        self._path.unlink(missing_ok=True)
        self._etag.unlink(missing_ok=True)

    def room_for(self, size: int) -> None:
        """Check that `size` more bytes fit on the disk.

        Raises:
            OSError: they do not; the same error as for a full disk.
        """
        free = shutil.disk_usage(self.target.parent).free
        if free < size + MARGIN:
            raise OSError(
                errno.ENOSPC, f"{_mega(size)} are to come, {_mega(MARGIN)} shall stay free, and {_mega(free)} are free"
            )

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes at an offset."""
        self.room_for(len(data))
        with self._path.open("r+b", buffering=0) as file:  # unbuffered: what fits on a full disk is kept
            file.seek(offset)
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]

    def digest(self) -> str:
        """The checksum of the part."""
        return _digest(self._path)

    def finish(self) -> None:
        """Move the finished part to its target; after a power failure the file is still complete."""
        with self._path.open("rb") as file:
            os.fsync(file.fileno())
        self._path.replace(self.target)
        self._etag.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mega(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
