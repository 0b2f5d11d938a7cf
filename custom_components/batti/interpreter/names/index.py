"""Finds the words of a sentence that name a floor, an area or a light of this home, by any of its names.

A thing is found by its name and aliases in any script, by the names of its kind (the lexicon), by shorter forms
(`table lamp`, `Ramesh` for `Ramesh ko kotha`), by its place (`bedroom ko table lamp`) and by words that sound similar.
`NameIndex.mark` puts a marker in place of such words. So the model need not know any name, and writes the markers of those
that are meant.

>>> from ..home import Home
>>> from ..words.fold import fold
>>> home = Home.from_dict({"areas": [{"area_id": "a1", "name": "Kitchen"}, {"area_id": "a2", "name": "Zorbak"}]})
>>> NameIndex(home).mark(fold("bhansa ra zorbak ko batti")).text
'A ra B ko bati'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..home import Home
from ..words.colours import is_colour
from ..words.fold import Folded
from ..words.numbers import digits_of
from . import keys
from .keys import Thing
from .mentions import Marked, Mention, labelled, with_colour_names
from .vocabulary import (
    BETWEEN_NUMBERS,
    CONNECTIVES,
    EXCEPT,
    GENERIC,
    HOUSE,
    SoundIndex,
    is_ordinary,
    kinds,
    tokens_at,
)

_LONGEST_KEY = 8


class _Match(NamedTuple):
    last: int
    closeness: int  # how many tokens match the name exactly; the others only sound like it
    things: tuple[Thing, ...]
    key: tuple[str, ...]


class NameIndex:
    """The names of one home, indexed; made once per home and used for every sentence."""

    def __init__(self, home: Home) -> None:
        """Index every name that `keys.keys_of` finds."""
        ranked: dict[tuple[str, ...], dict[Thing, int]] = {}
        for key, thing, rank in keys.keys_of(home):
            if rank == keys.SHORT and all(map(is_colour, key)):
                continue  # the red room is not called `red` for short: that is a colour
            known = ranked.setdefault(key, {})
            known[thing] = min(rank, known.get(thing, rank))
        # If a key is the whole name of one thing, things for which it is only a shorter form do not count.
        self._things = {key: _with_lowest_rank(known) for key, known in ranked.items()}
        self._beginnings = {key[:length] for key in self._things for length in range(1, len(key) + 1)}
        words = {token for key in self._things for token in key if token[0] != "<" and not token.isdigit()}
        self._sounds = SoundIndex(words)
        in_names = {token for key in self._things for token in key if token[0] == "<"}
        self._kind_words = {key[0]: kind for key, kind in kinds().items() if len(key) == 1 and kind in in_names}
        self._kind_sounds = SoundIndex(word for word in self._kind_words if len(word) >= 4)

    def mark(self, folded: Folded) -> Marked:
        """Find the mentions from left to right, the longest at each word."""
        words = [word.text for word in folded.words]
        mentions: list[Mention] = []
        index = 0
        numbered: tuple[str, ...] = ()
        while index < len(words):
            match = self._longest(words, index, self._before_exception(words, index)) or self._sibling(
                words, index, numbered
            )
            if match is None:
                if words[index] not in BETWEEN_NUMBERS:
                    numbered = ()
                index += 1
                continue
            mentions.append(Mention("", index, match.last, match.things))
            index = match.last + 1
            numbered = match.key if match.key[-1].isdigit() else ()
        return with_colour_names(folded, list(labelled(folded, mentions)))

    def _sibling(self, words: list[str], index: int, numbered: tuple[str, ...]) -> _Match | None:
        """`bedroom 1 ra 3`: a number after a numbered name is the name with that number, if there is one."""
        key = (*numbered[:-1], words[index])
        if len(key) < 2 or not words[index].isdigit() or words[index + 1 : index + 2] == ["%"]:
            return None
        return _Match(index, 1, self._things[key], key) if key in self._things else None

    @staticmethod
    def _before_exception(words: list[str], first: int) -> int:
        """The index before which a name must end: `hall ma lamp bahek` is the hall except its lamp, not the lamp in it."""
        end = next((index for index in range(first, len(words)) if words[index] in EXCEPT), None)
        within = words[first:end] if end is not None and end - first <= _LONGEST_KEY else []
        return first + within.index("ma") if "ma" in within else len(words)

    def _longest(self, words: list[str], first: int, end: int) -> _Match | None:
        if words[first] in CONNECTIVES and (words[first],) not in self._things:
            return None
        matches = self._matches(words[:end], first, (), 0)
        return max(matches, key=lambda match: (match.last, match.closeness), default=None)

    def _matches(self, words: list[str], index: int, key: tuple[str, ...], closeness: int) -> Iterator[_Match]:
        if index >= len(words) or len(key) >= _LONGEST_KEY:
            return
        for token, after, exact in self._tokens(words, index):
            longer = (*key, token)
            if longer in self._beginnings:
                if longer in self._things:
                    yield _Match(after - 1, closeness + exact, self._things[longer], longer)
                yield from self._matches(words, after, longer, closeness + exact)
        if key and words[index] in CONNECTIVES:
            yield from self._matches(words, index + 1, key, closeness)

    def _tokens(self, words: list[str], index: int) -> Iterator[tuple[str, int, int]]:
        """The tokens that may start at a word: kinds, the word itself, and words that sound similar."""
        word, known = words[index], False
        for token, after in tokens_at(words, index):
            known = known or token[0] == "<"
            yield token, after, after - index
        # `bedroom tu`: a word that folding does not read as a number may be one in a name.
        if index and (digits := digits_of(word)):
            yield digits, index + 1, 1
        if not known and word[0].isalpha() and not is_ordinary(word) and not is_colour(word):
            for other in self._sounds.like(word):
                yield other, index + 1, 0
            for other in self._kind_sounds.like(word):
                if self._kind_words[other] not in GENERIC or self._kind_words[other] == HOUSE:
                    yield self._kind_words[other], index + 1, 0


def _with_lowest_rank(ranked: Mapping[Thing, int]) -> tuple[Thing, ...]:
    lowest = min(ranked.values())
    return tuple(thing for thing, rank in ranked.items() if rank == lowest)
