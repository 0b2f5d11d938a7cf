"""The answer that the model must write for a generated sentence. The integration's own code decides the label of each name.

In a sentence each name stands between two private-use characters. So it is still known after typos and folding which
words were meant as names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custom_components.batti.interpreter.language.items import (
    DATA_LINE,
    EXCEPT_LINE,
    IN_LINE,
    ITEMS,
    NAME_KEY,
    TARGET_LINE,
    label_line,
)
from custom_components.batti.interpreter.names.mentions import Marked
from custom_components.batti.interpreter.names.vocabulary import CONNECTIVES

# They stand around a name; the character after OPEN is the name's number, from FIRST on.
OPEN, CLOSE, FIRST = "\ue000", "\ue001", 0xE100
MARKED_NAME = re.compile(f"{OPEN}(.)|{CLOSE}")


@dataclass
class Clause:
    """One item of a plan; names are as said, between private-use characters."""

    action: str  # its name in `items.ITEMS`
    names: list[str]
    kind: str = ""  # place | lamp | everything | here
    data: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    value: str = ""  # of `after`
    times: list[str] = field(default_factory=list)  # lines
    called: str = ""  # the name that is taught


def cut_out(text: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """The text without private-use characters, and the start and end of each name, by the name's number."""
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
    """The integration's label for a part of the text: that of the mention around it, else the words themselves."""
    words = marked.folded.words
    inside = [i for i, word in enumerate(words) if word.start < end and word.end > start and word.is_name]
    content = [i for i in inside if words[i].text not in CONNECTIVES]
    if not content:
        return ""
    for mention in marked.mentions:
        if mention.first <= content[0] and content[-1] <= mention.last:
            return mention.label
    # The home does not have this name: the model copies it, without a postposition at either end.
    name = " ".join(marked.words_between(content[0], content[-1]))
    # "bathroom light", in a home with a bathroom but no lamp of that name, means the lights of the bathroom.
    same = marked.named_by(name)
    return same.label if same is not None else name


def said_of(marked: Marked) -> dict[str, str]:
    """The folded words that each label of a sentence stands for."""
    words = marked.folded.words
    return {one.label: " ".join(word.text for word in words[one.first : one.last + 1]) for one in marked.mentions}


def words_of(marked: Marked, start: int, end: int) -> str:
    """All words of a part of the text, as the model sees them."""
    inside = [i for i, word in enumerate(marked.folded.words) if word.start < end and word.end > start]
    return " ".join(marked.words_between(inside[0], inside[-1])) if inside else ""


def lines_of(clause: Clause, labels: dict[str, str]) -> Iterator[str]:
    """The lines of one clause; `labels` maps the number of each name to what the model must write for it."""
    yield ITEMS[clause.action].head + clause.value
    for line, names in ((TARGET_LINE, clause.names), (IN_LINE, clause.places), (EXCEPT_LINE, clause.exceptions)):
        if names:
            yield "" if (line, clause.action) == (TARGET_LINE, "choose") else line
            yield from dict.fromkeys(label_line(labels[_key(name)]) for name in names)
    if clause.data:
        yield DATA_LINE
        yield from clause.data
    if clause.called:
        yield f"{NAME_KEY} {labels[_key(clause.called)]}\n"
    yield from clause.times


def _key(name: str) -> str:
    return name[1] if name.startswith(OPEN) else name
