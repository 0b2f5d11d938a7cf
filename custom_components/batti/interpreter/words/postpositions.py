"""Cuts off postpositions that are attached to a word: `bansako` becomes `bansa ko`.

Cutting off one too many does no harm (`disko` becomes `dis ko` everywhere), so the rule needs no dictionary; three letters
must remain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .spelling import Word, spell

_POSTPOSITION = re.compile(r"^(.{3,})(ko|ma|lai|bata|haru)$")
_WHOLE = frozenset({"charko"})  # glaring; char is 4


def cut_off(words: Iterable[Word]) -> Iterator[Word]:
    """The same words, with attached postpositions as words of their own.

    >>> [word.text for word in cut_off([Word("bansako", 0, 7), Word("baitakama", 8, 17)])]
    ['bansa', 'ko', 'baitaka', 'ma']
    """
    for word in words:
        match = _POSTPOSITION.match(word.text)
        if match is None or word.text in _WHOLE:
            yield word
            continue
        # Folding shortened the word, so the exact start of its ending is unknown; the ending's folded length is close enough.
        cut = max(word.start + 1, word.end - len(match[2]))
        stem = spell(match[1])
        if stem:
            yield from cut_off([Word(stem, word.start, cut)])
        yield Word(match[2], cut, word.end)
