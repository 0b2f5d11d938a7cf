"""A server on this machine that acts as Hugging Face does, and as badly as a test wants.

As the hub, it answers for a file with its own headers and sends on to another host for the bytes: here `localhost`, while
the hub itself is 127.0.0.1. That host knows no tokens, and goes on where a Range says.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

REPO = "ramesh/batti-gguf"
FILE = "batti.gguf"
COMMIT = "c0ffee" + "0" * 34
TOKEN = "hf_chabi"


@dataclass
class Asked:
    """One request, and how many bytes of a file it was sent."""

    method: str
    path: str  # as it was sent, query and all
    host: str
    span: str | None
    if_range: str | None
    token: str | None
    sent: int = 0


@dataclass
class Hub:
    """Serves files by `owner/name/file`, and is asked at `url`.

    Attributes:
        cuts: the connections of the next downloads are cut after so many bytes each.
        pause_after: a download goes no further than this before `go_on` is set.
        statuses: what the next requests for bytes are answered with instead; the last of it for ever if `endless`.
        gated: whether it wants `TOKEN`, as for a model whose licence has to be accepted.
        refusal: what the hub itself answers: status, X-Error-Code and X-Error-Message.
        ranges: whether it understands Range.
        minds_if_range: whether it sends everything where the file is not the one that was begun with.
        etags: how it writes them; empty where it has none.
        lengths: whether it says how long its answers are.
        promised: a checksum that it promises instead of the right one.
        renamed: names that repositories had before.
        page_size: files on a page of a list.
        elsewhere: the host with the bytes; set it to `url` where names cannot be looked up, as in tests with a core.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    pause_after: int | None = None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    statuses: list[int] = field(default_factory=list)
    endless: bool = False
    gated: bool = False
    refusal: tuple[int, str, str] | None = None
    ranges: bool = True
    minds_if_range: bool = True
    etags: str = '"{}"'
    lengths: bool = True
    promised: str | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    page_size: int = 1000
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    elsewhere: str = ""

    @property
    def sent(self) -> list[int]:
        """How many bytes each download was sent."""
        return [one.sent for one in self.downloads]

    @property
    def downloads(self) -> list[Asked]:
        """The requests for bytes."""
        return [one for one in self.asked if one.method == "GET" and one.path.startswith("/bytes/")]

    def address(self, name: str = f"{REPO}/{FILE}") -> str:
        """Where the bytes of a file are, without the way over the hub."""
        return f"{self.url}/bytes/{name}"

    async def resolve(self, request: web.Request) -> web.StreamResponse:
        """Answer for a file as the hub does: about it, and where it is."""
        self._note(request)
        owner, name, version, file = (request.match_info[key] for key in ("owner", "name", "version", "file"))
        repo = f"{owner}/{name}"
        if repo in self.renamed:
            there = f"/{self.renamed[repo]}/resolve/{version}/{file}"
            return web.Response(status=307, headers={"Location": there, "X-Repo-Commit": COMMIT})
        if refused := self._refused(request, repo, file):
            return refused
        data = self.files[f"{repo}/{file}"]
        headers = {
            "X-Repo-Commit": COMMIT,
            "X-Linked-ETag": f'"{self.promised or checksum(data)}"',
            "X-Linked-Size": str(len(data)),
            "ETag": f'"{hashlib.sha1(data, usedforsecurity=False).hexdigest()}"',
            "Location": f"{self.elsewhere}/bytes/{repo}/{file}?signature=a%2Fb",
        }
        return web.Response(status=302, headers=headers, text="Found. Redirecting")

    async def tree(self, request: web.Request) -> web.StreamResponse:
        """List the files of a repository, page by page."""
        self._note(request)
        repo = f"{request.match_info['owner']}/{request.match_info['name']}"
        if refused := self._refused(request, repo):
            return refused
        names = [name.removeprefix(f"{repo}/") for name in self.files if name.startswith(f"{repo}/")]
        entries = [{"type": "directory", "path": "old", "size": 0, "oid": "0"}] + [
            {"type": "file", "path": name, "size": len(self.files[f"{repo}/{name}"]), "oid": "0"} for name in names
        ]
        begin = int(request.query.get("cursor", 0))
        end = begin + self.page_size
        headers = {}
        if end < len(entries):
            headers["Link"] = f'<{self.url}{request.path}?recursive=true&cursor={end}>; rel="next"'
        return web.json_response(entries[begin:end], headers=headers)

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Give the bytes of a file, or those that a Range asks for."""
        asked = self._note(request)
        if self.statuses:
            return web.Response(status=self.statuses[0] if self.endless else self.statuses.pop(0))
        data = self.files.get(request.match_info["file"])
        if data is None:
            return web.Response(status=404)
        etag = self.etags.format(checksum(data)[:16])
        headers = {"ETag": etag} if etag else {}
        begin = 0
        if asked.span and self.ranges and not (self.minds_if_range and asked.if_range not in (None, etag)):
            begin = int(asked.span.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(data):
                return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        answer = web.StreamResponse(status=206 if "Content-Range" in headers else 200, headers=headers)
        if self.lengths:
            answer.content_length = len(data) - begin
        await answer.prepare(request)
        await self._send(request, answer, data[begin:], asked)
        return answer

    async def _send(self, request: web.Request, answer: web.StreamResponse, data: bytes, asked: Asked) -> None:
        cut = self.cuts.pop(0) if self.cuts else None
        if self.pause_after is not None:
            await self._write(answer, data[: self.pause_after], asked)
            await self.go_on.wait()
            data = data[self.pause_after :]
        await self._write(answer, data[:cut], asked)
        if cut is None:
            await answer.write_eof()
        else:
            await asyncio.sleep(0.2)  # aiohttp's client drops what it has not handed on yet when it hears of the cut
            assert request.transport is not None
            request.transport.close()

    @staticmethod
    async def _write(answer: web.StreamResponse, data: bytes, asked: Asked) -> None:
        await answer.write(data)
        asked.sent += len(data)

    def _note(self, request: web.Request) -> Asked:
        wanted = ("Range", "If-Range", "Authorization")
        span, if_range, token = (request.headers.get(name) for name in wanted)
        self.asked.append(
            Asked(request.method, request.raw_path, request.host.partition(":")[0], span, if_range, token)
        )
        return self.asked[-1]

    def _refused(self, request: web.Request, repo: str, file: str | None = None) -> web.Response | None:
        refusal = self.refusal
        if refusal is None and self.gated and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            refusal = (401, "GatedRepo", "Access to this model is restricted.")
        elif refusal is None and not any(name.startswith(f"{repo}/") for name in self.files):
            refusal = (
                401,
                "",
                "Invalid username or password.",
            )  # as for a private one: it does not tell which there are
        elif refusal is None and file is not None and f"{repo}/{file}" not in self.files:
            refusal = (404, "EntryNotFound", "Entry not found")
        if refusal is None:
            return None
        status, code, message = refusal
        headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
        return web.Response(status=status, headers=headers)


def checksum(data: bytes) -> str:
    """What Git LFS, and so the hub, knows a file by."""
    return hashlib.sha256(data).hexdigest()


@asynccontextmanager
async def running(files: dict[str, bytes] | None = None) -> AsyncIterator[Hub]:
    """A hub with some files, by `owner/name/file`."""
    hub = Hub(dict(files or {}))
    app = web.Application()
    app.router.add_get("/{owner}/{name}/resolve/{version}/{file:.+}", hub.resolve)
    app.router.add_get("/api/models/{owner}/{name}/tree/{version}", hub.tree)
    app.router.add_get("/bytes/{file:.+}", hub.give)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    hub.url, hub.elsewhere = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
    try:
        yield hub
    finally:
        hub.go_on.set()
        await runner.cleanup()
