"""Finds the words of a sentence that name a floor, an area or a light of this home, by any of its names.

A thing is found by its name and aliases in any script, by the names of its kind (the lexicon), by shorter forms
(`table lamp`, `Ramesh` for `Ramesh ko kotha`), together with its place (`bedroom ko table lamp`, `placed.py`), and by words
that are spelled or heard a little differently (`sounds.py`). Who says a whole name in its own words means that thing.
`NameIndex.mark` puts a marker in place of such words. So the model need not know any name, and writes the markers of those
that are meant. Where words are only near a name, the mention asks.

>>> from ..home import Home
>>> from ..words.fold import fold
>>> home = Home.from_dict({"areas": [{"area_id": "a1", "name": "Kitchen"}, {"area_id": "a2", "name": "Zorbak"}]})
>>> NameIndex(home).mark(fold("bhansa ra zorbak ko batti")).text
'A ra B ko bati'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from ..home import Home
from ..words.fold import Folded, fold_name
from .heard import Heard
from .keys import Key, Named, Rank, Thing, keys_of, own_words, whole_words
from .mentions import Marked, Mention, labelled, with_colour_names
from .placed import together
from .sounds import SURE
from .vocabulary import (
    BETWEEN_NUMBERS,
    CONNECTIVES,
    COUNTED,
    GENERIC,
    HONORIFICS,
    LAMPS,
    LIGHT,
    SEVERAL,
    says_colour,
    tokens_of,
)

_LONGEST_KEY = 10
_MOST_TOLD_APART = 6  # a word that as many names share tells nothing
_TELLS = 0.9  # likeness of one word that stands for a long name
_CLEARLY = 0.15  # so much nearer a name must be than the next one


class _Match(NamedTuple):
    last: int
    likeness: float  # of the least like of its words
    rank: Rank
    things: tuple[Thing, ...]
    key: Key


class NameIndex:
    """The names of one home, indexed; made once per home and used for every sentence.

    Args:
        home: whose floors, areas and lights are named.
        others: other things with their names.
    """

    def __init__(self, home: Home, others: Iterable[Named] = ()) -> None:
        """Index every name that `keys_of` finds."""
        self._home = home
        others = tuple(others)
        ranked: dict[Key, dict[Thing, Rank]] = {}
        for key, thing, rank in keys_of(home, others):
            if rank is not Rank.OWN and all(map(says_colour, key)):
                continue  # the red room is not called `red` for short, nor the lamp Nilo blue: these are colours
            known = ranked.setdefault(key, {})
            known[thing] = min(rank, known.get(thing, rank))
        # If a key is the whole name of one thing, things for which it is only a shorter form do not count.
        found = ((key, *_with_lowest_rank(known)) for key, known in ranked.items())
        self._things = {
            key: (things, rank)
            for key, things, rank in found
            if rank not in (Rank.TELLING, Rank.COMMON) or len(things) <= _MOST_TOLD_APART
        }
        self._beginnings = {key[:length] for key in self._things for length in range(1, len(key) + 1)}
        tokens = {token for key in self._things for token in key}
        names = [name for one in (*_named(home), *others) for name in one.names]
        self._heard = Heard(tokens, {word for name in names for word in (*fold_name(name), *whole_words(name))})
        self._own = {one.thing: _spellings(one.names) for one in (*_named(home), *others)}

    def mark(self, folded: Folded) -> Marked:
        """Find the mentions from left to right, the longest at each word."""
        words = [word.text for word in folded.words]
        mentions: list[Mention] = []
        index = 0
        numbered: Key = ()
        while index < len(words):
            match = self._longest(words, index) or self._sibling(words, index, numbered)
            if match is None:
                if words[index] not in BETWEEN_NUMBERS:
                    numbered = ()
                index += 1
                continue
            asks = match.likeness < SURE
            plural = len(match.things) > 1 and _is_plural(words, index, match)
            mentions.append(Mention("", index, match.last, match.things, asks, match.rank is Rank.NUMBERED, plural))
            index = match.last + 1
            numbered = match.key if _is_number(match.key[-1]) else ()
        placed = together(mentions, words, self._home)
        return with_colour_names(folded, list(labelled(folded, placed)), self)

    def nearest(self, words: Sequence[str]) -> Mention | None:
        """What a name means that no mention covers, such as one that the model copied; it asks unless that is certain."""
        matches = self._matches(list(words), 0, (), 1.0)
        whole = (match for match in matches if match.last == len(words) - 1 and match.rank is not Rank.NUMBERED)
        match = max((one for one in whole if self._stands(one, list(words), 0)), key=_how_good, default=None)
        if match is None:
            return None
        return Mention("", 0, match.last, self._closest(words, match), match.likeness < SURE)

    def _sibling(self, words: list[str], index: int, numbered: Key) -> _Match | None:
        """`bedroom 1 ra 3`: a number or letter after a numbered name is the name with that number, if there is one."""
        key = (*numbered[:-1], words[index])
        if len(key) < 2 or not _is_number(words[index]) or words[index + 1 : index + 2] in COUNTED:
            return None
        return _Match(index, 1.0, self._things[key][1], self._things[key][0], key) if key in self._things else None

    def _longest(self, words: list[str], first: int) -> _Match | None:
        if words[first] in CONNECTIVES and (words[first],) not in self._beginnings:
            return None
        matches = [match for match in self._matches(words, first, (), 1.0) if self._stands(match, words, first)]
        best = max(matches, key=lambda match: _how_good(match, _is_plural(words, first, match)), default=None)
        return best and best._replace(things=self._closest(words[first : best.last + 1], best))

    def _stands(self, match: _Match, words: list[str], first: int) -> bool:
        """Whether a match may stand: not where its number counts something, nor with a near word for a shorter form."""
        if match.key[-1].isdigit() and words[match.last + 1 : match.last + 2] in COUNTED:
            return False
        if match.last == first and len(words[first]) < 3 and match.rank is not Rank.OWN:
            return False
        if match.rank is Rank.COMMON and not _is_light(words[match.last + 1 :]):
            return False
        if match.rank >= Rank.TELLING:
            return match.likeness >= _TELLS
        return match.likeness >= SURE or match.rank <= Rank.WHOLE

    def _closest(self, words: Sequence[str], match: _Match) -> tuple[Thing, ...]:
        """Of several things, the one whose own name is clearly nearest to the words: the hall, not the living room."""
        if len(match.things) < 2 or match.rank is Rank.OWN:
            return match.things
        said = "".join(word for word in words if word not in CONNECTIVES)
        near = sorted(((self._nearness(said, thing), thing) for thing in match.things), reverse=True)
        if near[0][0] >= SURE and near[0][0] - near[1][0] >= _CLEARLY:
            return (near[0][1],)
        return match.things

    def _nearness(self, said: str, thing: Thing) -> float:
        return max((OSA.normalized_similarity(said, own) for own in self._own.get(thing, ())), default=0.0)

    def _matches(self, words: list[str], index: int, key: Key, likeness: float) -> Iterator[_Match]:
        if index >= len(words) or len(key) >= _LONGEST_KEY:
            return
        for token, after, alike in self._heard.tokens(words, index, inside=bool(key)):
            longer = (*key, token)
            if longer in self._beginnings:
                worst = min(likeness, alike)
                if longer in self._things:
                    things, rank = self._things[longer]
                    yield _Match(after - 1, worst, rank, things, longer)
                yield from self._matches(words, after, longer, worst)
        if key and words[index] in CONNECTIVES:
            yield from self._matches(words, index + 1, key, likeness)
        elif key and words[index] in HONORIFICS and key[-1] not in GENERIC:
            # `Sarita didi ko kotha`, where the room is Sarita's
            for match in self._matches(words, index + 1, key, likeness):
                yield match._replace(likeness=match.likeness - 0.01)


def _is_plural(words: Sequence[str], first: int, match: _Match) -> bool:
    """`spot haru`, `guest rooms`, `dubai lamp`: a plural ending that the name has not, or a word for several beside it."""
    last = words[match.last]
    before = next((word for word in reversed(words[:first]) if word not in CONNECTIVES and word != "te"), "")
    return (
        "haru" in words[match.last : match.last + 2]
        or (last.endswith("s") and last != match.key[-1] and last not in CONNECTIVES)
        or before in SEVERAL
    )


def _is_light(words: Sequence[str]) -> bool:
    """Whether a word for a light comes next: `fridge ko batti`."""
    following = next((word for word in words if word not in CONNECTIVES), "")
    return tokens_of((following,)) == (LIGHT,) or following in LAMPS


def _is_number(word: str) -> bool:
    """Whether a word tells things of one name apart: `bedroom 2`, `pendant b`."""
    return word.isdigit() or len(word) == 1


def _how_good(match: _Match, plural: bool = False) -> tuple[bool, int, float, int]:
    """A certain match before one to ask about, then the longest, the likest and the one by the fullest name."""
    certain = match.likeness >= SURE and (match.rank <= Rank.WHOLE or plural or len(match.things) == 1)
    return certain, match.last, round(match.likeness, 1), -match.rank


def _with_lowest_rank(ranked: Mapping[Thing, Rank]) -> tuple[tuple[Thing, ...], Rank]:
    lowest = min(ranked.values())
    return tuple(thing for thing, rank in ranked.items() if rank == lowest), lowest


def _named(home: Home) -> Iterator[Named]:
    """Everything in a home that has a name."""
    for floor in home.floors:
        yield Named(Thing("floor", floor.floor_id), (floor.name, *floor.aliases))
    for area in home.areas:
        yield Named(Thing("area", area.area_id), (area.name, *area.aliases))
    for light in home.lights:
        yield Named(Thing("light", light.entity_id), light.names)


def _spellings(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        "".join(word for word in words if word not in CONNECTIVES) for name in names for words in own_words(name)
    )
