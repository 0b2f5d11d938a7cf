"""The archive that llama-cpp-python is built from, out of the Python package index."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import aiohttp

from ..download import Progress, download
from ..reaching import address, check_status, reaching
from .base import DeadEnd
from .children import run
from .install import remove
from .wheel import PROJECT

PYPI = "https://pypi.org/simple"
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
_PATIENCE = aiohttp.ClientTimeout(total=60)


def index_url() -> str:
    """The package index, as uv knows it: `UV_DEFAULT_INDEX` or `UV_INDEX_URL`, or else PyPI."""
    set_to = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or PYPI
    name, sep, url = set_to.partition("=")
    return url if sep and name.isidentifier() else set_to


async def fetch(
    session: aiohttp.ClientSession, name: str, sha256: str, folder: Path, on_progress: Progress | None = None
) -> Path:
    """Download the source archive into a folder, going on where an earlier download was cut.

    Raises:
        DeadEnd: the index has no such file, or cannot be reached.
        DownloadError: it cannot be downloaded, or is not the right one.
    """
    target = folder / name
    if not await asyncio.to_thread(target.exists):  # it has this name only once its checksum was right
        await download(session, await _find(session, name), target, sha256=sha256, on_progress=on_progress)
    return target


async def extract(archive: Path, target: Path) -> None:
    """Unpack the one folder in an archive, in a child process; `target` is there only when that is whole.

    Raises:
        DeadEnd: the archive cannot be unpacked.
    """
    part = target.with_name(f"{target.name}.part")
    await asyncio.to_thread(remove, part)
    command = [sys.executable, "-P", "-m", "tarfile", "--filter", "data", "-e", str(archive), str(part)]
    finished = await run(command, environment=os.environ)
    if finished.status:
        raise DeadEnd(f"{archive.name} cannot be unpacked: {' '.join(finished.lines[-1:])}")
    await asyncio.to_thread(_only_folder, part, target)


def _only_folder(part: Path, target: Path) -> None:
    (folder,) = part.iterdir()
    folder.rename(target)
    part.rmdir()


async def _find(session: aiohttp.ClientSession, name: str) -> str:
    """The address of a file of the project."""
    page = address(f"{index_url().rstrip('/')}/{PROJECT}/")
    with reaching(page):
        async with session.get(page, headers={"Accept": _ACCEPT}, timeout=_PATIENCE, raise_for_status=False) as answer:
            check_status(answer, PROJECT)
            text, base = await answer.text(), str(answer.url)
    try:
        link = _links(text)[name]
    except KeyError as error:  # page.host, because a user's password may be in the address
        raise DeadEnd(f"the package index {page.host} has no {name}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise DeadEnd(f"{page.host} did not answer as a package index does") from error
    return urljoin(base, urldefrag(link).url)


def _links(page: str) -> dict[str, str]:
    """The files on a page of an index and their addresses; all indexes speak HTML, newer ones JSON too."""
    if page.lstrip().startswith("{"):
        return {file["filename"]: file["url"] for file in json.loads(page)["files"]}
    parser = _Links()
    parser.feed(page)
    return parser.found


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
