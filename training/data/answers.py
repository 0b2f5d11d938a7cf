"""What the model is to write for a sentence that was built: the house's own code decides what each name in it is called.

Names are carried in a sentence between two private characters, so that after typos and folding it is still known which
words were meant as names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custom_components.batti.interpreter.grammar import (
    DATA_LINE,
    EXCEPT_LINE,
    TARGET_LINE,
    action_line,
    label_line,
)
from custom_components.batti.interpreter.labels import Marked
from custom_components.batti.interpreter.vocabulary import CONNECTIVES

# Around a name, with a character between that counts the names.
OPEN, CLOSE, FIRST = "\ue000", "\ue001", 0xE100
MARKED_NAME = re.compile(f"{OPEN}(.)|{CLOSE}")


@dataclass
class Clause:
    """One thing to do: an action, what it is done to (as said, between private characters) and its data line."""

    action: str
    names: list[str]
    kind: str  # place | lamp | everything | here
    data: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)


def cut_out(text: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """The text without private characters, and where each name stood, by the character that counts it."""
    plain = ""
    spans: dict[str, tuple[int, int]] = {}
    at, name, begun = 0, "", 0
    for match in MARKED_NAME.finditer(text):
        plain += text[at : match.start()]
        if match[1]:
            name, begun = match[1], len(plain)
        else:
            spans.setdefault(name, (begun, len(plain)))
        at = match.end()
    return plain + text[at:], spans


def label_of(marked: Marked, start: int, end: int) -> str:
    """What the house will call a stretch of text: the mention that holds it, else the words themselves."""
    words = marked.folded.words
    inside = [i for i, word in enumerate(words) if word.start < end and word.end > start and word.is_name]
    content = [i for i in inside if words[i].text not in CONNECTIVES]
    if not content:
        return ""
    for mention in marked.mentions:
        if mention.first <= content[0] and content[-1] <= mention.last:
            return mention.label
    # Names that are not there are copied without a postposition at either end.
    name = " ".join(word.text for word in words[content[0] : content[-1] + 1] if word.is_name)
    # A lamp that is not there, but is called like a room that is ("bathroom light"), is what lights that room has.
    same = marked.named_by(name)
    return same.label if same is not None else name


def lines_of(clause: Clause, labels: dict[str, str]) -> Iterator[str]:
    """The lines of one clause; `labels` has what to write for each name, by the character that counts it."""
    yield action_line(clause.action)
    yield TARGET_LINE
    yield from dict.fromkeys(label_line(labels[_key(name)]) for name in clause.names)
    if clause.exceptions:
        yield EXCEPT_LINE
        yield from dict.fromkeys(label_line(labels[_key(name)]) for name in clause.exceptions)
    if clause.data:
        yield DATA_LINE
        yield from clause.data


def _key(name: str) -> str:
    return name[1] if name.startswith(OPEN) else name
