"""The prompt's fixed part in a file: what goes wrong with it costs time, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from custom_components.batti.interpreter.engine.context import Loaded
from custom_components.batti.interpreter.engine.prefix import fill_prefix
from custom_components.batti.interpreter.errors import EngineError


class Remembering:
    """A model that remembers tokens, and cannot say what it remembers."""

    path = Path("nano.gguf")

    def __init__(self, trouble: Exception | None = None) -> None:
        self.tokens: list[int] = []
        self._trouble = trouble

    def identity(self) -> str:
        return "it"

    def fill(self, tokens: list[int]) -> None:
        self.tokens = tokens

    def state(self) -> bytes:
        if self._trouble:
            raise self._trouble
        return bytes(self.tokens)

    def restore(self, state: bytes, length: int) -> bool:
        self.tokens = list(state)
        return len(state) == length


@pytest.mark.parametrize("trouble", [EngineError("the disk is full"), OSError("the disk is gone")])
def test_a_state_that_cannot_be_had(tmp_path: Path, trouble: Exception, caplog: pytest.LogCaptureFixture) -> None:
    model: Any = Remembering(trouble)
    fill_prefix(cast(Loaded, model), [1, 2, 3], tmp_path)
    assert model.tokens == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []
    assert str(trouble) in caplog.text


def test_it_is_restored(tmp_path: Path) -> None:
    """Only where it is of the same tokens."""
    first: Any = Remembering()
    fill_prefix(cast(Loaded, first), [1, 2, 3], tmp_path)
    second: Any = Remembering(OSError("not asked"))
    fill_prefix(cast(Loaded, second), [1, 2, 3], tmp_path)
    assert second.tokens == [1, 2, 3]
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    third: Any = Remembering()
    fill_prefix(cast(Loaded, third), [4, 5], tmp_path)
    assert third.tokens == [4, 5]
    assert file.read_bytes() != before
