"""Drops the wake word that some satellites leave at the beginning of a sentence: `okay nabu, …`."""

from __future__ import annotations

from functools import cache

from .. import lexicon
from .spelling import Word, words_of

_LEAST = 2  # words that must follow, where the name is a word for a light too: `ok batti bala` may be about one


@cache
def _wake_words() -> frozenset[tuple[str, ...]]:
    data = lexicon.load("function_words")
    return frozenset(
        tuple(word.text for word in words_of(f"{call} {name}"))
        for name in data["wake_names"]
        for call in data["wake_calls"]
    )


@cache
def _light_words() -> frozenset[str]:
    return frozenset(
        word.text for said in lexicon.spellings(lexicon.load("generic")["light"]) for word in words_of(said)
    )


def after_wake_word(words: list[Word]) -> list[Word]:
    """The words after a wake word at the beginning; all of them if there is none.

    >>> [word.text for word in after_wake_word(list(words_of("Okay Nabu, बत्ती बाल")))]
    ['bati', 'bal']
    """
    for length in (3, 2):
        first = tuple(word.text for word in words[:length])
        rest = words[length:]
        while rest and not rest[0].is_name:
            rest = rest[1:]
        if first in _wake_words() and len(rest) >= (_LEAST if first[-1] in _light_words() else 1):
            return rest
    return words
