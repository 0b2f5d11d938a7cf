"""What was prepared, and for which computer: kept in a file, so that the next start need not look again."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from .base import Origin, Prepared
from .computer import Computer
from .wheel import MODULE

FILE = "engine.json"
PACKAGES = "packages"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Record:
    """An engine and what it was prepared for.

    Attributes:
        wanted: the version that was wanted.
        libc, libc_version, machine, level: of the computer.
        python: the version of Python, where the engine goes with no other.
        origin, version: see `Prepared`.
        beside: its `llama_cpp/__init__.py` where that is beside Home Assistant.
        written: when `llama_cpp/__init__.py` was written; another time tells of another engine.
    """

    wanted: str
    libc: str
    libc_version: str
    machine: str
    level: str
    python: str | None
    origin: Origin
    version: str
    beside: str | None = None
    written: int | None = None

    @classmethod
    def of(
        cls, computer: Computer, wanted: str, origin: Origin, version: str, *, any_python: bool, beside: Path | None
    ) -> Self:
        """Describe an engine that works on a computer."""
        return cls(
            wanted,
            computer.libc,
            computer.libc_version,
            computer.machine,
            computer.level,
            None if any_python else _PYTHON,
            origin,
            version,
            None if beside is None else str(beside),
        )

    def prepared(self, folder: Path) -> Prepared:
        """The engine."""
        return Prepared(None if self.beside else folder / PACKAGES, self.version, self.origin)

    def fits(self, folder: Path, computer: Computer, wanted: str) -> bool:
        """Whether the engine is still there, and is still the one for this computer."""
        now = Record.of(computer, wanted, self.origin, self.version, any_python=not self.python, beside=None)
        return self._written(folder) == self.written and replace(self, beside=None, written=None) == now

    def is_kept(self, folder: Path) -> bool:
        """Whether the engine is in `folder` and still the one that was prepared, for whatever computer."""
        return self.beside is None and self._written(folder) == self.written

    def write(self, folder: Path) -> None:
        """Keep this whole or not at all."""
        new = folder / f"{FILE}.new"
        new.write_text(json.dumps(asdict(replace(self, written=self._written(folder))), indent=2) + "\n", "utf-8")
        new.replace(folder / FILE)

    def _written(self, folder: Path) -> int | None:
        try:
            return Path(self.beside or folder / PACKAGES / MODULE).stat().st_mtime_ns
        except OSError:
            return None


def read_record(folder: Path) -> Record | None:
    """What was prepared in a folder; None where nothing was, or the file is damaged."""
    try:
        data = json.loads((folder / FILE).read_text("utf-8"))
        return Record(**{**data, "origin": Origin(data["origin"])})
    except OSError, ValueError, TypeError, KeyError:
        return None
