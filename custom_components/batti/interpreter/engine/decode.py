"""Decoding: choose lines, don't write characters.

Where all lines that are still possible go on with the same token, it is *forced*: appended unseen, and evaluated
together with its neighbours in one batch. Only where they part does the model choose. A label is weighed a second time:
where the model, left free, would rather have written another name, that name is kept as unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import SentenceTooLong
from ..grammar import GROUNDED, Grammar, label_line
from ..prompt import BRACKETS
from .context import Context, Logits
from .lines import Choice, Line, LineBook, shared

MAX_TOKENS = 400  # of one answer; six actions with two names and two data lines each have about 250
MAX_NAME_TOKENS = 16  # of a freely written name
NEWLINE = "\n"


class Abandoned(Exception):
    """Nobody waits for this answer any more."""


class Answer(NamedTuple):
    """Lines chosen; the fields are those of `base.Generation`."""

    text: str
    confidence: float
    unknown: tuple[str, ...]
    steps: int
    tokens: int


class Decoder:
    """Writes one answer after the prompt that stands in the context.

    Args:
        context: the model.
        book: the lines, tokenised.
        logits: what the model said after the prompt's last token, (vocabulary,).
        sentence: what is answered; a name that the model writes freely must be words of it.
        limit: tokens that the answer may have.
        grounded: a label less likely than this is doubted.
        abandoned: asked before every step; once it says yes, the answer ends with `Abandoned`.
    """

    def __init__(
        self,
        context: Context,
        book: LineBook,
        logits: Logits,
        sentence: str,
        *,
        limit: int = MAX_TOKENS,
        grounded: float = GROUNDED,
        abandoned: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin after the prompt."""
        self._context = context
        self._book = book
        self._logits = logits  # of the token after those in memory
        self._words = f" {' '.join(word for word in sentence.split() if word not in BRACKETS)} "
        self._begin = context.length
        self._limit = limit
        self._grounded = math.log(grounded)
        self._abandoned = abandoned
        self._pending: list[int] = []  # written, not yet evaluated
        self._log_p = 0.0
        self._steps = 0

    def answer(self, grammar: Grammar) -> Answer:
        """Choose lines of `grammar` until the model ends its turn.

        Raises:
            SentenceTooLong: the answer does not fit the limit or the context.
            Abandoned: nobody waits any more.
        """
        state, written, unknown = grammar.start, "", []
        while line := self._line(self._book.after(grammar, state)):
            written += line
            edges = grammar.edges(state)
            if line in edges:
                state = edges[line]
                continue
            name = line.removeprefix(grammar.label_prefix(state) or "").rstrip(NEWLINE)
            state = grammar.label_state(state, name)
            if name not in grammar.labels:  # a label said twice is no edge either
                unknown.append(name)
        tokens = self._context.length + len(self._pending) - self._begin - 1  # less the end of the turn
        return Answer(written, math.exp(self._log_p), tuple(unknown), self._steps, tokens)

    def _line(self, choice: Choice) -> str:
        """Choose a line."""
        lines, at = choice.lines, 0
        while not choice.labels.issuperset(lines):
            forced = shared(lines, at)
            self._pending.extend(forced)
            at += len(forced)
            if len(lines) == 1:
                return lines[0].text
            self._flush()
            lines, log_p = self._part(lines, at)
            self._log_p += log_p
        self._pending.extend(lines[0].tokens[at : choice.label_at])
        self._flush()
        return self._label(lines, max(at, choice.label_at))

    def _part(self, lines: Sequence[Line], at: int) -> tuple[tuple[Line, ...], float]:
        """The lines with the likeliest of the tokens that stand at `at`, and that token's log probability."""
        tokens = sorted({line.tokens[at] for line in lines})
        token = tokens[int(self._logits[tokens].argmax())]
        return tuple(line for line in lines if line.tokens[at] == token), _log_probability(self._logits, token)

    def _label(self, lines: Sequence[Line], at: int) -> str:
        """Choose the label that fits best; if it does not fit well, see what the model would rather write."""
        length, logits = self._context.length, self._logits
        line, log_p = self._weigh(lines, at)
        if log_p < self._grounded:
            self._context.rewind(length)
            self._logits = logits
            if free := self._write_freely(log_p):
                name, free_log_p = free
                self._log_p += free_log_p
                return label_line(name)
            self._context.rewind(length)
            self._pending.extend(line.tokens[at:])
        self._log_p += log_p
        return line.text

    def _weigh(self, lines: Sequence[Line], at: int) -> tuple[Line, float]:
        """Choose among label lines and evaluate the chosen one; the log probability of its tokens from `at` on."""
        total = 0.0
        while True:
            lines, log_p = self._part(lines, at)
            run = shared(lines, at)
            rows = self._evaluate(run, every=True)
            total += log_p + sum(map(_log_probability, rows, run[1:]))
            self._logits = rows[-1]
            at += len(run)
            if len(lines) == 1:
                return lines[0], total

    def _write_freely(self, bar: float) -> tuple[str, float] | None:
        """The name that the model would write here, and its log probability; None where that is not above `bar`."""
        writable = self._context.writable
        written, total = b"", 0.0
        for left in reversed(range(MAX_NAME_TOKENS)):
            if not left:
                writable = np.zeros_like(writable)
                writable[self._context.tokenize(NEWLINE)] = True
            token = int(np.where(writable, self._logits, -np.inf).argmax())
            total += _log_probability(self._logits, token)
            if total < bar:
                return None
            self._logits = self._evaluate([token])[-1]
            written += self._context.piece(token)
            if written.endswith(NEWLINE.encode()):
                break
        name = " ".join(written.decode().split())
        # What nobody said is no name: the model lost its way while copying, and the label that fits best is likelier.
        return (name, total) if name and f" {name} " in self._words else None

    def _flush(self) -> None:
        """Evaluate what is pending."""
        if self._pending:
            self._logits = self._evaluate(self._pending)[-1]
            self._pending.clear()

    def _evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        if self._abandoned():
            raise Abandoned
        length = self._context.length + len(tokens)
        if length - self._begin > self._limit or length > self._context.size:
            raise SentenceTooLong("The answer to this sentence does not fit: say it in two sentences")
        self._steps += 1
        return self._context.evaluate(tokens, every=every)


def _log_probability(logits: Logits, token: int) -> float:
    """Of a token, nothing forbidden."""
    top = logits.max()
    return float(logits[token] - top) - math.log(float(np.exp(logits - top).sum()))
