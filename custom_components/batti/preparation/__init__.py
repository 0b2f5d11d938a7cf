"""Preparation: an engine that works on this computer, whatever Home Assistant was installed on.

`attempts.py` goes through the ways to one: what was prepared before (`record.py`), a llama-cpp-python beside Home
Assistant, a wheel that the user put into the folder (`wheel.py`), the ready engine of the table (`table.py`,
`wheels.yaml`) from the package index (`index.py`). Each is unpacked into a folder of its own (`install.py`) and has to
answer a sentence (`probe.py`) before it counts. Nothing is ever built here. No Home Assistant in here: scripts/setup
prepares with it too (`__main__.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import aiohttp

from ..interpreter.errors import EngineMissing
from .advice import advice
from .attempts import Attempts
from .base import Origin, Prepared, Progress, Stage
from .computer import Computer, this_computer
from .lock import only_one
from .record import Record, read_record
from .table import Table, read_table

__all__ = ["Computer", "Origin", "Prepared", "Progress", "Stage", "prepare"]


async def prepare(
    folder: Path,
    model: Path,
    session: aiohttp.ClientSession,
    *,
    on_progress: Progress | None = None,
    again: bool = False,
    python: str | None = None,
    computer: Computer | None = None,
    ways: Collection[Origin] = tuple(Origin),
    table: Table | None = None,
) -> Prepared:
    """Make sure that there is an engine. Cancelled or killed, it goes on the next time where it was.

    Args:
        folder: where all of it is kept, `<config>/.cache/batti/engine`.
        model: a GGUF file to try engines with.
        session: for downloads.
        on_progress: told of every stage.
        again: prepare anew, although something was prepared: it crashed, or the user has put another wheel there.
        python: the interpreter that engines are to run with; this one where None.
        computer: the computer that `python` is for; this one where None.
        ways: where the engine may come from.
        table: what is wanted; `wheels.yaml` where None.

    Raises:
        EngineMissing: there is none; the message tells what was tried, why it failed and what to do.
        ModelMissing, ModelRefused: the model is at fault, no engine can answer with it.
    """
    target = await asyncio.to_thread(this_computer) if computer is None else computer
    wanted = await asyncio.to_thread(read_table) if table is None else table
    before = await asyncio.to_thread(_before, folder, ways)
    if not again and before is not None and await asyncio.to_thread(before.fits, folder, target, wanted.version):
        return before.prepared(folder)
    async with only_one(folder):
        latest = await asyncio.to_thread(_before, folder, ways)
        if latest != before and latest is not None:  # somebody else has just done it
            return latest.prepared(folder)
        tell = on_progress or (lambda stage, share: None)
        attempts = Attempts(folder, model, session, target, wanted, before, python, tell)
        if record := await attempts.first(ways, again=again):
            return record.prepared(folder)
    raise EngineMissing(
        await asyncio.to_thread(advice, folder, target, wanted.version, attempts.reasons, attempts.missing)
    )


def _before(folder: Path, ways: Collection[Origin]) -> Record | None:
    """What was prepared earlier, in one of these ways."""
    record = read_record(folder)
    return record if record is not None and record.origin in ways else None
