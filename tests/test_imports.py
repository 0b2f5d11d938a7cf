"""What may import what: the contracts in pyproject.toml hold.

They follow imports wherever these stand, in functions too. That modules can be imported without Home Assistant is more, for
a package's own __init__ comes with every module of it; `interpreter/test_without_home_assistant.py` does it.
"""

from __future__ import annotations

from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_contracts() -> None:
    assert lint_imports(config_filename=str(PROJECT), no_cache=True) == EXIT_STATUS_SUCCESS
