"""The examples in docstrings of modules that need PyTorch."""

from __future__ import annotations

import pytest

from tests.test_doctests import MODULES, NEED_PYTORCH
from tests.training import child

_CHILD = "import doctest, importlib, sys; print(*doctest.testmod(importlib.import_module(sys.argv[1])))"


@pytest.mark.usefixtures("training_python")
@pytest.mark.parametrize("name", NEED_PYTORCH)
def test_examples(name: str) -> None:
    assert name in MODULES
    told = child.run("-c", _CHILD, name, timeout=300)
    failed, tried = map(int, told.splitlines()[-1].split())
    assert tried
    assert not failed, told
