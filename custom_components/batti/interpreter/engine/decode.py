"""Decoding: the model chooses lines, it does not write characters. One policy for every engine.

If all lines that are still possible continue with the same token, it is *forced*: written without asking. The model is
asked only where the lines differ. Labels are checked a second time: if the model, without constraints, would rather write
another name, that name is kept as unknown.

The decoder computes nothing and waits for nothing. It is a generator of questions (`questions.py`), so the same code
works with a model in this process and with one behind a network.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeVar

from ..errors import SentenceTooLong
from ..language.grammar import GROUNDED, Grammar
from ..language.items import SPECIAL_LABELS, Refusal, label_line, refusal_line
from .lines import Choice, Line, LineBook, shared
from .questions import MAX_NAME_TOKENS, NEWLINE, Name, Named, Part, Question, Score

MAX_TOKENS = 400  # of one answer; six actions with two names and two data lines each have about 250

T = TypeVar("T")
Deciding = Generator[Question, Any, T]
"""Yields questions, receives their answers, returns the result."""


class Answer(NamedTuple):
    """The chosen lines; the fields are those of `base.Generation`."""

    text: str
    confidence: float
    unknown: tuple[str, ...]
    tokens: int


class Decoder:
    """Writes one answer.

    Args:
        book: the lines, tokenised.
        grammar: which lines may follow which.
        said: the sentence, with the previous plan if any; a name that the model writes freely must be words of it.
        limit: tokens that the answer may have.
        grounded: a label less likely than this is checked a second time.
    """

    def __init__(
        self, book: LineBook, grammar: Grammar, said: str, *, limit: int = MAX_TOKENS, grounded: float = GROUNDED
    ) -> None:
        """Start after the prompt."""
        self._book = book
        self._grammar = grammar
        self._words = f" {' '.join(said.split())} "
        self._limit = limit
        self._grounded = math.log(grounded)
        self._written: list[int] = []
        self._log_p = 0.0

    def answer(self) -> Deciding[Answer]:
        """Choose lines until the model ends its turn.

        Raises:
            SentenceTooLong: the answer does not fit the limit.
        """
        grammar, state, text, unknown = self._grammar, self._grammar.start, "", []
        while line := (yield from self._line(self._book.after(grammar, state))):
            text += line
            if (after := grammar.name_state(grammar.edges(state).get(line, state))) is not None:
                words = yield from self._words_said()
                if not words:
                    return Answer(refusal_line(Refusal.UNCLEAR), math.exp(self._log_p), (), len(self._written))
                text, state = text + words, after
                continue
            edges = grammar.edges(state)
            if line in edges:
                state = edges[line]
                continue
            name = line.removeprefix(grammar.label_prefix(state) or "").rstrip(NEWLINE)
            state = grammar.label_state(state, name)
            if name not in grammar.labels:  # a repeated label is no edge either
                unknown.append(name)
        tokens = len(self._written) - 1  # without the end of the turn
        return Answer(text, math.exp(self._log_p), tuple(unknown), tokens)

    def _line(self, choice: Choice) -> Deciding[str]:
        """Choose a line."""
        lines, at = choice.lines, 0
        while not choice.labels.issuperset(lines):
            forced = shared(lines, at)
            self._write(forced)
            at += len(forced)
            if len(lines) == 1:
                return lines[0].text
            lines, log_p = yield from self._part(lines, at)
            self._log_p += log_p
        self._write(lines[0].tokens[at : choice.label_at])
        return (yield from self._label(lines, max(at, choice.label_at)))

    def _part(self, lines: Sequence[Line], at: int) -> Deciding[tuple[tuple[Line, ...], float]]:
        """Ask for the likeliest token at `at`; return the lines that have it there, and its log probability."""
        options = tuple(sorted({line.tokens[at] for line in lines}))
        token, log_p = yield Part(tuple(self._written), options)
        return tuple(line for line in lines if line.tokens[at] == token), log_p

    def _label(self, lines: Sequence[Line], at: int) -> Deciding[str]:
        """Choose the label that fits best; if it does not fit well, ask what the model would rather write."""
        begin = len(self._written)
        line, log_p = yield from self._weigh(lines, at)
        if log_p < self._grounded:
            weighed = self._written[begin:]
            del self._written[begin:]
            self._see_room(MAX_NAME_TOKENS)
            named: Named | None = yield Name(tuple(self._written), log_p)
            name = " ".join(named.text.split()) if named else ""
            # A name that nobody said is a copying error; then the label that fits best is likelier.
            if named and name and f" {name} " in self._words and not {*name.split()} & {*SPECIAL_LABELS}:
                self._write(named.tokens)
                self._log_p += named.log_p
                return label_line(name)
            self._write(weighed)
        self._log_p += log_p
        return line.text

    def _words_said(self) -> Deciding[str]:
        """Words of the sentence, as the model writes them, with the end of the line; nothing if nobody said them."""
        self._see_room(MAX_NAME_TOKENS)
        named: Named = yield Name(tuple(self._written), -math.inf)
        name = " ".join(named.text.split())
        if not name or f" {name} " not in self._words:
            return ""
        self._write(named.tokens)
        self._log_p += named.log_p
        return f" {name}{NEWLINE}"

    def _weigh(self, lines: Sequence[Line], at: int) -> Deciding[tuple[Line, float]]:
        """Choose a label line and write it; return it with the log probability of its tokens from `at` on."""
        total = 0.0
        while True:
            lines, log_p = yield from self._part(lines, at)
            first, *rest = shared(lines, at)
            self._write((first,))
            total += log_p
            if rest:
                before = tuple(self._written)
                self._write(rest)
                total += yield Score(before, tuple(rest))
            at += 1 + len(rest)
            if len(lines) == 1:
                return lines[0], total

    def _write(self, tokens: Sequence[int]) -> None:
        self._see_room(len(tokens))
        self._written += tokens

    def _see_room(self, count: int) -> None:
        if len(self._written) + count > self._limit:
            raise SentenceTooLong("The answer to this sentence does not fit: say it in two sentences")
