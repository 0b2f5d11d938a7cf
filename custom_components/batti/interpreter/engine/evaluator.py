"""Answers the decoder's questions with a llama.cpp context: evaluates tokens, and reads the logits after them.

Tokens that are already certain are evaluated in one batch; if a question goes back, the KV cache is rewound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from .context import Context, Logits
from .questions import MAX_NAME_TOKENS, NEWLINE, Name, Named, Part, Parted, Question, Reply, Score

_ROWS = 3  # positions with kept logits: half a megabyte each with Llama 3's vocabulary


class Evaluator:
    """Asks one context.

    Args:
        context: the model, with the prompt's fixed prefix in its KV cache.

    Attributes:
        steps: evaluations of the model for this sentence, after the prefill.
        reused: tokens of the prompt that were already in the KV cache.
        prefill_ms: time for the rest of the prompt, milliseconds.
    """

    def __init__(self, context: Context) -> None:
        """Start after the tokens that are in the KV cache now."""
        self._context = context
        self.reused = context.length
        self.steps = 0
        self.prefill_ms = 0.0
        self._begin = context.length
        self._memory: list[int] = []  # the answer's tokens that were evaluated
        self._rows: dict[int, Logits] = {}  # by the number of these tokens before

    def begin(self, prompt: Sequence[int]) -> None:
        """Start a new sentence: evaluate the part of the prompt after the fixed prefix."""
        clock = perf_counter()
        self._context.rewind(self.reused)
        self._memory, self._rows = [], {0: self._context.evaluate(prompt)[-1]}
        self._begin = self._context.length
        self.steps = 0
        self.prefill_ms = (perf_counter() - clock) * 1000

    def ask(self, question: Question) -> Reply:
        """Answer a question of `questions.py`, which says what the answer is."""
        match question:
            case Part(written, options):
                self._reach(written)
                return _likeliest(self._rows[len(written)], options)
            case Score(written, tokens):
                return self._score(written, tokens)
            case Name(written, bar):
                self._reach(written)
                return self._name(bar)

    def _score(self, written: Sequence[int], tokens: Sequence[int]) -> float:
        new = self._go_back(written)
        if not new and len(written) not in self._rows:
            new = (*self._go_back(written[:-1]), written[-1])
        rows = list(self._evaluate((*new, *tokens), every=True))
        rows = rows[len(new) - 1 :] if new else [self._rows[len(written)], *rows]
        self._keep(rows[-1])
        return sum(map(_log_probability, rows, tokens))

    def _name(self, bar: float) -> Named | None:
        writable = self._context.writable
        written, text, total = list[int](), b"", 0.0
        for left in reversed(range(MAX_NAME_TOKENS)):
            if not left:
                writable = np.zeros_like(writable)
                writable[self._context.tokenize(NEWLINE)] = True
            logits = self._rows[len(self._memory)]
            token = int(np.where(writable, logits, -np.inf).argmax())
            total += _log_probability(logits, token)
            if total < bar:
                return None
            self._keep(self._evaluate([token])[-1])
            written.append(token)
            text += self._context.piece(token)
            if text.endswith(NEWLINE.encode()):
                break
        return Named(tuple(written), text.decode(), total)

    def _reach(self, written: Sequence[int]) -> None:
        """Make sure that the logits after `written` are there."""
        new = self._go_back(written)
        if not new and len(written) not in self._rows:
            new = (*self._go_back(written[:-1]), written[-1])
        if new:
            self._keep(self._evaluate(new)[-1])

    def _go_back(self, written: Sequence[int]) -> tuple[int, ...]:
        """Rewind to the common start with `written`; return the tokens of `written` that are not in the KV cache."""
        same = 0
        for ours, theirs in zip(self._memory, written, strict=False):
            if ours != theirs:
                break
            same += 1
        if same < len(self._memory):
            self._context.rewind(self._begin + same)
            del self._memory[same:]
            self._rows = {place: row for place, row in self._rows.items() if place <= same}
        return tuple(written[same:])

    def _evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        self.steps += 1
        self._memory += tokens
        return self._context.evaluate(tokens, every=every)

    def _keep(self, row: Logits) -> None:
        """Keep the logits after the last token in the KV cache."""
        self._rows[len(self._memory)] = row
        for place in sorted(self._rows)[1:-_ROWS]:  # the first, after the prompt, stays
            del self._rows[place]


def _likeliest(logits: Logits, options: Sequence[int]) -> Parted:
    token = options[int(logits[list(options)].argmax())]
    return Parted(token, _log_probability(logits, token))


def _log_probability(logits: Logits, token: int) -> float:
    """The unconstrained log probability of a token."""
    top = logits.max()
    return float(logits[token] - top) - math.log(float(np.exp(logits - top).sum()))
