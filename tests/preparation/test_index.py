"""Reading an index: pages that are none, and indexes that want a login."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from custom_components.batti.preparation.index import files_of
from custom_components.batti.preparation.result import DeadEnd

NAME = "xllamacpp-0.2.13-cp310-abi3-manylinux_2_28_x86_64.whl"
PAGES = {
    "latin": b"<title>Login \xe9</title>",
    "html": f'<a href="../files/{NAME}">{NAME}</a>'.encode(),
    "elsewhere": f'<a href="https://files.example/{NAME}">{NAME}</a>'.encode(),
}


@pytest.fixture
async def url(socket_enabled: None) -> AsyncIterator[str]:
    """An index that wants a login."""

    async def page(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Basic {b64encode(b'ram:gopya').decode()}":
            raise web.HTTPUnauthorized
        return web.Response(body=PAGES[request.match_info["index"]], content_type="text/html")

    app = web.Application()
    app.router.add_get("/{index}/xllamacpp/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://ram:gopya@127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def find(index: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    async with aiohttp.ClientSession() as session:
        return {name: file.url for name, file in (await files_of(session, "xllamacpp")).items()}


async def test_a_login(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent for the files of the same server, and to no other."""
    assert await find(f"{url}/html", monkeypatch) == {NAME: f"{url}/html/files/{NAME}"}
    assert await find(f"{url}/elsewhere", monkeypatch) == {NAME: f"https://files.example/{NAME}"}


async def test_a_page_of_another_kind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network's own sign-in page, in whatever encoding, lists no file."""
    assert await find(f"{url}/latin", monkeypatch) == {}


async def test_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, and not what is in it."""
    with pytest.raises(DeadEnd, match=r"UV_DEFAULT_INDEX.* is no address") as caught:
        await find("https://ram:gopya@index.example:port/simple", monkeypatch)
    assert "gopya" not in str(caught.value)
