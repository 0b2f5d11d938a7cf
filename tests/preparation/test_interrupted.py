"""Cancelled or killed in the midst of it, preparation leaves nothing running and nothing half, and goes on."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.batti.preparation import Origin, Stage
from custom_components.batti.preparation.children import run
from custom_components.batti.preparation.result import DeadEnd
from custom_components.batti.preparation.table import Row

from .index import Index
from .preparing import ROOT, Preparing


async def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_killed_while_downloading(preparing: Preparing, index: Index, row: Row) -> None:
    """The next preparation goes on where it was."""
    index.stalled = 3_000_000
    code = f"""
import asyncio, pathlib, aiohttp
from custom_components.batti.preparation import prepare
from custom_components.batti.preparation.table import Row, Table
async def main():
    async with aiohttp.ClientSession() as session:
        await prepare(pathlib.Path({str(preparing.folder)!r}), pathlib.Path({str(preparing.model)!r}), session,
                      python={preparing.python!r}, table={preparing.table!r})
asyncio.run(main())
"""
    hub = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    part = preparing.folder / "downloaded" / f"{row.file}.part"
    await until(lambda: part.exists() and part.stat().st_size)
    hub.send_signal(signal.SIGKILL)
    await hub.wait()
    begun = part.stat().st_size
    assert (await preparing()).origin is Origin.DOWNLOADED
    assert index.asked == [(row.file, None), (row.file, f"bytes={begun}-")]


@pytest.mark.parametrize("stage", list(Stage))
async def test_cancelled_at_any_stage(preparing: Preparing, index: Index, row: Row, stage: Stage) -> None:
    """Nothing half counts, and nothing that is there is fetched again."""
    seen: list[Stage] = []

    def cancel(now: Stage, share: float | None) -> None:
        if now is stage and not seen:
            seen.append(now)
            assert task is not None
            task.cancel()

    preparing.on_stage = cancel
    task = asyncio.create_task(preparing())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (preparing.folder / "packages").exists()
    assert not (preparing.folder / "engine.json").exists()
    assert (await preparing()).origin is Origin.DOWNLOADED
    assert len(index.asked) == 1
    assert not (preparing.folder / "packages.new").exists()


async def test_two_at_once(preparing: Preparing, wheel: Path) -> None:
    """The second waits for the first, and takes what that prepared."""
    (preparing.wheels / wheel.name).write_bytes(wheel.read_bytes())
    other = replace(preparing, told=[])
    both = await asyncio.gather(preparing(), other())
    assert both[0] == both[1]
    assert sorted(Stage.INSTALLING in one.stages for one in (preparing, other)) == [False, True]


async def test_a_file_system_without_locks(preparing: Preparing, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody waits for anybody."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    (preparing.wheels / wheel.name).write_bytes(wheel.read_bytes())
    assert (await preparing()).origin is Origin.WHEEL


async def test_interrupted_between_two_renames(preparing: Preparing, wheel: Path) -> None:
    """The old packages were taken away, the new ones were not there yet."""
    (preparing.wheels / wheel.name).write_bytes(wheel.read_bytes())
    done = await preparing()
    (preparing.folder / "packages").rename(preparing.folder / "packages.old")
    assert await preparing() == done
    assert not (preparing.folder / "packages.old").exists()


async def test_what_a_child_says() -> None:
    """Of both its outputs, also without an end of the line."""
    finished = await run(["/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 4"])
    assert finished.status == 4
    assert finished.lines == ("one", "two", "three")


async def test_a_child_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    task = asyncio.create_task(run(["/bin/sh", "-c", f"echo $$ >{pid}; exec sleep 600"]))
    await until(lambda: pid.exists() and pid.read_text())
    assert _runs(int(pid.read_text()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _runs(int(pid.read_text()))


async def test_no_process_can_be_started() -> None:
    with pytest.raises(DeadEnd, match="cannot be run"):
        await run(["x" * 3_000_000])  # longer than the system takes
