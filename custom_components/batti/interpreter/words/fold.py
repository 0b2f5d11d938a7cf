"""Folding: one spelling for all three scripts, in sentences and in the names of a home.

`bhaanchhaako`, `bhancha ko`, `vanxa ko` and `भान्छाको` are the same words. Sentences and names are folded before anything
else reads them, so the model need not learn every spelling. Folding drops what nobody types reliably (vowel length,
aspiration, doubled letters) and keeps what distinguishes words. English words follow the same rules: they look odd
(`bedrum`), but the same in sentences and in names.

>>> str(fold("Bhaanchhaako बत्ती ४०% ma raakha!"))
'bancha ko bati 40 % ma raka .'
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from . import numbers
from .postpositions import cut_off
from .spelling import Word, words_of
from .wake_words import after_wake_word


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


@lru_cache(maxsize=256)  # the answer to a sentence asks for its words again
def fold(text: str) -> Folded:
    """Fold a sentence: spelling, postpositions cut off, number words as digits, no repeated punctuation, no wake word."""
    return Folded(text, tuple(numbers.as_digits(after_wake_word(list(cut_off(words_of(text)))))))


@lru_cache(maxsize=16384)
def fold_name(name: str) -> tuple[str, ...]:
    """The folded words of a name, without punctuation.

    >>> fold_name("Ramesh-ko Kothaa")
    ('rames', 'ko', 'kota')
    """
    return tuple(word.text for word in fold(name).words if word.is_name)
