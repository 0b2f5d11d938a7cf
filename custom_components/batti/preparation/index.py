"""The files of a project in a Python package index."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import parse_qs, urldefrag, urljoin

import aiohttp
from yarl import URL

from ..download.requests import DownloadError, address, check_status, explained, retry
from .result import DeadEnd

PYPI = "https://pypi.org/simple"
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
_TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True, slots=True)
class File:
    """A file in the index.

    Attributes:
        url: its address.
        sha256: its checksum, if the index gives it.
        size: its size in bytes, if the index gives it.
    """

    url: str
    sha256: str | None
    size: int | None


def index_url() -> str:
    """The package index that uv uses: `UV_DEFAULT_INDEX` or `UV_INDEX_URL`, or else PyPI."""
    set_to = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or PYPI
    name, sep, url = set_to.partition("=")
    return url if sep and name.isidentifier() else set_to


async def find(session: aiohttp.ClientSession, project: str, name: str) -> File:
    """Find one file of a project.

    Raises:
        DeadEnd: the index has no such file.
        DownloadError: the index cannot be reached, or has no such project.
    """
    files = await files_of(session, project)
    try:
        return files[name]
    except KeyError as error:  # only the host: the address may contain a password
        raise DeadEnd(f"the package index {address(index_url()).host} has no {name}") from error


async def files_of(session: aiohttp.ClientSession, project: str) -> Mapping[str, File]:
    """All files of a project by their names.

    Raises:
        DeadEnd: the server is not a package index.
        DownloadError: the index cannot be reached, or has no such project.
    """
    try:
        page = address(f"{index_url().rstrip('/')}/{project}/")
    except DownloadError as error:  # its message has the whole address, perhaps with a password
        raise DeadEnd("UV_DEFAULT_INDEX, or UV_INDEX_URL, is no address: see that it is right") from error

    async def ask() -> tuple[str, str]:
        headers = {"Accept": _ACCEPT}
        with explained(page):
            async with session.get(page, headers=headers, timeout=_TIMEOUT, raise_for_status=False) as answer:
                check_status(answer, project)
                return await answer.text(errors="replace"), str(_with_login(answer.url, page))

    text, base = await retry(ask)
    try:
        files = _files(text, base)
        return {name: replace(file, url=str(_with_login(URL(file.url), page))) for name, file in files.items()}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DeadEnd(f"{page.host} did not answer as a package index does") from error


def _with_login(url: URL, page: URL) -> URL:
    """An address with the user and the password of the index page, if it is on the same server."""
    same = (url.scheme, url.host, url.port) == (page.scheme, page.host, page.port)
    return url.with_user(page.user).with_password(page.password) if same and page.user and not url.user else url


def _files(page: str, base: str) -> dict[str, File]:
    """The files on a page of an index; every index offers HTML, newer ones also JSON."""
    if page.lstrip().startswith("{"):
        return {
            file["filename"]: File(urljoin(base, file["url"]), file["hashes"].get("sha256"), file.get("size"))
            for file in json.loads(page)["files"]
        }
    parser = _Links()
    parser.feed(page)
    files = {}
    for name, link in parser.found.items():
        url, fragment = urldefrag(urljoin(base, link))
        files[name] = File(url, parse_qs(fragment).get("sha256", [None])[0], None)
    return files


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._href: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._href = dict(attrs).get("href") if tag == "a" else None

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self.found.setdefault(data.strip(), self._href)
            self._href = None
