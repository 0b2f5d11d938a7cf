"""What words can mean in any home: kinds from the lexicon, and words that sound similar.

A name is compared as a sequence of tokens: a kind (`<kitchen>`, whatever it is called) or a word. `bhansa`, `kitchen` and
`भान्साकोठा` are all `<kitchen>`; `Ramesh ko kotha` and `Ramesh's room` are both `rames`, `<room>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from .. import lexicon
from ..words.fold import fold_name
from ..words.spelling import spell

LIGHT, ROOM, FLOOR, HOUSE, NUMBER = "<light>", "<room>", "<floor>", "<house>", "<number>"
GENERIC = frozenset({LIGHT, ROOM, FLOOR, HOUSE, NUMBER})
_KIND_FILES = ("generic", "rooms", "lights")


def _function_words(key: str) -> frozenset[str]:
    """The folded words of one list of function_words.yaml."""
    lists: Iterable[Any] = lexicon.load("function_words")[key]
    words = (word for one in lists for word in ([one] if isinstance(one, str) else one))
    return frozenset(spell(word.lower()) for word in words)


CONNECTIVES = _function_words("connectives")
BETWEEN_NUMBERS = CONNECTIVES | _function_words("between_numbers") | {","}
EXCEPT = _function_words("except")
_ORDINARY = _function_words("ordinary")
_VERB = re.compile(
    "({})({})".format(*("|".join(lexicon.load("function_words")[f"verb_{part}"]) for part in ("stems", "endings")))
)


@cache
def kinds() -> dict[tuple[str, ...], str]:
    """From the folded names of kinds, as sequences of words, to their tokens; the first file with a name wins."""
    table: dict[tuple[str, ...], str] = {}
    for file in _KIND_FILES:
        for kind, entry in lexicon.load(file).items():
            for spelling in lexicon.spellings(entry):
                table.setdefault(fold_name(spelling), f"<{kind}>")
    for words, token in list(table.items()):  # also as one word: livingroom
        if len(words) > 1:
            table.setdefault(("".join(words),), token)
    table.pop((), None)
    return table


@cache
def longest_kind() -> int:
    """How many words the longest name of a kind has."""
    return max(map(len, kinds()))


def tokens_at(words: Sequence[str], index: int) -> Iterator[tuple[str, int]]:
    """The tokens that may start at a word, longest first, each with the index after it; the word itself comes last."""
    table = kinds()
    for length in range(min(longest_kind(), len(words) - index), 0, -1):
        kind = table.get(tuple(words[index : index + length]))
        if kind:
            yield kind, index + length
    yield words[index], index + 1


def tokens_of(words: Sequence[str]) -> tuple[str, ...]:
    """The tokens of a name: the longest kind at each word, without connectives.

    >>> tokens_of(fold_name("Ramesh ko kotha")), tokens_of(fold_name("भान्साकोठा"))
    (('rames', '<room>'), ('<kitchen>',))
    """
    tokens: list[str] = []
    index = 0
    while index < len(words):
        token, after = next(tokens_at(words, index))
        if token not in CONNECTIVES:
            tokens.append(token)
        index = after
    return tuple(tokens)


@lru_cache(maxsize=16384)
def skeleton(word: str) -> str:
    """The consonants of a word; consonants that people mix up become the same letter.

    >>> skeleton("stadi"), skeleton("studi"), skeleton("lyamp")
    ('std', 'std', 'lmp')
    """
    return re.sub(
        r"[aeiouyh]", "", re.sub(r"g(?=[ei])", "j", word).replace("ch", "c").replace("w", "b").replace("ng", "n")
    )


def is_ordinary(word: str) -> bool:
    """Whether a folded word belongs to commands, not to names."""
    return word in _ORDINARY or word in CONNECTIVES or _VERB.fullmatch(word) is not None


def sound_alike(one: str, other: str) -> bool:
    """Whether two folded words are likely the same word, spelled or heard differently."""
    if one == other:
        return True
    if one.isdigit() or other.isdigit() or not one or not other:
        return False
    alike = skeleton(one) == skeleton(other)
    shorter = min(len(one), len(other))
    if alike and len(skeleton(one)) >= 3 and (one[0] in "aeiou") == (other[0] in "aeiou"):
        return True
    return shorter >= (4 if alike else 5) and one[0] == other[0] and _one_edit_apart(one, other)


def _one_edit_apart(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    index = next((i for i, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
    if len(one) < len(other):
        return one[index:] == other[index + 1 :]
    rest_one, rest_other = one[index:], other[index:]
    swapped = rest_one[:2] == rest_other[:2][::-1] and rest_one[2:] == rest_other[2:]
    return rest_one[1:] == rest_other[1:] or swapped


class SoundIndex:
    """An index to find words that sound like a given one, without comparing all of them."""

    def __init__(self, words: Iterable[str]) -> None:
        """Index the words by first letter, and by skeleton."""
        self._by_first: dict[str, list[str]] = {}
        self._by_skeleton: dict[str, list[str]] = {}
        for word in words:
            self._by_first.setdefault(word[0], []).append(word)
            self._by_skeleton.setdefault(skeleton(word), []).append(word)
        self._found: dict[str, tuple[str, ...]] = {}

    def like(self, word: str) -> tuple[str, ...]:
        """The indexed words that sound like the word, except the word itself."""
        if word not in self._found:
            near = {*self._by_skeleton.get(skeleton(word), ()), *self._by_first.get(word[0], ())}
            self._found[word] = tuple(sorted(other for other in near if other != word and sound_alike(word, other)))
        return self._found[word]
