"""The lines that may come next, as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from ..grammar import Grammar, State
from .context import Context


class Line(NamedTuple):
    """A line that may come next; the end of the turn is a line without text."""

    text: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What may come next.

    Attributes:
        lines: all of it; no line's tokens begin another's, because each ends in its only newline.
        labels: those of `lines` that name a label.
        label_at: how many tokens these have before the label.
    """

    lines: tuple[Line, ...]
    labels: frozenset[Line] = frozenset()
    label_at: int = 0


class LineBook:
    """Tokenises lines whole; what does not depend on a sentence's labels is kept from one command to the next."""

    def __init__(self, context: Context) -> None:
        """Start empty."""
        self._context = context
        self._fixed: dict[str, Line] = {}
        self._choices: dict[State, Choice] = {}

    def after(self, grammar: Grammar, state: State) -> Choice:
        """What may come after `state`."""
        if state in self._choices:
            return self._choices[state]
        ends = (Line("", (self._context.end,)),) if grammar.may_end(state) else ()
        prefix = grammar.label_prefix(state)
        if prefix is None:
            choice = self._choices[state] = Choice((*map(self._line, grammar.edges(state)), *ends))
            return choice
        labels, others = [], list(ends)
        for text in grammar.edges(state):
            if text.startswith(prefix):
                labels.append(Line(text, tuple(self._context.tokenize(text))))
            else:
                others.append(self._line(text))
        return Choice((*labels, *others), frozenset(labels), self._label_at(prefix, labels))

    def _line(self, text: str) -> Line:
        if text not in self._fixed:
            self._fixed[text] = Line(text, tuple(self._context.tokenize(text)))
        return self._fixed[text]

    def _label_at(self, prefix: str, labels: Sequence[Line]) -> int:
        """Tokens that all label lines share and that hold nothing of a label (which may own the space before it)."""
        tokens = shared(labels)
        while len(b"".join(map(self._context.piece, tokens))) > len(prefix):
            tokens = tokens[:-1]
        return len(tokens)


def shared(lines: Sequence[Line], at: int = 0) -> tuple[int, ...]:
    """Tokens from `at` on that all lines have."""
    columns = zip(*(line.tokens[at:] for line in lines), strict=False)
    return tuple(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))
