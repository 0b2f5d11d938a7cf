"""The table `wheels.yaml`: which llama-cpp-python is wanted, from which files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from .computer import Computer

TABLE = Path(__file__).parent / "wheels.yaml"
URL = "BATTI_WHEELS_URL"
"""This environment variable names a place to download the wheels from instead of the table's, a mirror for instance."""


@dataclass(frozen=True, slots=True)
class Row:
    """A wheel and the computers that it is for; see the table."""

    file: str
    libc: str
    machine: str
    features: frozenset[str]
    sha256: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Table:
    """The version that is wanted, the archive that it is built from, and ready wheels."""

    version: str
    source: str
    source_sha256: str
    rows: tuple[Row, ...]

    def rows_for(self, computer: Computer) -> list[Row]:
        """The wheels for this kind of computer, whether or not its processor can run them."""
        return [row for row in self.rows if (row.libc, row.machine) == (computer.libc, computer.machine)]


def read_table(file: Path = TABLE) -> Table:
    """Read the table."""
    data = yaml.safe_load(file.read_text("utf-8"))
    url = (os.environ.get(URL) or data["url"]).rstrip("/")
    rows = tuple(
        Row(
            row["file"],
            row["libc"],
            row["machine"],
            frozenset(row["features"]),
            row["sha256"],
            f"{url}/{row['file']}",
        )
        for row in data["wheels"]
    )
    return Table(str(data["version"]), data["source"]["file"], data["source"]["sha256"], rows)
