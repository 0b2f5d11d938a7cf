"""Large files over HTTP: gone on with where they were cut, checked, and in place only when they are whole."""

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
"""Told how many bytes are here, and how many there are in all where that is known."""

CHUNK = 2**20  # bytes that are written at once
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
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
    """Have a file here, unless it is here already, which its checksum says, or else its size.

    What came before a cut, a cancellation or a full disk stays beside `target`, under its name and `.part`; the next
    call goes on from there. Where two calls want the same target, the second waits for the first.

    Args:
        session: of aiohttp.
        url: where the file is, or where one is sent on from.
        target: where it shall be.
        sha256: its checksum, in hexadecimal; without one nothing is checked but the size.
        size: its bytes.
        headers: of the request; aiohttp does not pass `Authorization` on to another host.
        on_progress: told after every MiB.

    Raises:
        DownloadError: it cannot be had; the message says why and what to do.
    """
    lock = _LOCKS.setdefault(target, asyncio.Lock())
    async with lock:
        work = _Download(session, address(url), PartialFile(target), sha256, size, headers or {}, on_progress)
        if not await work.on_disk(work.part.is_done, sha256, size):
            await retry(work.go_on, lambda: work.have)
            await work.check()
            await work.on_disk(work.part.finish)


@dataclass
class _Download:
    """One file on its way."""

    session: aiohttp.ClientSession
    url: URL
    part: PartialFile
    sha256: str | None
    size: int | None
    headers: Mapping[str, str]
    on_progress: Progress | None
    have: int = field(default=0, init=False)

    async def go_on(self) -> None:
        """Get what is missing, or everything where what is here is not the beginning of what is there."""
        with explained(self.url):
            if not await self._ask():
                await self.on_disk(self.part.discard)
                await self._ask()

    async def check(self) -> None:
        """See that what came is what was promised, and delete it where it is not."""
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
        """Do blocking work in a thread; also where this is cancelled it has ended before the next download may begin."""
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
        """What the file is called here."""
        return self.part.target.name

    async def _ask(self) -> bool:
        """Ask for what is missing; False where this does not fit what is here."""
        self.have, etag = await self.on_disk(self.part.look)
        if not (etag or self.sha256):
            self.have = 0  # nothing could tell whether the rest belongs to it
        if self.sha256 and self.have and self.have == self.size:
            return True  # it only has to be checked
        headers = {**self.headers, "Accept-Encoding": "identity"}  # compressed bytes could not be counted
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if etag:
                headers["If-Range"] = etag
        async with self.session.get(self.url, headers=headers, timeout=_PATIENCE, raise_for_status=False) as response:
            if self.have and response.status == 416:
                return _span(response) == (None, self.have)
            if self.have and response.status == 206 and not self._fits(response, etag):
                return False
            check_status(response, self.name)
            await self._take(response)
            return True

    def _fits(self, response: aiohttp.ClientResponse, etag: str | None) -> bool:
        """Whether an answer goes on where the part ends; not every server minds If-Range."""
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
        finally:  # also what came before a cut or a cancellation
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
    """Where the bytes of an answer begin, and how many there are in all, as far as it says so."""
    begin, total = (
        found.groups() if (found := _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))) else (None, None)
    )
    return int(begin) if begin else None, int(total) if total and total != "*" else None


def _strong(etag: str | None) -> str | None:
    """An ETag that stands for every byte of a file."""
    return None if etag is None or etag.startswith("W/") else etag
