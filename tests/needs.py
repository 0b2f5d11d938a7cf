"""What tests need beyond `scripts/setup`, as markers (pyproject.toml lists them); most follow from fixtures.

`scripts/test --fast` runs what has none of these markers.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

import pytest

from custom_components.batti.interpreter.engine.base import Binding
from custom_components.batti.preparation import Origin

OF_FIXTURES = {
    "training_python": "training",
    "llama_cpp": "llama_cpp",
    "built": "llama_cpp",
    "stock_model": "large",
    "page": "browser",
}
"""A fixture, and the marker of every test that takes it, if only by way of others."""

BINDINGS = [pytest.param(Binding.LLAMA_CPP_PYTHON, marks=pytest.mark.llama_cpp), pytest.param(Binding.XLLAMACPP)]
"""Both that bring llama.cpp, for tests that expect the same of them."""

USUAL = Binding.XLLAMACPP if find_spec("llama_cpp") is None else Binding.LLAMA_CPP_PYTHON
"""What tests run models with for which either does: as Batti chooses."""

ORIGIN = Origin.DOWNLOADED if USUAL is Binding.XLLAMACPP else Origin.INSTALLED
"""Where Batti has it from."""


def mark(items: Iterable[pytest.Item]) -> None:
    """Give tests the markers that follow from their fixtures."""
    for item in items:
        for fixture in OF_FIXTURES.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(OF_FIXTURES[fixture])


def longest_first(items: list[pytest.Item]) -> None:
    """Put the files that train in front, so that no worker begins with one when the others have nothing left to do."""
    training = {item.path for item in items if item.get_closest_marker("training")}
    items.sort(key=lambda item: item.path not in training)
