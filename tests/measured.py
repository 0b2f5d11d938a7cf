"""How child processes take part where this run measures how much of the code tests reach."""

from __future__ import annotations

from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[1]
UNMEASURED = {"COVERAGE_PROCESS_START": ""}
"""For what computes for long and reaches little that others do not: before Python 3.12 measuring PyTorch's calls takes half
as long again."""


def environment() -> dict[str, str]:
    """What a child needs in its environment; nothing where nothing is measured. Its Python must have coverage too."""
    if Coverage.current() is None:
        return {}
    return {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"), "COVERAGE_FILE": str(ROOT / ".coverage")}
