"""Preparation: an engine that works on this computer, whatever Home Assistant was installed on.

`attempts.py` goes through the ways to a llama_cpp: what was prepared before (`record.py`), beside Home Assistant, a wheel
that the user put into the folder (`wheel.py`), one of the table (`table.py`, `wheels.yaml`), one built here
(`source.py`, `build.py`). Each is unpacked into a folder of its own (`install.py`) and has to answer a sentence
(`trial.py`) before it counts. No Home Assistant in here: scripts/setup builds with it too (`__main__.py`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import aiohttp

from ..interpreter.errors import EngineMissing
from .attempts import WHEELS, Attempts
from .base import Origin, Prepared, Progress, Stage
from .computer import Computer, this_computer
from .lock import only_one
from .record import read_record
from .table import Table, read_table
from .wheel import platform_wanted

__all__ = ["Origin", "Prepared", "Progress", "Stage", "prepare"]


async def prepare(
    folder: Path,
    model: Path,
    session: aiohttp.ClientSession,
    *,
    on_progress: Progress | None = None,
    again: bool = False,
    python: str | None = None,
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
        table: what is wanted; `wheels.yaml` where None.

    Raises:
        EngineMissing: there is none; the message tells what was tried, why it failed and what to do.
        ModelMissing, ModelRefused: the model is at fault, no engine can answer with it.
    """
    computer = await asyncio.to_thread(this_computer)
    wanted = await asyncio.to_thread(read_table) if table is None else table
    before = await asyncio.to_thread(read_record, folder)
    if not again and before is not None and await asyncio.to_thread(before.fits, folder, computer, wanted.version):
        return before.prepared(folder)
    async with only_one(folder):
        latest = await asyncio.to_thread(read_record, folder)
        if latest != before and latest is not None:  # somebody else has just done it
            return latest.prepared(folder)
        tell = on_progress or (lambda stage, share: None)
        attempts = Attempts(folder, model, session, computer, wanted, before, python, tell)
        if record := await attempts.first(again=again):
            return record.prepared(folder)
    raise EngineMissing(await asyncio.to_thread(_advice, folder, computer, wanted, attempts.reasons))


def _advice(folder: Path, computer: Computer, table: Table, reasons: list[str]) -> str:
    """What was tried and what to do; makes the folder that the user is to put a wheel into."""
    wheels = folder / WHEELS
    with suppress(OSError):
        wheels.mkdir(parents=True, exist_ok=True)
    return "\n".join(
        [
            f"No engine for the model (llama-cpp-python) works on this computer, {computer}:",
            *(f"- {reason}" for reason in reasons),
            f"What to do: put a wheel of llama-cpp-python {table.version} for this computer (one with py3-none and "
            f"{platform_wanted()}, or an older of that kind, in its name) into {wheels}, then try again.",
        ]
    )
