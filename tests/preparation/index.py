"""A package index on this machine, which can cut a download short."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from aiohttp import web

from .wheels import digest


@dataclass
class Index:
    """Serves `files`, by name, with a page for every project that lists its own.

    Attributes:
        html: speak only HTML, as older indexes do.
        nonsense: speak JSON of another kind.
        cut: end the next answer with a file after so many bytes.
        stalled: send so many bytes of the next file, and then nothing.
        pages: the projects whose pages were asked for.
        asked: the requests for files: name and Range.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    html: bool = False
    nonsense: bool = False
    cut: int | None = None
    stalled: int | None = None
    pages: list[str] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/simple/{project}/", self._page)
        app.router.add_get("/files/{name}", self._file)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.Response:
        project = request.match_info["project"]
        self.pages.append(project)
        files = {name: data for name, data in self.files.items() if name.startswith(project.replace("-", "_"))}
        if self.html:
            links = "".join(
                f'<a href="../../files/{name}#sha256={digest(data)}">{name}</a>\n' for name, data in files.items()
            )
            return web.Response(text=f"<html><body><h1>Links</h1>{links}</body></html>", content_type="text/html")
        if self.nonsense:
            return web.json_response({"files": ["welcome"]})
        listed = [
            {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": digest(data)}, "size": len(data)}
            for name, data in files.items()
        ]
        body = json.dumps({"name": project, "files": listed})
        return web.Response(text=body, content_type="application/vnd.pypi.simple.v1+json")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, span = request.match_info["name"], request.headers.get("Range")
        self.asked.append((name, span))
        if name not in self.files:
            raise web.HTTPNotFound
        data, size = self.files[name], len(self.files[name])
        begin = int(span.removeprefix("bytes=").partition("-")[0]) if span else 0
        answer = web.StreamResponse(status=206 if span else 200)
        if span:
            answer.headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        answer.content_length = size - begin
        await answer.prepare(request)
        cut, stalled, self.cut, self.stalled = self.cut, self.stalled, None, None
        if cut is None and stalled is None:
            await answer.write(data[begin:])
            await answer.write_eof()
            return answer
        await answer.write(data[begin : begin + (cut or stalled or 0)])
        while stalled is not None and request.transport is not None:  # noqa: ASYNC110 - no event tells of its end
            await asyncio.sleep(0.02)
        if request.transport is not None:
            request.transport.close()
        return answer
