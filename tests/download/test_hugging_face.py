"""Models from a server that acts as Hugging Face does."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from custom_components.batti.download import (
    AccessDenied,
    ChecksumWrong,
    DownloadError,
    NotFound,
    Unreachable,
    hugging_face,
    requests,
)
from custom_components.batti.download.hugging_face import BadName, ListedFile, fetch, files, locate

from .. import hub as hubs
from ..hub import COMMIT, FILE, REPO, TOKEN, Hub, checksum
from ..interpreter.engine.server import free_port

DATA = random.Random(3).randbytes(300_000)


@pytest.fixture
async def hub(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(requests, "PAUSES", (0.01, 0.01, 0.01))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    async with hubs.running({f"{REPO}/{FILE}": DATA, f"{REPO}/Q4/other one.gguf": b"GGUF"}) as running:
        monkeypatch.setenv("HF_ENDPOINT", f"{running.url}/")
        yield running


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A server that answers everything alike."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_what_the_hub_says_of_a_file(session: aiohttp.ClientSession, hub: Hub) -> None:
    """By its own headers, not by those of the server that has the bytes, which is not asked."""
    found = await locate(session, REPO, FILE)
    assert (found.sha256, found.size, found.commit) == (checksum(DATA), len(DATA), COMMIT)
    assert found.url == f"{hub.url}/{REPO}/resolve/{COMMIT}/{FILE}"
    found = await locate(session, REPO, "Q4/other one.gguf", revision="refs/pr/1")
    assert found.url == f"{hub.url}/{REPO}/resolve/{COMMIT}/Q4/other%20one.gguf"
    assert [(one.method, one.path) for one in hub.asked] == [
        ("HEAD", f"/{REPO}/resolve/main/{FILE}"),
        ("HEAD", f"/{REPO}/resolve/refs%2Fpr%2F1/Q4/other%20one.gguf"),
    ]


def test_the_usual_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names none."""
    for value in ("", None):
        if value is None:
            monkeypatch.delenv("HF_ENDPOINT", raising=False)
        else:
            monkeypatch.setenv("HF_ENDPOINT", value)
        asked = hugging_face._Hub(None, REPO, "main", None)  # type: ignore[arg-type]
        assert str(asked.url("resolve", "main", FILE)) == f"https://huggingface.co/{REPO}/resolve/main/{FILE}"


async def test_fetched_with_progress_and_kept(session: aiohttp.ClientSession, hub: Hub, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = await fetch(session, REPO, FILE, tmp_path, lambda done, whole: told.append((done, whole)))
    assert path == tmp_path / "ramesh--batti-gguf" / FILE
    assert path.read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert await fetch(session, REPO, FILE, tmp_path) == path
    assert hub.sent == [len(DATA)]
    assert (await fetch(session, REPO, "Q4/other one.gguf", tmp_path)).read_bytes() == b"GGUF"


async def test_a_new_version_of_the_same_size(session: aiohttp.ClientSession, hub: Hub, tmp_path: Path) -> None:
    """A model that was trained on has as many bytes as before."""
    await fetch(session, REPO, FILE, tmp_path)
    newer = hub.files[f"{REPO}/{FILE}"] = DATA[::-1]
    assert (await fetch(session, REPO, FILE, tmp_path)).read_bytes() == newer


async def test_cut_and_gone_on_with_later(
    session: aiohttp.ClientSession, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PAUSES", ())
    hub.cuts = [100_000]
    with pytest.raises(Unreachable, match="what has come so far is kept"):
        await fetch(session, REPO, FILE, tmp_path)
    assert (await fetch(session, REPO, FILE, tmp_path)).read_bytes() == DATA
    assert hub.sent == [100_000, 200_000]


async def test_another_checksum_than_promised(session: aiohttp.ClientSession, hub: Hub, tmp_path: Path) -> None:
    hub.promised = "0" * 64
    with pytest.raises(ChecksumWrong, match="was deleted"):
        await fetch(session, REPO, FILE, tmp_path)
    assert list((tmp_path / "ramesh--batti-gguf").iterdir()) == []


async def test_a_gated_model(
    session: aiohttp.ClientSession, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token goes to the hub, never to the host that it sends on to."""
    hub.gated = True
    for ask in (locate(session, REPO, FILE), locate(session, REPO, FILE, token="hf_wrong"), files(session, REPO)):
        with pytest.raises(
            AccessDenied, match=rf"accept its licence at {hub.url}/{REPO}, and put an access token .* HF_TOKEN"
        ):
            await ask
    assert (await locate(session, REPO, FILE, token=TOKEN)).size == len(DATA)
    hub.asked.clear()
    monkeypatch.setenv("HF_TOKEN", f"{TOKEN}\n")
    assert (await fetch(session, REPO, FILE, tmp_path)).read_bytes() == DATA
    assert [(one.method, one.host, one.token) for one in hub.asked] == [
        ("HEAD", "127.0.0.1", f"Bearer {TOKEN}"),
        ("GET", "127.0.0.1", f"Bearer {TOKEN}"),
        ("GET", "localhost", None),
    ]


@pytest.mark.parametrize(
    ("refusal", "token", "error", "told"),
    [
        ((401, "", "Invalid username or password."), None, NotFound, "no repository .* see that its name is right"),
        ((404, "RepoNotFound", "Repository not found"), TOKEN, NotFound, "no repository .* if it is private"),
        ((401, "", "Invalid credentials"), TOKEN, AccessDenied, "does not accept the token"),
        ((403, "", "Access to this resource is disabled."), TOKEN, AccessDenied, "this account .*resource is disabled"),
        ((404, "EntryNotFound", "Entry not found"), None, NotFound, rf"has no .* in {REPO} \(404\)"),
        ((404, "RevisionNotFound", "Invalid rev id"), None, NotFound, f"{REPO} has no version main: see .*/{REPO}"),
        ((400, "", "Bad"), None, DownloadError, "answered 400"),
        ((503, "", "Maintenance"), None, Unreachable, "at the moment .* try again in a few minutes"),
    ],
)
async def test_refusals(
    session: aiohttp.ClientSession,
    hub: Hub,
    refusal: tuple[int, str, str],
    token: str | None,
    error: type[DownloadError],
    told: str,
) -> None:
    hub.refusal = refusal
    for ask in (locate(session, REPO, FILE, token=token), files(session, REPO, token=token)):
        with pytest.raises(error, match=told):
            await ask


async def test_what_is_not_there(session: aiohttp.ClientSession, hub: Hub) -> None:
    with pytest.raises(NotFound, match=rf"has no batti-q4\.gguf in {REPO}"):
        await locate(session, REPO, "batti-q4.gguf")
    for ask in (locate(session, "ramesh/nothing", FILE), files(session, "ramesh/nothing")):
        with pytest.raises(NotFound, match="no repository ramesh/nothing that you may read"):
            await ask


async def test_a_repository_with_a_new_name(session: aiohttp.ClientSession, hub: Hub, tmp_path: Path) -> None:
    hub.renamed = {"ramesh/old-name": REPO}
    assert (await locate(session, "ramesh/old-name", FILE)).sha256 == checksum(DATA)
    assert (await fetch(session, "ramesh/old-name", FILE, tmp_path)).read_bytes() == DATA


async def test_a_mirror_that_sends_on(
    session: aiohttp.ClientSession, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a hub on another host, which gets no token."""

    async def send_on(request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": f"{hub.elsewhere}{request.raw_path}"})

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    async with served(send_on) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert (await fetch(session, REPO, FILE, tmp_path)).read_bytes() == DATA
    assert {(one.host, one.token) for one in hub.asked} == {("localhost", None)}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "text": "<html>Sign in to this hotel</html>"},
        {"status": 200, "text": '{"error": "no"}'},
        {"status": 200, "text": '[{"type": "file"}]'},
        {"status": 302, "headers": {"Location": "/round"}},
    ],
)
async def test_no_hub(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object], socket_enabled: None
) -> None:
    async def other(_: web.Request) -> web.Response:
        return web.Response(**answer)  # type: ignore[arg-type]

    async with served(other) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(DownloadError, match=r"does not answer as Hugging Face does: .* HF_ENDPOINT"):
            await locate(session, REPO, FILE)
        with pytest.raises(DownloadError, match=r"HF_ENDPOINT|TooManyRedirects"):
            await files(session, REPO)


async def test_a_hub_of_one_s_own(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It gives the bytes itself, and knows no checksum of a small file."""

    async def give(request: web.Request) -> web.Response:
        headers = {"X-Repo-Commit": COMMIT, "ETag": '"0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"'}
        return web.Response(body=DATA, headers=headers)

    async with served(give) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        found = await locate(session, REPO, FILE)
        assert (found.sha256, found.size) == (None, len(DATA))
        assert (await fetch(session, REPO, FILE, tmp_path)).read_bytes() == DATA


async def test_a_hub_that_does_not_say_the_size(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The length of an answer that sends on is not the file's."""

    async def send_on(_: web.Request) -> web.Response:
        headers = {
            "X-Repo-Commit": COMMIT,
            "Location": "https://cdn.example/batti",
            "X-Linked-ETag": f'"{checksum(DATA)}"',
        }
        return web.Response(status=302, headers=headers, text="Found")

    async with served(send_on) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        found = await locate(session, REPO, FILE)
    assert (found.sha256, found.size) == (checksum(DATA), None)


async def test_nobody_there(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(requests, "PAUSES", (0.01,))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    for ask in (fetch(session, REPO, FILE, tmp_path), files(session, REPO)):
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached.* see that this computer is online"):
            await ask
    monkeypatch.setenv("HF_ENDPOINT", "http://[huggingface.co")
    with pytest.raises(DownloadError, match="is not an address"):
        await files(session, REPO)


async def test_the_models_of_a_repository(session: aiohttp.ClientSession, hub: Hub) -> None:
    """GGUF files that are whole, from all pages of the list."""
    others = ("README.md", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "tiny.GGUF")
    hub.files |= {f"{REPO}/{name}": b"12345" for name in others}
    expected = [ListedFile("Q4/other one.gguf", 4), ListedFile(FILE, len(DATA)), ListedFile("tiny.GGUF", 5)]
    assert await files(session, REPO) == expected
    assert len(hub.asked) == 1
    hub.page_size = 2
    assert await files(session, REPO, token=TOKEN) == expected
    assert len(hub.asked) == 1 + 4
    assert {one.token for one in hub.asked[1:]} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    "repo",
    ["", "batti", "/batti", "ramesh/", "ramesh/batti/x", "https://huggingface.co/ramesh/batti", "../batti", "ramesh/..",
     "ramesh/a..b", "ramesh--x/batti", "ramesh/-batti", "ramesh/batti.", "ramesh/b tti", "रमेश/batti", "ramesh/batti\n",
     f"ramesh/{'x' * 97}"],
)  # fmt: skip
async def test_bad_names_of_repositories(session: aiohttp.ClientSession, tmp_path: Path, repo: str) -> None:
    for ask in (locate(session, repo, FILE), files(session, repo), fetch(session, repo, FILE, tmp_path)):
        with pytest.raises(BadName, match="is not the name of a repository: write the owner and the name, such as"):
            await ask
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("", "not the name of a file"),
        ("/batti.gguf", "not the name of a file"),
        ("../batti.gguf", "not the name of a file"),
        ("a/../../batti.gguf", "not the name of a file"),
        ("a//batti.gguf", "not the name of a file"),
        ("a\\batti.gguf", "not the name of a file"),
        ("a\nbatti.gguf", "not the name of a file"),
        ("batti.gguf/", "not the name of a file"),
        ("model.safetensors", r"not a GGUF file.* whose name ends in \.gguf"),
        ("batti-00001-of-00003.gguf", "one of several parts"),
    ],
)
async def test_bad_names_of_files(session: aiohttp.ClientSession, tmp_path: Path, file: str, told: str) -> None:
    for ask in (locate(session, REPO, file), fetch(session, REPO, file, tmp_path)):
        with pytest.raises(BadName, match=told):
            await ask
    assert list(tmp_path.iterdir()) == []
