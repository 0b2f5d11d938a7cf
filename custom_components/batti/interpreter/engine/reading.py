"""Reading an answer that a server wrote: what `decode.py` decides while it writes is found out afterwards.

llama.cpp's server takes the likeliest token that the grammar allows, as `decode.py` does. It says how likely each was with
nothing forbidden, so the confidence, and whether a label is what the model wanted to write, can be told from its answer.

Forced tokens are told by their text here, by their number there: a token is forced where all lines that are still
possible go on with its text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import EngineGarbled, SentenceTooLong
from ..grammar import GROUNDED, Grammar, State


class Token(NamedTuple):
    """A token as the server tells it: number, text, log probability with nothing forbidden."""

    number: int
    text: str
    log_p: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that fits badly: the model would rather have written something else there.

    Attributes:
        state: where the text stood before the label's line.
        before: the tokens up to the label itself, the line's indent included.
        log_p: log probability of the label.
        label_tokens: the tokens of the label and the newline.
    """

    state: State
    before: tuple[Token, ...]
    log_p: float
    label_tokens: tuple[Token, ...]


@dataclass(slots=True)
class Reading:
    """What stands in an answer so far.

    Attributes:
        state: where the text stands.
        text: whole lines.
        log_p: of all choices.
        tokens: of `text`.
    """

    grammar: Grammar
    state: State
    text: str = ""
    log_p: float = 0.0
    tokens: list[Token] = field(default_factory=list)

    def read(self, tokens: Iterable[Token]) -> Doubt | None:
        """Take lines over until a label is in doubt.

        Args:
            tokens: the tokens of some lines and of the end of the turn, which has no text.

        Raises:
            EngineGarbled: the text is not of the grammar.
            SentenceTooLong: it breaks off.
        """
        line: list[Token] = []
        for token in tokens:
            if not token.text:  # the end of the turn
                self.log_p += 0.0 if not self.grammar.edges(self.state) else token.log_p
                break
            line.append(token)
            if token.text.endswith("\n"):
                if doubt := self._take(line):
                    return doubt
                line = []
        if line:
            raise SentenceTooLong(f"The answer breaks off after {_text(line)!r}: say it in two sentences")
        return None

    def accept(self, label_tokens: Iterable[Token], log_p: float, text: str, state: State) -> None:
        """Go on after a label's line that was decided upon."""
        self.tokens += label_tokens
        self.log_p += log_p
        self.text += text
        self.state = state

    def _take(self, line: list[Token]) -> Doubt | None:
        text = _text(line)
        edges = self.grammar.edges(self.state)
        prefix = self.grammar.label_prefix(self.state)
        is_label = prefix is not None and text.startswith(prefix)
        following = edges.get(text)
        if following is None:
            if not is_label:
                raise EngineGarbled(f"The server does not keep to the grammar: {text!r} may not follow {self.text!r}")
            following = self.grammar.label_state(self.state, text.removeprefix(prefix or "").rstrip("\n"))
        begin = _beginning(line, len(prefix)) if is_label and prefix else len(line)
        chosen = _choices(line[:begin], tuple(edges), prefix, self.grammar.may_end(self.state))
        label_log_p = sum(token.log_p for token in line[begin:])
        if is_label and label_log_p < math.log(GROUNDED):
            self.log_p += chosen
            return Doubt(self.state, tuple(line[:begin]), label_log_p, tuple(line[begin:]))
        self.accept(line, chosen + label_log_p, text, following)
        return None


def _text(tokens: Iterable[Token]) -> str:
    return "".join(token.text for token in tokens)


def _beginning(line: list[Token], length: int) -> int:
    """How many tokens stand before a label whose line begins with so many characters (the space may be the label's)."""
    at = 0
    for index, token in enumerate(line):
        at += len(token.text)
        if at > length:
            return index
    return len(line)


def _choices(tokens: list[Token], lines: tuple[str, ...], prefix: str | None, may_end: bool) -> float:
    """Log probability of those of a line's tokens that were not forced; between labels nothing is chosen here."""
    log_p, said, open_end = 0.0, "", may_end
    for token in tokens:
        left = [line for line in lines if line.startswith(said)]
        if prefix is not None and not open_end and all(line.startswith(prefix) for line in left):
            break
        if open_end or not all(line.startswith(said + token.text) for line in left):
            log_p += token.log_p
        said, open_end = said + token.text, False
    return log_p
