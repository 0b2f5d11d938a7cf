"""Preparation: finds or downloads an engine that works on this computer, for every kind of Home Assistant installation.

`attempts.py` tries these, one after the other: the engine that was prepared before (`record.py`), llama-cpp-python
installed beside Home Assistant, a wheel that the user put into the folder (`wheel.py`), the ready engine of the table
(`table.py`, `wheels.yaml`) from the package index (`index.py`). A wheel is unpacked into its own folder (`install.py`).
Every engine must answer a sentence (`probe.py`) before it is used. Nothing is built here. Nothing here imports Home
Assistant, because scripts/setup uses it too (`__main__.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import aiohttp

from ..interpreter.errors import EngineMissing
from .advice import advice
from .attempts import Attempts
from .computer import Computer, this_computer
from .lock import only_one
from .record import Record, read_record
from .result import Origin, Prepared, Progress, Stage
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
    """Make sure that there is an engine. After a cancellation or a kill, the next call resumes the work.

    Args:
        folder: where everything is kept, `<config>/.cache/batti/engine`.
        model: a GGUF file to try engines with.
        session: for downloads.
        on_progress: called at every stage.
        again: prepare again although an engine is prepared: it crashed, or the user has put another wheel there.
        python: the interpreter that runs engines; if None, this one.
        computer: the computer that `python` is for; if None, this one.
        ways: where the engine may come from.
        table: the wanted engine and its wheels; if None, `wheels.yaml`.

    Raises:
        EngineMissing: no engine works; the message says what was tried, why it failed and what to do.
        ModelMissing, ModelRefused: the model is the problem: no engine can use it.
    """
    target = await asyncio.to_thread(this_computer) if computer is None else computer
    wanted = await asyncio.to_thread(read_table) if table is None else table
    before = await asyncio.to_thread(_before, folder, ways)
    if not again and before is not None and await asyncio.to_thread(before.fits, folder, target, wanted.version):
        return before.prepared(folder)
    async with only_one(folder):
        latest = await asyncio.to_thread(_before, folder, ways)
        if latest != before and latest is not None:  # another process has just prepared it
            return latest.prepared(folder)
        tell = on_progress or (lambda stage, share: None)
        attempts = Attempts(folder, model, session, target, wanted, before, python, tell)
        if record := await attempts.first(ways, again=again):
            return record.prepared(folder)
    raise EngineMissing(
        await asyncio.to_thread(advice, folder, target, wanted.version, attempts.reasons, attempts.missing)
    )


def _before(folder: Path, ways: Collection[Origin]) -> Record | None:
    """The record of the engine prepared earlier, if it came in one of these ways."""
    record = read_record(folder)
    return record if record is not None and record.origin in ways else None
