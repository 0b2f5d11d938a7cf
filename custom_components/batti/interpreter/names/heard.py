"""What the words of a sentence may be, among the words and kinds that the names of a home have.

`bedrom` may be the bedroom, `flower pot` the flowerpot, `lamps` lamps of one name. Each is given with its likeness, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product

from ..words.colours import is_colour
from ..words.numbers import digits_of
from .sounds import NEAR, SURE, WordIndex
from .vocabulary import GENERIC, HONORIFICS, HOUSE, LIGHT, is_ordinary, is_verb, is_word, kinds, same_word, tokens_at

THE_SAME = 0.9  # likeness of two spellings of one word, though the one said is a word of its own
_WELL_INSIDE = 0.82  # the same, where the name has begun already
_TOGETHER, _ENDING, _NUMBER = 0.98, 0.97, 0.99  # likeness of what is certain, but not said so
_APART = 0.05  # less, for two words that are near one
_LEAST = 4  # letters of a kind that is found by near words
_TOO_COMMON = GENERIC - {HOUSE}

Token = tuple[str, int, float]
"""A token, the index after its words, and its likeness."""


class Heard:
    """The words and kinds of one home's names."""

    def __init__(self, tokens: Collection[str], words: Collection[str]) -> None:
        """Index the tokens of all keys; `words` are those of the names as they are written."""
        self._known = frozenset(tokens)
        self._words = WordIndex(token for token in tokens if token[0] != "<" and not token.isdigit())
        self._written = WordIndex(words)
        present = self._known - _TOO_COMMON
        self._kinds = {
            words: kind for words, kind in kinds().items() if kind in present and len("".join(words)) >= _LEAST
        }
        self._kind_words = WordIndex(word for words in self._kinds for word in words if len(word) >= _LEAST)

    def tokens(self, words: Sequence[str], index: int, *, inside: bool) -> Iterator[Token]:
        """The tokens that may start at a word; `inside` a name, where a number is more likely."""
        word, known = words[index], False
        for token, after in tokens_at(words, index):
            known = known or token[0] == "<"
            yield token, after, 1.0
        # `bedroom tu`: a word that folding does not read as a number may be one in a name.
        if inside and (digits := digits_of(word)):
            yield digits, index + 1, _NUMBER
        yield from self._together(words, index)
        if word[0].isalpha():
            yield from self._without_ending(word, index)
            yield from self._near(words, index, known, inside)

    def _together(self, words: Sequence[str], index: int) -> Iterator[Token]:
        """`flower pot` as one word."""
        for count in (2, 3):
            together = "".join(words[index : index + count])
            if together in self._known and len(words) >= index + count:
                yield together, index + count, _TOGETHER

    @staticmethod
    def _without_ending(word: str, index: int) -> Iterator[Token]:
        """`lamps`, `mayas`, `ganesji`: without the plural, the owner's s or an attached honorific."""
        for ending in ("s", "ji"):
            if word.endswith(ending) and len(word) - len(ending) > len("ji"):
                for token, _ in tokens_at([word.removesuffix(ending)], 0):
                    if token != LIGHT:
                        yield token, index + 1, _ENDING

    def _near(self, words: Sequence[str], index: int, known: bool, inside: bool) -> Iterator[Token]:
        word, following = words[index], words[index + 1 : index + 2]
        if is_colour(word) or is_verb(word):
            return
        grammar, is_generic = is_ordinary(word) or word in HONORIFICS, kinds().get((word,)) in GENERIC
        # `desk` is a word of its own, so it is no slip of `disk`; but `lyamp` is `lamp`.
        is_own = known or is_word(word)
        enough = (
            _TOGETHER if grammar or is_generic else _WELL_INSIDE if is_own and inside else THE_SAME if is_own else NEAR
        )
        for other, alike in self._words.near(word) if inside or not grammar else ():
            if alike >= enough or (alike >= SURE and not (grammar or is_generic) and same_word(word, other)):
                yield other, index + 1, alike
        if following and following[0].isalpha():
            is_small = grammar or is_ordinary(following[0])
            enough = THE_SAME if is_small or is_word(word) or is_word(following[0]) else SURE
            for other, alike in self._written.near(word + following[0]):
                # hajurama, which folding reads as hajura with a postposition; but `patio on` is no patio
                if alike >= enough and (not is_small or other.endswith(following[0])):
                    yield other, index + 2, alike - _APART
        if not (grammar or is_own):
            yield from self._near_kinds(words, index)

    def _near_kinds(self, words: Sequence[str], index: int) -> Iterator[Token]:
        """Kinds of rooms and lamps in words that are near."""
        first = self._sure_of(words[index])
        for word, alike in first:
            if kind := self._kinds.get((word,)):
                yield kind, index + 1, alike
        if len(words) == index + 1 or is_ordinary(words[index + 1]):
            return
        second = [(words[index + 1], 1.0), *self._sure_of(words[index + 1])]
        for (word, alike), (other, likewise) in product([(words[index], 1.0), *first], second):
            if min(alike, likewise) < 1 and (kind := self._kinds.get((word, other))):
                yield kind, index + 2, min(alike, likewise)

    def _sure_of(self, word: str) -> list[tuple[str, float]]:
        return [near for near in self._kind_words.near(word) if near[1] >= SURE]
