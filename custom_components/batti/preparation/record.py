"""The record of the prepared engine and its computer: a file, so that the next start need not search again."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from ..interpreter.engine.interface import Binding
from .computer import VECTORS, Computer
from .result import Origin, Prepared
from .wheel import MODULES

FILE = "engine.json"
PACKAGES = "packages"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Record:
    """An engine and what it was prepared for.

    Attributes:
        wanted: the wanted version of the ready engine.
        libc, libc_version, machine: see `Computer`.
        features: those features of the processor that engines are built for.
        python: the Python version, if the engine works with no other.
        binding, origin, version: see `Prepared`.
        beside: the binding's `__init__.py`, if it is installed beside Home Assistant.
        written: modification time of the binding's `__init__.py`; another time means another engine.
    """

    wanted: str
    libc: str
    libc_version: str
    machine: str
    features: str
    python: str | None
    binding: Binding
    origin: Origin
    version: str
    beside: str | None = None
    written: int | None = None

    @classmethod
    def of(
        cls,
        computer: Computer,
        wanted: str,
        engine: Prepared,
        *,
        python: str | None = None,
        beside: Path | None = None,
    ) -> Self:
        """Describe an engine that works on a computer."""
        return cls(
            wanted,
            computer.libc,
            computer.libc_version,
            computer.machine,
            " ".join(sorted(computer.features & VECTORS)),
            python,
            engine.binding,
            engine.origin,
            engine.version,
            None if beside is None else str(beside),
        )

    def prepared(self, folder: Path) -> Prepared:
        """The prepared engine."""
        return Prepared(self.binding, None if self.beside else folder / PACKAGES, self.version, self.origin)

    def fits(self, folder: Path, computer: Computer, wanted: str) -> bool:
        """Whether the engine is still there, and is still the one for this computer."""
        now = Record.of(computer, wanted, self.prepared(folder), python=self.python and THIS_PYTHON)
        return self._written(folder) == self.written and replace(self, beside=None, written=None) == now

    def is_kept(self, folder: Path) -> bool:
        """Whether `folder` still contains the prepared engine, for any computer."""
        return self.beside is None and self._written(folder) == self.written

    def write(self, folder: Path) -> None:
        """Save the record, completely or not at all."""
        new = folder / f"{FILE}.new"
        new.write_text(json.dumps(asdict(replace(self, written=self._written(folder))), indent=2) + "\n", "utf-8")
        new.replace(folder / FILE)

    def _written(self, folder: Path) -> int | None:
        try:
            return Path(self.beside or folder / PACKAGES / MODULES[self.binding]).stat().st_mtime_ns
        except OSError:
            return None


def read_record(folder: Path) -> Record | None:
    """The record in a folder; None if there is none, or it is damaged."""
    try:
        data = json.loads((folder / FILE).read_text("utf-8"))
        return Record(**{**data, "binding": Binding(data["binding"]), "origin": Origin(data["origin"])})
    except OSError, ValueError, TypeError, KeyError:
        return None
