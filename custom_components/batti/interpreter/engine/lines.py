"""The lines that may come next, as tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from ..language.grammar import Grammar, State
from ..language.items import ALL, HERE, fixed_lines, label_line

_MOST = 2000  # lines with labels that are kept


class Line(NamedTuple):
    """A line that may come next; the end of the turn is a line without text."""

    text: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What may come next.

    Attributes:
        lines: all lines and keys; the tokens of one are never the start of another's: a line ends in its only newline, and no
            key begins a line that may come beside it.
        labels: those of `lines` that name a label.
        label_at: how many tokens these have before the label.
    """

    lines: tuple[Line, ...]
    labels: frozenset[Line] = frozenset()
    label_at: int = 0


class LineBook:
    """A cache of lines as tokens, each line tokenised alone; kept from one command to the next.

    Args:
        end: the token that ends a turn.
    """

    def __init__(self, end: int) -> None:
        """Start empty."""
        self._end = Line("", (end,))
        self._fixed: dict[str, Line] = {}
        self._labels: dict[str, Line] = {}
        self._choices: dict[State, Choice] = {}

    def missing(self, grammar: Grammar) -> list[str]:
        """The lines of this grammar that `after` needs and that are not learnt yet."""
        fixed = [line for line in fixed_lines() if line not in self._fixed]
        labels = []
        for text in map(label_line, grammar.labels):
            if text in self._labels:
                self._labels[text] = self._labels.pop(text)  # used last, so forgotten last
            else:
                labels.append(text)
        return fixed + labels

    def learn(self, texts: Iterable[str], tokens: Iterable[Sequence[int]]) -> None:
        """Keep lines with their tokens."""
        fixed = frozenset(fixed_lines())
        for text, split in zip(texts, tokens, strict=True):
            (self._fixed if text in fixed else self._labels)[text] = Line(text, tuple(split))
        while len(self._labels) > _MOST:
            del self._labels[next(iter(self._labels))]

    def after(self, grammar: Grammar, state: State) -> Choice:
        """What may come after `state`."""
        if state in self._choices:
            return self._choices[state]
        ends = (self._end,) if grammar.may_end(state) else ()
        prefix = grammar.label_prefix(state)
        if prefix is None:
            choice = self._choices[state] = Choice((*map(self._line, grammar.edges(state)), *ends))
            return choice
        labels: list[Line] = []
        others = list(ends)
        for text in grammar.edges(state):
            (labels if text.startswith(prefix) else others).append(self._line(text))
        # The common start of these two has no part of a label (a label's first token may include the space before it).
        always = (self._line(label_line(HERE)), self._line(label_line(ALL)))
        return Choice((*labels, *others), frozenset(labels), len(shared((*always, *labels))))

    def _line(self, text: str) -> Line:
        return self._fixed.get(text) or self._labels[text]


def shared(lines: Sequence[Line], at: int = 0) -> tuple[int, ...]:
    """The tokens from `at` on that all lines share."""
    columns = zip(*(line.tokens[at:] for line in lines), strict=False)
    return tuple(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))
