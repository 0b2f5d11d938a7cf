"""A real model file, and what the system knows of child processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .tiny_gguf import write_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama model with random weights."""
    return write_model(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture
def children() -> Callable[[], list[int]]:
    """Process ids of this process's children, dead ones that were not waited for included (Linux)."""

    def read() -> list[int]:
        return [int(pid) for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()]

    return read
