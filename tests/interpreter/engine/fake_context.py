"""A context without llama.cpp: it wants to say one given answer, or says what chance tells it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from custom_components.batti.interpreter.engine.context import Logits

VOCABULARY = 3000
END = 0
_WORD = re.compile(r"\n| ?[A-Za-z]+|[0-9]| ?[^\sA-Za-z0-9]| +(?= |$)| ")


class FakeContext:
    """Tokens are words; memory is the text itself, after a prompt of one space.

    Args:
        wish: what the model wants to write, its end of turn included; None for random logits.
        share: probability of the wish's next token; what is left is spread over all others.
        seed: of the random logits.
    """

    end = END

    def __init__(self, wish: str | None = None, *, share: float = 0.9, seed: int = 0) -> None:
        """Begin with an empty memory."""
        self.batches: list[list[str]] = []
        self._pieces = ["<end>"]
        self._memory: list[int] = []
        self._share, self._seed = share, seed
        self.prompt = self.tokenize(" ")
        self._wish = None if wish is None else [*self.prompt, *self.tokenize(wish), END]
        self.tokenize("\n" + " nilo garaj sitting room 2")
        self.also: dict[int, float] = {}

    @property
    def length(self) -> int:
        return len(self._memory)

    @property
    def text(self) -> str:
        """What is in memory."""
        return "".join(self._pieces[token] for token in self._memory)

    @property
    def writable(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        allowed = [re.fullmatch(r"[a-zA-Z0-9 ]+|\n", piece) is not None for piece in self._pieces]
        return np.array(allowed + [False] * (VOCABULARY - len(allowed)))

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        words = _WORD.findall(text)
        assert "".join(words) == text
        self._pieces += [word for word in dict.fromkeys(words) if word not in self._pieces]
        return [self._pieces.index(word) for word in words]

    def piece(self, token: int) -> bytes:
        return self._pieces[token].encode()

    def evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        assert tokens
        self.batches.append([self._pieces[token] for token in tokens])
        rows = []
        for token in tokens:
            self._memory.append(token)
            rows.append(self.logits())
        return np.stack(rows if every else rows[-1:])

    def rewind(self, length: int) -> None:
        assert length <= len(self._memory)
        del self._memory[length:]

    def logits(self) -> Logits:
        """What comes after what is in memory."""
        if self._wish is None:
            random = np.random.default_rng([self._seed, *self._memory])
            return (random.standard_normal(VOCABULARY) * 4).astype(np.float32)
        rest = (1 - self._share - sum(self.also.values())) / (VOCABULARY - 1 - len(self.also))
        logits = np.full(VOCABULARY, math.log(rest), np.float32)
        at = len(self._memory)
        logits[self._wish[at] if self._wish[:at] == self._memory else END] = math.log(self._share)
        for token, probability in self.also.items():
            logits[token] = math.log(probability)
        return logits
