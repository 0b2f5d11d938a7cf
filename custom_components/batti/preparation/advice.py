"""Advice for the user if no engine works."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..interpreter.engine.interface import Binding
from .attempts import WHEELS
from .computer import Computer
from .table import Row

PROJECT = "https://pypi.org/project"
SERVER = (
    'run a llama.cpp server on another machine and choose "A llama.cpp server" when Batti is set up; for an entry that '
    "there is, under Reconfigure"
)


def advice(folder: Path, computer: Computer, version: str, reasons: Sequence[str], missing: Row | None) -> str:
    """Say what was tried and what to do; also creates the folder for the user's wheel.

    Args:
        folder: where everything is kept.
        computer: the computer that needs an engine.
        version: the version of the ready engine.
        reasons: why each way failed.
        missing: the wheel that fits the computer, if it could not be downloaded.
    """
    wheels = (folder / WHEELS).absolute()
    with suppress(OSError):
        wheels.mkdir(parents=True, exist_ok=True)
    return "\n".join(
        [
            f"No engine that runs the model works on this computer, {computer}:",
            *(f"- {reason}" for reason in reasons),
            _fetch(missing, version, wheels) if missing else _other(computer, wheels),
        ]
    )


def _fetch(row: Row, version: str, wheels: Path) -> str:
    return (
        f"What to do: on a computer that is online, download {row.file} from {PROJECT}/{Binding.XLLAMACPP}/{version}/#files; "
        f"see that its SHA-256 is {row.sha256}; put it into {wheels}; then try again. Or {SERVER}."
    )


def _other(computer: Computer, wheels: Path) -> str:
    return (
        f"What works here: {SERVER}. Or put a wheel of {' or '.join(Binding)} that was built for this computer (one with "
        f"{next(computer.platforms())}, or an older of that kind, in its name) into {wheels}, then try again."
    )
