"""The Python of the training environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import child


@pytest.fixture(scope="session")
def training_python() -> Path:
    """The Python that has PyTorch. What `child.run` and the like start is that one; take this beside them."""
    assert child.PYTHON.exists(), "there is no .venv-training: run scripts/setup --training"
    return child.PYTHON
