"""Downloads large files over HTTP: resumes them, checks them, and puts them in place only when they are complete."""

from __future__ import annotations

import asyncio
import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from .partial_file import PartialFile
from .requests import (
    AccessDenied,
    ChecksumWrong,
    DiskFull,
    DownloadError,
    NotFound,
    Unreachable,
    address,
    check_status,
    explained,
    retry,
)

__all__ = [
    "AccessDenied",
    "ChecksumWrong",
    "DiskFull",
    "DownloadError",
    "NotFound",
    "Progress",
    "Unreachable",
    "download",
]

Progress = Callable[[int, int | None], None]
"""Called with the number of bytes downloaded so far, and the total if it is known."""

CHUNK = 2**20  # bytes that are written at once
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_LOCKS: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()


async def download(
    session: aiohttp.ClientSession,
    url: str,
    target: Path,
    *,
    sha256: str | None = None,
    size: int | None = None,
    headers: Mapping[str, str] | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Download a file, unless it is already there according to its checksum, or else its size.

    After a lost connection, a cancellation or a full disk, the downloaded part stays beside `target` as `NAME.part`, and
    the next call resumes it. If two calls want the same target, the second waits for the first.

    Args:
        session: an aiohttp session.
        url: address of the file; redirects are followed.
        target: where to put the file.
        sha256: its checksum, in hexadecimal; without it only the size is checked.
        size: its size in bytes.
        headers: request headers; aiohttp does not send `Authorization` to another host after a redirect.
        on_progress: called after every MiB.

    Raises:
        DownloadError: the download failed; the message says why and what to do.
    """
    lock = _LOCKS.setdefault(target, asyncio.Lock())
    async with lock:
        work = _Download(session, address(url), PartialFile(target), sha256, size, headers or {}, on_progress)
        if not await work.on_disk(work.part.is_done, sha256, size):
            await retry(work.resume, lambda: work.have)
            await work.check()
            await work.on_disk(work.part.finish)


@dataclass
class _Download:
    """One download."""

    session: aiohttp.ClientSession
    url: URL
    part: PartialFile
    sha256: str | None
    size: int | None
    headers: Mapping[str, str]
    on_progress: Progress | None
    have: int = field(default=0, init=False)

    async def resume(self) -> None:
        """Resume the download, or start again if our part is not the beginning of the server's file."""
        with explained(self.url):
            if not await self._ask():
                await self.on_disk(self.part.discard)
                await self._ask()

    async def check(self) -> None:
        """Check the size and the checksum; delete the file if one is wrong."""
        came = f"{self.have} bytes instead of {self.size}" if self.size not in (None, self.have) else None
        if self.sha256 and not came:
            digest = await self.on_disk(self.part.digest)
            came = f"a file with checksum {digest} instead of {self.sha256}" if digest != self.sha256.lower() else None
        if came:
            await self.on_disk(self.part.discard)
            raise ChecksumWrong(
                f"{self.url.host} sent {came} for {self.name}, and it was deleted: try again, and if that does not help, "
                "tell those who publish it"
            )

    async def on_disk[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do blocking work in a thread. A cancelled call also waits for its end, before the next download may start."""
        task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull(
                    f"{self.name} does not fit on the disk ({error.strerror}): free some space and try again; what has "
                    "come so far is kept"
                ) from error
            raise DownloadError(
                f"{self.name} cannot be kept in {self.part.target.parent} ({error.strerror}): see that Home Assistant may "
                "write there, and try again"
            ) from error

    @property
    def name(self) -> str:
        """The file's name on this computer."""
        return self.part.target.name

    async def _ask(self) -> bool:
        """Request the missing bytes; False if the answer does not fit our part."""
        self.have, etag = await self.on_disk(self.part.look)
        if not (etag or self.sha256):
            self.have = 0  # without either, we cannot tell whether the rest belongs to our part
        if self.sha256 and self.have and self.have == self.size:
            return True  # complete, only the check is left
        headers = {**self.headers, "Accept-Encoding": "identity"}  # compressed bytes cannot be counted
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if etag:
                headers["If-Range"] = etag
        async with self.session.get(self.url, headers=headers, timeout=_TIMEOUT, raise_for_status=False) as response:
            if self.have and response.status == 416:
                return _span(response) == (None, self.have)
            if self.have and response.status == 206 and not self._fits(response, etag):
                return False
            check_status(response, self.name)
            await self._take(response)
            return True

    def _fits(self, response: aiohttp.ClientResponse, etag: str | None) -> bool:
        """Whether an answer continues our part; not every server respects If-Range."""
        same = etag is None or response.headers.get("ETag", etag) == etag
        return same and _span(response)[0] == self.have

    async def _take(self, response: aiohttp.ClientResponse) -> None:
        """Write the body of an answer to the disk."""
        begin = self.have if response.status == 206 else 0
        total = self.size if response.content_length is None else begin + response.content_length
        if self.size not in (None, total):
            raise ChecksumWrong(
                f"{response.url.host} has {total} bytes for {self.name} instead of {self.size}: see that no sign-in page "
                "of the network stands in between, and try again"
            )
        await self.on_disk(self.part.room_for, (total or begin) - begin)
        if not begin:
            self.have = 0
            await self.on_disk(self.part.begin, _strong(response.headers.get("ETag")))
        self._tell(total)
        buffer = bytearray()
        try:
            async for data in response.content.iter_any():
                buffer += data
                if len(buffer) >= CHUNK:
                    await self._write(buffer, total)
        finally:  # also after a lost connection or a cancellation
            await self._write(buffer, total)
        if total is not None and self.have < total:
            raise aiohttp.ClientPayloadError(f"{self.have} of {total} bytes came")

    async def _write(self, buffer: bytearray, total: int | None) -> None:
        data = bytes(buffer)
        buffer.clear()
        if data:
            await self.on_disk(self.part.write, self.have, data)
            self.have += len(data)
            self._tell(total)

    def _tell(self, total: int | None) -> None:
        if self.on_progress:
            self.on_progress(self.have, total)


def _span(response: aiohttp.ClientResponse) -> tuple[int | None, int | None]:
    """First byte and total size from an answer's Content-Range; None for what it does not say."""
    begin, total = (
        found.groups() if (found := _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))) else (None, None)
    )
    return int(begin) if begin else None, int(total) if total and total != "*" else None


def _strong(etag: str | None) -> str | None:
    """The ETag if it is a strong one, which changes with every byte of a file; else None."""
    return None if etag is None or etag.startswith("W/") else etag
