"""A real model file, both bindings of llama.cpp, and what the system knows of child processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.interpreter.engine.local import LocalEngine
from tests.needs import BINDINGS
from training.evaluate.judging import READY

from .tiny_gguf import write_model


def local(binding: Binding, model: Path, **options: Any) -> LocalEngine:
    """An engine with a binding: the one beside Home Assistant, or the ready one."""
    options.setdefault("packages", READY if binding is Binding.XLLAMACPP else None)
    return LocalEngine(model, binding=binding, **options)


@pytest.fixture(params=BINDINGS, ids=["llama_cpp", "ready"])
def binding(request: pytest.FixtureRequest) -> Binding:
    """Each of the two: the same is expected of both."""
    chosen: Binding = request.param
    return chosen


@pytest.fixture
def local_engine(binding: Binding) -> Callable[..., LocalEngine]:
    """Makes an engine, of a model and options of `LocalEngine`."""
    return partial(local, binding)


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
