"""Models on Hugging Face, or on another server with the same API.

API: the headers that `huggingface_hub` reads (its `file_download.py` and `utils/_http.py`, version 2.4).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from . import AccessDenied, DownloadError, NotFound, Progress, download
from .requests import address, check_status, explained, retry

ENDPOINT = "https://huggingface.co"
SUFFIX = ".gguf"
_HOPS = 5  # redirects of one request to the hub
_PAGES = 20  # of a list of files, with a thousand files each
_NAME = re.compile(r"\w([\w.-]{0,94}\w)?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OPTIONS: dict[str, Any] = {"timeout": aiohttp.ClientTimeout(total=60), "raise_for_status": False}
_SPLIT_MODEL = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_SIGN_IN = (
    "put an access token of an account that may read it into Home Assistant's environment variable HF_TOKEN; or download "
    "the file yourself, and choose it as a file on this machine"
)


class BadName(DownloadError):
    """The user's text is not the name of a repository, or of a model in one."""


@dataclass(frozen=True)
class RemoteFile:
    """The current version of a file on the hub.

    Attributes:
        url: address of exactly this version; redirects to the bytes.
        sha256: its checksum; the hub has one for every large file.
        size: its size in bytes.
        commit: the commit of its repository.
    """

    url: str
    sha256: str | None
    size: int | None
    commit: str | None


@dataclass(frozen=True)
class ListedFile:
    """A model in the list of a repository's files."""

    name: str
    size: int


async def locate(
    session: aiohttp.ClientSession, repo: str, file: str, *, revision: str = "main", token: str | None = None
) -> RemoteFile:
    """Ask the hub about a file.

    Args:
        session: an aiohttp session.
        repo: `owner/name`.
        file: its path in the repository.
        revision: a branch, a tag or a commit.
        token: an access token; if None, that of the environment variable HF_TOKEN.

    Raises:
        BadName: the name of the repository or of the file is not valid.
        DownloadError: there is no such file, we may not read it, or the hub cannot be reached.
    """
    _check_repo(repo)
    _check_file(file)
    hub = _Hub(session, repo, revision, token)
    headers = await retry(partial(hub.head, file))
    commit = headers.get("X-Repo-Commit")
    etag = (headers.get("X-Linked-ETag") or headers.get("ETag", "")).removeprefix("W/").strip('"')
    sha256 = etag if _SHA256.fullmatch(etag) else None  # for a small file it is git's own checksum
    if not (commit or sha256):
        raise hub.not_a_hub()
    # The Content-Length of a redirect is not that of the file.
    size = headers.get("X-Linked-Size") or (None if "Location" in headers else headers.get("Content-Length"))
    url = hub.url("resolve", commit or revision, file)
    return RemoteFile(str(url), sha256, int(size) if size and size.isdecimal() else None, commit)


async def files(
    session: aiohttp.ClientSession, repo: str, *, revision: str = "main", token: str | None = None
) -> list[ListedFile]:
    """The GGUF files of a repository, sorted by name; without models that are split into several files.

    Raises:
        BadName: the name of the repository is not valid.
        DownloadError: there is no such repository, we may not read it, or the hub cannot be reached.
    """
    _check_repo(repo)
    hub = _Hub(session, repo, revision, token)
    found: list[ListedFile] = []
    page: URL | None = hub.url("tree", revision)
    for _ in range(_PAGES):
        if page is not None:
            listed, page = await retry(partial(hub.page, page))
            found += listed
    return sorted((one for one in found if _is_model(one.name)), key=lambda one: one.name)


async def fetch(
    session: aiohttp.ClientSession, repo: str, file: str, folder: Path, on_progress: Progress | None = None
) -> Path:
    """Download a model from the hub to `owner--name/file` in a folder. A file that is already there is only checked.

    Raises:
        BadName: the name of the repository or of the file is not valid.
        DownloadError: the download failed; the downloaded part is kept for the next time.
    """
    remote = await locate(session, repo, file)
    target = folder / repo.replace("/", "--") / file
    url, sha256, size, headers = remote.url, remote.sha256, remote.size, _authorization(_token(None))
    await download(session, url, target, sha256=sha256, size=size, headers=headers, on_progress=on_progress)
    return target


class _Hub:
    """Requests about one repository."""

    def __init__(self, session: aiohttp.ClientSession, repo: str, revision: str, token: str | None) -> None:
        self._session = session
        self._repo = repo
        self._revision = revision
        self._token = _token(token)
        self._endpoint = (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")
        self._address = address(self._endpoint)

    def url(self, what: str, revision: str, file: str | None = None) -> URL:
        version = quote(revision, safe="")
        if file is None:
            return address(f"{self._endpoint}/api/models/{self._repo}/{what}/{version}?recursive=true")
        return address(f"{self._endpoint}/{self._repo}/{what}/{version}/{quote(file)}")

    async def head(self, file: str) -> Mapping[str, str]:
        """The hub's own headers for a file, not those of the server that it redirects to for the bytes."""
        url = self.url("resolve", self._revision, file)
        for _ in range(_HOPS):
            with explained(url):
                async with self._session.head(
                    url, headers=self._headers(url), allow_redirects=False, **_OPTIONS
                ) as response:
                    self._check(response, file)
                    there = response.headers.get("Location")
                    # A renamed repository redirects to its new page; a mirror without own data redirects to another hub.
                    if there is None or ("X-Repo-Commit" in response.headers and address(there).absolute):
                        return response.headers
                    url = url.join(address(there))
        raise self.not_a_hub()

    async def page(self, url: URL) -> tuple[list[ListedFile], URL | None]:
        """One page of the list of files, and the address of the next page."""
        with explained(url):
            async with self._session.get(url, headers=self._headers(url), **_OPTIONS) as response:
                self._check(response, "list of files")
                try:
                    entries = await response.json(content_type=None)
                    listed = [ListedFile(entry["path"], entry["size"]) for entry in entries if entry["type"] == "file"]
                except (ValueError, TypeError, KeyError) as error:
                    raise self.not_a_hub() from error
                following = response.links.get("next")
                return listed, address(str(following["url"])) if following else None

    def not_a_hub(self) -> DownloadError:
        """The error to raise if the server is not a hub."""
        return DownloadError(
            f"{self._endpoint} does not answer as Hugging Face does: see that no sign-in page of the network stands in "
            "between, and that the environment variable HF_ENDPOINT, if it is set, names such a server"
        )

    def _headers(self, url: URL) -> dict[str, str]:
        """Request headers; the token is only sent to the hub itself."""
        own = (url.scheme, url.host, url.port) == (self._address.scheme, self._address.host, self._address.port)
        return {"Accept-Encoding": "identity", **(_authorization(self._token) if own else {})}

    def _check(self, response: aiohttp.ClientResponse, name: str) -> None:
        """Raise a clear error if the hub refused a request.

        Without a token, the hub answers 401 also for repositories that do not exist.
        """
        status, code = response.status, response.headers.get("X-Error-Code")
        if status < 400:
            return
        page = f"{self._endpoint}/{self._repo}"
        if code == "GatedRepo":
            raise AccessDenied(f"{self._repo} is gated: accept its licence at {page}, and {_SIGN_IN}")
        if code == "RepoNotFound" or (status == 401 and not self._token):
            raise NotFound(
                f"There is no repository {self._repo} that you may read: see that its name is right; if it is "
                f"private, {_SIGN_IN}"
            )
        if status == 401:
            raise AccessDenied(f"{self._endpoint} does not accept the token in HF_TOKEN: make a new one there, or none")
        if status == 403:
            said = response.headers.get("X-Error-Message", "403")
            raise AccessDenied(f"{self._endpoint} does not give {self._repo} to this account ({said}): {_SIGN_IN}")
        if code == "RevisionNotFound":
            raise NotFound(f"{self._repo} has no version {self._revision}: see {page} for those that it has")
        check_status(response, f"{name} in {self._repo}")


def _token(token: str | None) -> str:
    return (token or os.environ.get("HF_TOKEN") or "").strip()


def _authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _is_model(file: str) -> bool:
    return file.lower().endswith(SUFFIX) and not _SPLIT_MODEL.search(file)


def _check_repo(repo: str) -> None:
    owner, _, name = repo.partition("/")
    if not (_NAME.fullmatch(owner) and _NAME.fullmatch(name)) or "--" in repo or ".." in repo:
        raise BadName(
            f"{repo!r} is not the name of a repository: write the owner and the name, such as "
            "bartowski/Llama-3.2-1B-Instruct-GGUF"
        )


def _check_file(file: str) -> None:
    if not file.isprintable() or "\\" in file or any(part in ("", ".", "..") for part in file.split("/")):
        raise BadName(f"{file!r} is not the name of a file in a repository: write it as the repository's page shows it")
    if not file.lower().endswith(SUFFIX):
        raise BadName(f"{file} is not a GGUF file, which llama.cpp needs: choose one whose name ends in {SUFFIX}")
    if not _is_model(file):
        raise BadName(f"{file} is one of several parts of a model: choose a model that is in one file")
