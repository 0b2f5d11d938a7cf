"""The examples in docstrings, wherever there are some, are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("custom_components", "demo", "scripts", "training")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)
NEED_PYTORCH = ("training.export.release",)  # see training/test_doctests.py


@pytest.mark.parametrize("name", [name for name in MODULES if name not in NEED_PYTORCH])
def test_examples(name: str) -> None:
    told: list[str] = []
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)):
        runner.run(test, out=told.append)
    assert runner.tries, "doctest does not find the examples that are in it"
    assert not runner.failures, "".join(told)
