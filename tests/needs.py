"""What tests need beyond `scripts/setup`, as markers (pyproject.toml lists them); most follow from fixtures.

`scripts/test --fast` runs what has none of these markers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec

import pytest

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.preparation import Origin

OF_FIXTURES = {
    "training_python": "training",
    "llama_cpp": "llama_cpp",
    "built": "llama_cpp",
    "stock_model": "large",
    "page": "browser",
}
"""A fixture, and the marker of every test that takes it, if only by way of others."""

READY_ONLY = "BATTI_READY_ONLY" in os.environ
"""`scripts/test --fast` says so: the same everywhere, and a worker starts faster with the ready engine."""

BINDINGS = [pytest.param(Binding.LLAMA_CPP_PYTHON, marks=pytest.mark.llama_cpp), pytest.param(Binding.XLLAMACPP)]
"""Both that bring llama.cpp, for tests that expect the same of them."""

USUAL = Binding.XLLAMACPP if READY_ONLY or find_spec("llama_cpp") is None else Binding.LLAMA_CPP_PYTHON
"""What tests run models with for which either does: as Batti chooses, or as it would where nothing was built."""

ORIGIN = Origin.DOWNLOADED if USUAL is Binding.XLLAMACPP else Origin.INSTALLED
"""Where Batti has it from."""


LONGEST = (
    *("test_personal.py", "test_tune.py", "test_notebook.py", "test_export.py", "test_finetune.py"),
    *("test_anything.py", "test_dataset.py", "test_benchmark.py", "test_record.py", "test_config_flow.py"),
)
"""Files, by the time that they take: from two minutes down to a third of one."""


def mark(items: Iterable[pytest.Item]) -> None:
    """Give tests the markers that follow from their fixtures."""
    for item in items:
        for fixture in OF_FIXTURES.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(OF_FIXTURES[fixture])


def longest_first(items: list[pytest.Item]) -> None:
    """Have workers begin with the longest files, so that none is left with one when the others have nothing to do."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
