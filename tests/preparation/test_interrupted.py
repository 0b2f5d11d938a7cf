"""Cancelled or killed in the midst of it, preparation leaves nothing running and nothing half, and goes on."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.batti.preparation import Origin, Stage
from custom_components.batti.preparation.base import DeadEnd
from custom_components.batti.preparation.children import run

from . import sources
from .index import Index
from .preparing import ROOT, Preparing


async def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def until_gone(*pids: int) -> None:
    """Wait until none of these processes is there any more."""
    await until(lambda: not any(map(_runs, pids)), 10)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def processes(folder: Path) -> list[int]:
    """The build and its compiler, once they run."""

    def read() -> list[int]:
        return [int(pid) for file in folder.glob("build/*/build/processes") for pid in file.read_text().split()]

    await until(read)
    pids = read()
    assert len(pids) == 2
    assert all(map(_runs, pids))
    return pids


@pytest.mark.usefixtures("compiler")
async def test_cancelled_while_building(preparing: Preparing, index: Index, wheel: Path) -> None:
    """The compilers end, whatever group they are in; the next time neither download nor build begin anew."""
    preparing.offer(index, sources.stops_once(wheel))
    task = asyncio.create_task(preparing())
    pids = await processes(preparing.folder)
    await until(lambda: (Stage.BUILDING, 1 / 40) in preparing.told)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_gone(*pids)
    assert (await preparing()).origin is Origin.BUILT
    assert (Stage.BUILDING, 1 / 39) in preparing.told
    assert len(index.asked) == 1


@pytest.mark.usefixtures("compiler")
async def test_killed_while_building(preparing: Preparing, index: Index, wheel: Path, tmp_path: Path) -> None:
    """Nobody is left to end the compilers: they notice, and the next preparation goes on."""
    preparing.offer(index, sources.stops_once(wheel))
    code = f"""
import asyncio, pathlib, aiohttp
from custom_components.batti.preparation import prepare
from custom_components.batti.preparation.table import Table
async def main():
    async with aiohttp.ClientSession() as session:
        await prepare(pathlib.Path({str(preparing.folder)!r}), pathlib.Path({str(preparing.model)!r}), session,
                      python={preparing.python!r}, table={preparing.table!r})
asyncio.run(main())
"""
    hub = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    pids = await processes(preparing.folder)
    hub.send_signal(signal.SIGKILL)
    await hub.wait()
    await until_gone(*pids)
    assert (await preparing()).origin is Origin.BUILT
    assert (Stage.BUILDING, 1 / 39) in preparing.told


@pytest.mark.parametrize("stage", list(Stage))
async def test_cancelled_at_any_stage(
    preparing: Preparing, index: Index, wheel: Path, compiler: Path, stage: Stage
) -> None:
    """Nothing half counts, and nothing that is there is made again."""
    preparing.offer(index, sources.works(wheel))
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
    assert (await preparing()).origin is Origin.BUILT
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


async def test_a_child_that_leaves_others_behind() -> None:
    """They end with it."""
    command = "sleep 600 & echo $!; printf 'no newline'"
    finished = await run(["/bin/sh", "-c", command], environment=os.environ)
    assert finished.status == 0
    assert finished.lines[1:] == ("no newline",)
    await until_gone(int(finished.lines[0]))


async def test_a_listener_that_fails() -> None:
    """Its error is told, and the child does not wait for ever for someone to read."""

    def listen(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="y"):
        await run(["/bin/sh", "-c", "while echo y; do :; done"], environment=os.environ, on_line=listen)


async def test_something_that_leaves_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that a compiler started holds the pipe for ever: it is not waited for."""
    monkeypatch.setattr("custom_components.batti.preparation.children._LAST_WORDS", 0.2)
    code = "import subprocess; print(subprocess.Popen(['/bin/sleep', '600'], start_new_session=True).pid)"
    finished = await run([sys.executable, "-c", code], environment=os.environ)
    os.kill(int(finished.lines[0]), signal.SIGKILL)


async def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeadEnd, match="no process can be started"):
        await run(["x" * 3_000_000], environment=os.environ)  # longer than the system takes
