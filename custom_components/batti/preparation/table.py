"""The table `wheels.yaml`: the version of the ready engine and its wheels. scripts/engine-wheels writes it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from .computer import Computer

TABLE = Path(__file__).parent / "wheels.yaml"
URL = "BATTI_WHEELS_URL"
"""This environment variable names a folder on the web to download the wheels from instead of the package index."""


@dataclass(frozen=True, slots=True)
class Row:
    """A wheel and the computers that it is for; `wheels.yaml` explains the fields.

    Attributes:
        url: its address, if it does not come from the package index.
    """

    file: str
    libc: str
    machine: str
    features: frozenset[str]
    size: int
    sha256: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The version of the ready engine that is wanted, and its wheels."""

    version: str
    rows: tuple[Row, ...]

    def row_for(self, computer: Computer) -> Row | None:
        """The wheel for this kind of computer, whether or not its processor can run it."""
        place = (computer.libc, computer.machine)
        return next((row for row in self.rows if (row.libc, row.machine) == place), None)


def read_table(file: Path = TABLE) -> Table:
    """Read the table."""
    data = yaml.safe_load(file.read_text("utf-8"))
    mirror = os.environ.get(URL, "").rstrip("/")
    rows = [
        Row(**{**row, "features": frozenset(row["features"])}, url=f"{mirror}/{row['file']}" if mirror else None)
        for row in data["wheels"]
    ]
    return Table(data["version"], tuple(rows))
