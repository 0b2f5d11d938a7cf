"""Downloads from a real server that cuts, forgets, lies and refuses."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from custom_components.batti.download import (
    AccessDenied,
    ChecksumWrong,
    DiskFull,
    DownloadError,
    NotFound,
    Unreachable,
    download,
    partial_file,
    requests,
)

from .. import hub as hubs
from ..hub import Hub, checksum
from ..interpreter.engine.server import free_port

MIB = 2**20
NAME = f"{hubs.REPO}/{hubs.FILE}"
DATA = random.Random(1).randbytes(3 * MIB + 12345)
OTHER = random.Random(2).randbytes(3 * MIB + 12345)
SHA256 = checksum(DATA)


@pytest.fixture
async def hub(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(requests, "PAUSES", (0.01, 0.01, 0.01))
    async with hubs.running({NAME: DATA}) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "batti.gguf"


def so_far(target: Path) -> bytes:
    return target.with_name("batti.gguf.part").read_bytes()


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


async def test_a_whole_file_with_progress(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    told: list[tuple[int, int | None]] = []
    await download(
        session,
        hub.address(),
        target,
        sha256=SHA256.upper(),
        on_progress=lambda done, whole: told.append((done, whole)),
    )
    assert target.read_bytes() == DATA
    assert left(target) == ["batti.gguf"]
    assert told[0] == (0, len(DATA))
    assert told[-1] == (len(DATA), len(DATA))
    assert len(told) >= 4
    assert [done for done, _ in told] == sorted(done for done, _ in told)


async def test_here_already(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """By its checksum, else by its size; where neither is known it is downloaded again."""
    await download(session, hub.address(), target)
    await download(session, hub.address(), target, sha256=SHA256)
    await download(session, hub.address(), target, size=len(DATA))
    assert hub.sent == [len(DATA)]
    hub.files[NAME] = OTHER
    await download(session, hub.address(), target, sha256=checksum(OTHER), size=len(OTHER))
    assert target.read_bytes() == OTHER
    hub.files[NAME] = DATA
    await download(session, hub.address(), target)
    assert target.read_bytes() == DATA


async def test_cut_in_the_midst_and_gone_on_with(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """More often than it would be tried again without anything new; no byte is sent twice."""
    hub.cuts = [2 * MIB, 10, 20, 30, 40, 50, 60]
    await download(session, hub.address(), target, sha256=SHA256)
    assert target.read_bytes() == DATA
    assert len(hub.sent) == 8
    assert sum(hub.sent) == len(DATA)
    assert hub.downloads[1].span == f"bytes={2 * MIB}-"
    assert hub.downloads[1].if_range == f'"{SHA256[:16]}"'


async def test_gone_on_with_by_a_second_call(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    hub.cuts = [MIB + 5, 0, 0, 0]
    with pytest.raises(Unreachable, match=r"broke off .* what has come so far is kept"):
        await download(session, hub.address(), target, sha256=SHA256)
    assert len(hub.sent) == 5 - 1
    assert not target.exists()
    assert so_far(target) == DATA[: MIB + 5]
    told: list[int] = []
    await download(session, hub.address(), target, sha256=SHA256, on_progress=lambda done, _: told.append(done))
    assert target.read_bytes() == DATA
    assert told[0] == MIB + 5
    assert sum(hub.sent) == len(DATA)


async def test_gone_on_with_after_cancellation(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """From exactly where what came has its end, which is no round number."""
    hub.pause_after = 2 * MIB + 777
    await cancelled_on_the_way(session, hub, target)
    kept = so_far(target)
    assert len(kept) >= MIB
    assert DATA.startswith(kept)
    await download(session, hub.address(), target, sha256=SHA256)
    assert target.read_bytes() == DATA
    assert hub.downloads[1].span == f"bytes={len(kept)}-"
    assert hub.downloads[1].sent == len(DATA) - len(kept)


async def cancelled_on_the_way(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """Begin a download from a hub that pauses, and cancel it there."""
    far = asyncio.Event()
    task = asyncio.create_task(
        download(session, hub.address(), target, sha256=SHA256, on_progress=lambda done, _: far.set() if done else None)
    )
    await asyncio.wait_for(far.wait(), 10)
    await asyncio.sleep(0.2)  # for what is still on the way
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hub.pause_after = None
    hub.go_on.set()


async def test_cancelled_while_it_writes(
    session: aiohttp.ClientSession, hub: Hub, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is slow; what it was given has arrived when the cancellation has."""
    writing, write = asyncio.Event(), partial_file.PartialFile.write
    loop = asyncio.get_running_loop()

    def slowly(self: partial_file.PartialFile, offset: int, data: bytes) -> None:
        loop.call_soon_threadsafe(writing.set)
        time.sleep(0.2)
        write(self, offset, data)

    monkeypatch.setattr(partial_file.PartialFile, "write", slowly)
    task = asyncio.create_task(download(session, hub.address(), target, sha256=SHA256))
    await asyncio.wait_for(writing.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept = so_far(target)
    assert len(kept) >= MIB
    assert DATA.startswith(kept)


async def test_a_server_that_ignores_range(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """It sends everything again; where it never gets further, that has an end."""
    hub.ranges = False
    hub.cuts = [MIB, 2 * MIB]
    await download(session, hub.address(), target, sha256=SHA256)
    assert target.read_bytes() == DATA
    assert hub.sent == [MIB, 2 * MIB, len(DATA)]
    hub.cuts = [MIB] * 9
    with pytest.raises(Unreachable):
        await download(session, hub.address(), target.with_name("again.gguf"))
    assert hub.sent[3:] == [MIB] * 4


@pytest.mark.parametrize("minds", [True, False])
async def test_a_file_that_changed_in_between(
    session: aiohttp.ClientSession, hub: Hub, target: Path, minds: bool
) -> None:
    """If-Range, or else the other ETag, tells that the rest is another file's."""
    hub.minds_if_range = minds
    hub.cuts = [2 * MIB, 0, 0, 0]
    with pytest.raises(Unreachable):
        await download(session, hub.address(), target)
    hub.files[NAME] = OTHER
    await download(session, hub.address(), target)
    assert target.read_bytes() == OTHER
    assert left(target) == ["batti.gguf"]


@pytest.mark.parametrize("etags", ["", 'W/"{}"'])
async def test_without_an_etag_only_a_checksum_lets_it_go_on(
    session: aiohttp.ClientSession, hub: Hub, target: Path, etags: str
) -> None:
    hub.etags = etags
    hub.cuts = [MIB]
    await download(session, hub.address(), target)
    assert hub.sent == [MIB, len(DATA)]
    hub.cuts = [MIB]
    await download(session, hub.address(), target.with_name("other.gguf"), sha256=SHA256)
    assert hub.sent[2:] == [MIB, len(DATA) - MIB]
    assert hub.downloads[3].if_range is None


async def test_everything_was_here_but_its_checksum(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """With its size known nothing is asked; without, the server says that there is no more."""
    target.parent.mkdir()
    target.with_name("batti.gguf.part").write_bytes(DATA)
    await download(session, hub.address(), target, sha256=SHA256, size=len(DATA))
    assert hub.asked == []
    target.rename(target.with_name("batti.gguf.part"))
    await download(session, hub.address(), target, sha256=SHA256)
    assert [one.span for one in hub.downloads] == [f"bytes={len(DATA)}-"]
    assert hub.sent == [0]
    assert target.read_bytes() == DATA


async def test_more_was_here_than_there_is(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("batti.gguf.part").write_bytes(DATA + b"more")
    await download(session, hub.address(), target, sha256=SHA256, size=len(DATA))
    assert hub.sent == [0, len(DATA)]
    assert target.read_bytes() == DATA


async def test_a_wrong_checksum(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """What came is deleted, and the file that was here before stays."""
    target.parent.mkdir()
    target.write_bytes(b"before")
    with pytest.raises(ChecksumWrong, match=f"checksum {SHA256} instead of .* was deleted: try again"):
        await download(session, hub.address(), target, sha256="0" * 64)
    assert left(target) == ["batti.gguf"]
    assert target.read_bytes() == b"before"


async def test_another_size_than_promised(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """A sign-in page, for instance: what came before it is kept."""
    hub.cuts = [MIB, 0, 0, 0]
    with pytest.raises(Unreachable):
        await download(session, hub.address(), target, size=len(DATA))
    hub.files[NAME] = b"<html>Sign in to this hotel</html>"
    hub.ranges = False
    with pytest.raises(ChecksumWrong, match=f"has 34 bytes for batti.gguf instead of {len(DATA)}: .* sign-in page"):
        await download(session, hub.address(), target, size=len(DATA))
    assert so_far(target) == DATA[:MIB]


async def test_an_unknown_length(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    hub.lengths = False
    told: list[tuple[int, int | None]] = []
    await download(session, hub.address(), target, on_progress=lambda done, whole: told.append((done, whole)))
    assert target.read_bytes() == DATA
    assert told[-1] == (len(DATA), None)
    hub.cuts = [MIB]
    await download(session, hub.address(), target, sha256=checksum(DATA), size=len(DATA))
    hub.files[NAME] = OTHER + b"more"
    with pytest.raises(ChecksumWrong, match=f"{len(OTHER) + 4} bytes instead of {len(OTHER)}"):
        await download(session, hub.address(), target, sha256=checksum(OTHER), size=len(OTHER))
    assert target.read_bytes() == DATA


async def test_an_end_without_a_length(
    session: aiohttp.ClientSession, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server as old as HTTP/1.0: that its answer was cut only the size tells."""
    monkeypatch.setattr(requests, "PAUSES", (0.01,))
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + (DATA[:1000] if len(asked) == 1 else DATA[:3000]))
        await writer.drain()
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, "127.0.0.1", port):
        await download(session, f"http://127.0.0.1:{port}/batti", target, size=3000)
    assert target.read_bytes() == DATA[:3000]
    assert len(asked) == 2


async def test_a_full_disk_before(
    session: aiohttp.ClientSession, hub: Hub, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = partial_file.MARGIN + len(DATA)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    await download(session, hub.address(), target)
    free -= 1
    with pytest.raises(
        DiskFull, match=r"3 MB are to come, 105 MB shall stay free, and 108 MB are free\): free some space"
    ):
        await download(session, hub.address(), target)
    assert left(target) == ["batti.gguf"]


async def test_a_disk_that_fills_up(
    session: aiohttp.ClientSession, hub: Hub, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something else takes the room; what came is kept, and gone on with once there is room again."""
    usage = shutil.disk_usage

    def filling(folder: Path) -> SimpleNamespace:
        path = target.with_name("batti.gguf.part")
        full = path.exists() and path.stat().st_size >= 2 * MIB
        return SimpleNamespace(free=0 if full else usage(folder).free)

    monkeypatch.setattr(shutil, "disk_usage", filling)
    with pytest.raises(DiskFull, match=r"batti\.gguf does not fit on the disk .* free some space and try again"):
        await download(session, hub.address(), target, sha256=SHA256)
    kept = so_far(target)
    assert len(kept) >= 2 * MIB
    assert DATA.startswith(kept)
    monkeypatch.setattr(shutil, "disk_usage", usage)
    await download(session, hub.address(), target, sha256=SHA256)
    assert target.read_bytes() == DATA
    assert hub.downloads[1].span == f"bytes={len(kept)}-"


async def test_a_disk_that_says_it_is_full(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """The kernel's own ENOSPC, from the device that is always full."""
    target.parent.mkdir()
    target.with_name("batti.gguf.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="No space left on device"):
        await download(session, hub.address(), target, sha256=SHA256)
    assert not target.exists()
    assert len(hub.sent) == 1, "trying again would not help"


async def test_a_folder_that_is_none(session: aiohttp.ClientSession, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(DownloadError, match=r"cannot be kept in .* see that Home Assistant may write there"):
        await download(session, hub.address(), tmp_path / "models" / "batti.gguf")


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (400, DownloadError, "answered 400 Bad Request"),
        (401, AccessDenied, "accept a licence"),
        (403, AccessDenied, "accept a licence"),
        (404, NotFound, r"127\.0\.0\.1 has no batti\.gguf \(404\): see that its name is right"),
        (410, NotFound, "has no"),
    ],
)
async def test_refusals(
    session: aiohttp.ClientSession, hub: Hub, target: Path, status: int, error: type[DownloadError], told: str
) -> None:
    hub.statuses, hub.endless = [status], True
    with pytest.raises(error, match=told):
        await download(session, hub.address(), target)
    assert len(hub.asked) == 1, "asking again would not help"
    assert left(target) == []


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_server_with_too_much_to_do(
    session: aiohttp.ClientSession, hub: Hub, target: Path, status: int
) -> None:
    hub.statuses = [status] * 3
    await download(session, hub.address(), target, sha256=SHA256)
    assert target.read_bytes() == DATA
    hub.statuses, hub.endless = [status], True
    with pytest.raises(Unreachable, match=rf"at the moment \({status} .*\): try again in a few minutes"):
        await download(session, hub.address(), target.with_name("other.gguf"))
    assert len(hub.asked) == 4 + 4


async def test_a_416_that_makes_no_sense(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """Answered to a request without a Range, too."""
    target.parent.mkdir()
    target.with_name("batti.gguf.part").write_bytes(DATA[:MIB])
    hub.statuses, hub.endless = [416], True
    with pytest.raises(DownloadError, match="answered 416"):
        await download(session, hub.address(), target, sha256=SHA256)
    assert [one.span for one in hub.asked] == [f"bytes={MIB}-", None]


async def test_sent_on_to_another_host(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """The token stays with the host that it was given for."""
    url = f"{hub.url}/{hubs.REPO}/resolve/main/{hubs.FILE}"
    hub.cuts = [MIB]
    await download(session, url, target, sha256=SHA256, headers={"Authorization": f"Bearer {hubs.TOKEN}"})
    assert target.read_bytes() == DATA
    assert [(one.host, one.token) for one in hub.asked] == [
        ("127.0.0.1", f"Bearer {hubs.TOKEN}"),
        ("localhost", None),
    ] * 2
    assert sum(hub.sent) == len(DATA)


async def test_nobody_there(session: aiohttp.ClientSession, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PAUSES", (0.01, 0.01))
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached.* see that this computer is online"):
        await download(session, f"http://127.0.0.1:{free_port()}/batti", target)
    for url in ("http://[batti/", "batti", "ftp://127.0.0.1/batti"):
        with pytest.raises(DownloadError, match=r"see that (it|the address) is right"):
            await download(session, url, target)


async def test_two_at_once(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """The second waits for the first, and has nothing left to do."""
    await asyncio.gather(*(download(session, hub.address(), target, sha256=SHA256) for _ in range(2)))
    assert target.read_bytes() == DATA
    assert hub.sent == [len(DATA)]


async def test_the_first_of_two_is_cancelled(session: aiohttp.ClientSession, hub: Hub, target: Path) -> None:
    """Then the second goes on from there."""
    hub.pause_after = 2 * MIB
    first = asyncio.create_task(cancelled_on_the_way(session, hub, target))
    await asyncio.sleep(0.1)  # it has begun, and is not cancelled before 0.2 seconds
    await download(session, hub.address(), target, sha256=SHA256)
    await first
    assert target.read_bytes() == DATA
    assert [one.span is None for one in hub.downloads] == [True, False]
