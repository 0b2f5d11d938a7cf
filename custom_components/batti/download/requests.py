"""Retries of requests, and clear messages for failed ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import aiohttp
from yarl import URL

from ..interpreter.errors import BattiError

PAUSES = (1.0, 2.0, 4.0)  # seconds before each retry; after progress they start again
_BUSY = (408, 429)


class DownloadError(BattiError):
    """A file cannot be downloaded."""


class NotFound(DownloadError):
    """There is no such file."""


class AccessDenied(DownloadError):
    """This file needs an account, a licence or another permission."""


class Unreachable(DownloadError):
    """The server is down, overloaded, or lost the connection; a later retry may work."""


class DiskFull(DownloadError):
    """The file does not fit on the disk."""


class ChecksumWrong(DownloadError):
    """The downloaded file is not the expected one."""


async def retry[T](attempt: Callable[[], Awaitable[T]], reached: Callable[[], int] = lambda: 0) -> T:
    """Retry a few times while a server is unreachable; the count restarts whenever a try got further than all before."""
    failures, furthest = 0, 0
    while True:
        try:
            return await attempt()
        except Unreachable:
            if reached() > furthest:
                failures, furthest = 0, reached()
            if failures == len(PAUSES):
                raise
        await asyncio.sleep(PAUSES[failures])
        failures += 1


def address(url: str) -> URL:
    """Parse an address that a user wrote."""
    try:
        return URL(url)
    except ValueError as error:
        raise DownloadError(f"{url} is not an address ({error}): see that it is right") from error


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn the errors of a request into ours, with clear messages."""
    try:
        yield
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, aiohttp.TooManyRedirects) as error:
        raise DownloadError(
            f"{url.host or url} leads to no file ({type(error).__name__}): see that the address is right"
        ) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unreachable(
            f"{url.host} cannot be reached, or broke off ({str(error) or type(error).__name__}): see that this computer "
            "is online, and try again; what has come so far is kept"
        ) from error


def check_status(response: aiohttp.ClientResponse, name: str) -> None:
    """Check the status of an answer.

    Raises:
        DownloadError: it is an error; the message calls the file `name`.
    """
    status, host = response.status, response.url.host
    if status in (200, 206):
        return
    if status in (401, 403):
        raise AccessDenied(
            f"{host} does not give {name} to everybody ({status}): see whether one has to sign in there, or accept a licence"
        )
    if status in (404, 410):
        raise NotFound(f"{host} has no {name} ({status}): see that its name is right, and that it is still published")
    if status in _BUSY or status >= 500:
        raise Unreachable(
            f"{host} cannot give {name} at the moment ({status} {response.reason}): try again in a few minutes; "
            "what has come so far is kept"
        )
    raise DownloadError(f"{host} answered {status} {response.reason} for {name}: see that the address is right")
