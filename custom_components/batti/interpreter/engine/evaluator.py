"""Answers decoding's questions with a llama.cpp context: evaluates tokens, and looks at what the model says after them.

Tokens that are known to come are evaluated in one batch; where a question goes back, memory is rewound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from .context import Context, Logits
from .questions import MAX_NAME_TOKENS, NEWLINE, Name, Named, Part, Parted, Question, Reply, Score

_ROWS = 3  # places of which the logits are kept: half a megabyte each with Llama 3's vocabulary


class Evaluator:
    """Asks one context.

    Args:
        context: the model, with the prompt's fixed part in memory.

    Attributes:
        steps: evaluations since the sentence began, after the prompt's.
        reused: tokens of the prompt that were in memory.
        prefill_ms: time for the rest of the prompt, milliseconds.
    """

    def __init__(self, context: Context) -> None:
        """Begin after what is in memory now."""
        self._context = context
        self.reused = context.length
        self.steps = 0
        self.prefill_ms = 0.0
        self._begin = context.length
        self._memory: list[int] = []  # the answer's tokens that were evaluated
        self._rows: dict[int, Logits] = {}  # by how many of these stand before

    def begin(self, prompt: Sequence[int]) -> None:
        """Forget the last sentence, evaluate what follows the prompt's fixed part."""
        clock = perf_counter()
        self._context.rewind(self.reused)
        self._memory, self._rows = [], {0: self._context.evaluate(prompt)[-1]}
        self._begin = self._context.length
        self.steps = 0
        self.prefill_ms = (perf_counter() - clock) * 1000

    def ask(self, question: Question) -> Reply:
        """Answer a question; see there for what its answer is."""
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
        """Have the logits of what comes after `written`."""
        new = self._go_back(written)
        if not new and len(written) not in self._rows:
            new = (*self._go_back(written[:-1]), written[-1])
        if new:
            self._keep(self._evaluate(new)[-1])

    def _go_back(self, written: Sequence[int]) -> tuple[int, ...]:
        """Forget what is in memory and not in `written`; the tokens of this that are not in memory."""
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
        """Keep the logits after all that is in memory."""
        self._rows[len(self._memory)] = row
        for place in sorted(self._rows)[1:-_ROWS]:  # the first, after the prompt, stays
            del self._rows[place]


def _likeliest(logits: Logits, options: Sequence[int]) -> Parted:
    token = options[int(logits[list(options)].argmax())]
    return Parted(token, _log_probability(logits, token))


def _log_probability(logits: Logits, token: int) -> float:
    """Of a token, nothing forbidden."""
    top = logits.max()
    return float(logits[token] - top) - math.log(float(np.exp(logits - top).sum()))
