"""What decoding needs of a model; `llama.py` has the real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


class Context(Protocol):
    """A model with a memory of the tokens evaluated so far; `end` is its end-of-turn token, `size` how many fit."""

    end: int
    size: int

    @property
    def length(self) -> int:
        """Tokens in memory."""

    @property
    def writable(self) -> NDArray[np.bool_]:
        """By token, whether a freely written name may hold it: folded text or the newline; (vocabulary,)."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of text; control tokens count as such only where `special`."""

    def piece(self, token: int) -> bytes:
        """The text of a token."""

    def evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        """Evaluate tokens after what is in memory; logits after the last, or after every one: (rows, vocabulary)."""

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
