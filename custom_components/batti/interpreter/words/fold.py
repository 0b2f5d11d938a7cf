"""Folding: one spelling for all three scripts, in sentences and in the names of a home.

`bhaanchhaako`, `bhancha ko`, `vanxa ko` and `भान्छाको` are the same words. Sentences and names are folded before anything
else reads them, so the model need not learn every spelling. Folding drops what nobody types reliably (vowel length,
aspiration, doubled letters) and keeps what distinguishes words. English words follow the same rules: they look odd
(`bedrum`), but the same in sentences and in names.

>>> str(fold("Bhaanchhaako बत्ती ४०% ma raakha!"))
'bancha ko bati 40 % ma raka .'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from . import numbers
from .spelling import Word, spell, words_of

# Postpositions attached to the word before them. Cutting off one too many does no harm (`disko` becomes `dis ko`
# everywhere), so the rule needs no dictionary; three letters must remain.
_POSTPOSITION = re.compile(r"^(.{3,})(ko|ma|lai|bata|haru)$")
_WHOLE = frozenset({"charko"})  # glaring; char is 4


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded sentence."""

    original: str
    words: tuple[Word, ...]

    def __str__(self) -> str:
        """Words with one space between them."""
        return " ".join(word.text for word in self.words)

    def as_typed(self, first: int, last: int) -> str:
        """The characters that the words `first` to `last` (inclusive) came from."""
        return self.original[self.words[first].start : self.words[last].end].strip()

    def find(self, text: str) -> str | None:
        """The characters that a run of folded words came from, if it is in the sentence."""
        wanted = text.split()
        texts = [word.text for word in self.words]
        for first in range(len(texts) - len(wanted) + 1):
            if wanted and texts[first : first + len(wanted)] == wanted:
                return self.as_typed(first, first + len(wanted) - 1)
        return None


@lru_cache(maxsize=256)  # the answer to a sentence asks for its words again
def fold(text: str) -> Folded:
    """Fold a sentence: spelling, postpositions cut off, number words as digits, punctuation marks not repeated."""
    words = [part for word in words_of(text) for part in _split(word)]
    return Folded(text, tuple(_without_repeated_marks(numbers.as_digits(words))))


@lru_cache(maxsize=16384)
def fold_name(name: str) -> tuple[str, ...]:
    """The folded words of a name, without punctuation.

    >>> fold_name("Ramesh-ko Kothaa")
    ('rames', 'ko', 'kota')
    """
    return tuple(word.text for word in fold(name).words if word.is_name)


def _split(word: Word) -> Iterator[Word]:
    match = _POSTPOSITION.match(word.text)
    if match is None or word.text in _WHOLE:
        yield word
        return
    # Folding shortened the word, so the exact start of its ending is unknown; the ending's folded length is close enough.
    cut = max(word.start + 1, word.end - len(match[2]))
    stem = spell(match[1])
    if stem:
        yield from _split(Word(stem, word.start, cut))
    yield Word(match[2], cut, word.end)


def _without_repeated_marks(words: list[Word]) -> list[Word]:
    kept: list[Word] = []
    for word in words:
        if word.is_name or word.text == "%" or (kept and kept[-1].text != word.text):
            kept.append(word)
    return kept
