"""Tests of what needs PyTorch run where scripts/setup --training has been run."""

from __future__ import annotations

import pytest

from tests.training import child

_WITH_PYTORCH = ("test_export", "test_finetune", "test_notebook", "test_personal", "test_tune")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them elsewhere, and say why."""
    if child.PYTHON.exists():
        return
    for item in items:
        if item.path.stem in _WITH_PYTORCH and item.path.parent.name == "training":
            item.add_marker(pytest.mark.skip(reason="needs scripts/setup --training"))
