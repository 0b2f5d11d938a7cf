"""All names of the floors, areas and lights of a home, as sequences of tokens (`vocabulary.tokens_of`).

Each key has a rank: the name itself in its own words, the whole name by the kinds of its words, a shorter form, or one
telling word of it. Shorter forms may fit several things; then Batti asks which one. A light that is only called `light 2`
needs its place before or after it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum
from itertools import combinations
from typing import NamedTuple

from .. import lexicon
from ..home import Area, Home, Light
from ..words.fold import fold, fold_name
from ..words.spelling import words_of
from .floors import floor_keys
from .vocabulary import (
    CONNECTIVES,
    FLOOR,
    GENERIC,
    HONORIFICS,
    LIGHT,
    NUMBER,
    ROOM,
    is_common,
    is_ordinary,
    kinds,
    says_colour,
    tokens_of,
)

Key = tuple[str, ...]
_ROOM_NUMBER = 3  # digits; a shorter number could be anything
_INITIALS = re.compile(r"\b(?:[A-Z]\.?){1,3}(?![a-z])")
_ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth"}
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "e bi si di i ef ji ech ai je ke el em en o pi kyu ar es ti yu bhi dablu eks wai jed".split(),
        strict=True,
    )
)


class Rank(IntEnum):
    """How well a key names a thing; the lowest rank of a key counts."""

    OWN = 0
    WHOLE = 1
    SHORT = 2
    TELLING = 3
    COMMON = 4  # a telling word that people say for other reasons too; needs a word for a light after it
    NUMBERED = 5  # needs its place


class Thing(NamedTuple):
    """A floor, an area, a light, or anything else that has a name, by its id."""

    kind: str  # "floor" | "area" | "light" | ...
    id: str


class Named(NamedTuple):
    """Anything else that people name, such as a sensor or a person."""

    thing: Thing
    names: tuple[str, ...]


def keys_of(home: Home, others: Iterable[Named] = ()) -> Iterator[tuple[Key, Thing, Rank]]:
    """All keys of a home, with what they name and their rank; a key may appear several times."""
    area_keys = {area.area_id: _best(_area_keys(area)) for area in home.areas}
    tokens = {token for keys in area_keys.values() for key in keys for token in key}
    for area in home.areas:
        keys = area_keys[area.area_id]
        keys |= {key: Rank.TELLING for key in _near(keys, tokens) if key not in keys}
        yield from ((key, Thing("area", area.area_id), rank) for key, rank in keys.items())
    for floor_id, key, whole in floor_keys(home):
        yield key, Thing("floor", floor_id), Rank.WHOLE if whole else Rank.SHORT
    for floor in home.floors:
        for name in (floor.name, *floor.aliases):
            yield from ((key, Thing("floor", floor.floor_id), rank) for key, rank in _floor_name_keys(name))
    rooms = {_content(key) for keys in area_keys.values() for key in keys}
    for light in home.lights:
        places = area_keys.get(light.area_id or "", {})
        for key, rank in _best(_light_keys(light, places)).items():
            # `Kitchen Light` is a lamp, but `kitchen ko batti` is what everybody calls the lights of the kitchen.
            in_kinds = tokens_of(key)
            named_after_room = _content(in_kinds) in rooms and (rank is not Rank.OWN or key[-2:-1] == ("ko",))
            if not named_after_room or (in_kinds[-1] != LIGHT and _content(in_kinds) not in places):
                yield key, Thing("light", light.entity_id), rank
    for other in others:
        for name in other.names:
            yield from ((key, other.thing, rank) for key, rank in _forms(name))


def own_words(name: str) -> set[Key]:
    """A name in its own words: as it is, with neighbours written together, and with its initials spelled out."""
    spelled = _INITIALS.sub(lambda match: f" {_spelled_out(match[0])} ", name)
    joined = name.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    with_marks = tuple(word.text for word in fold(name).words)  # Kitchen/Dining
    found = {whole_words(name), with_marks, *(fold_name(one) for one in (name, spelled, joined))} - {()}
    return {*found, *(key for words in found for key in _joined(words))}


def whole_words(name: str) -> Key:
    """The words of a name from which no postposition is cut: hajurama, not hajura ma."""
    return tuple(word.text for word in words_of(name) if word.is_name)


def _spelled_out(initials: str) -> str:
    return "".join(_LETTERS.get(letter, "") for letter in initials.lower())


def _joined(words: Key) -> Iterator[Key]:
    """Two neighbours as one word: `desklamp`; and all of them, if they are few."""
    for index in range(len(words) - 1):
        pair = words[index : index + 2]
        if CONNECTIVES.isdisjoint(pair) and not any(word.isdigit() for word in pair):
            yield (*words[:index], words[index] + words[index + 1], *words[index + 2 :])
    if 2 < len(words) < 4:
        yield ("".join(words),)


def _near(keys: Iterable[Key], tokens: set[str]) -> Iterator[Key]:
    """The same keys with a related kind that no room of the home has: the bathroom is also called the toilet."""
    for key in keys:
        for index, token in enumerate(key):
            for near in lexicon.load("rooms").get(token.strip("<>"), {}).get("near", ()) if token[0] == "<" else ():
                if f"<{near}>" not in tokens:
                    yield (*key[:index], f"<{near}>", *key[index + 1 :])


def _area_keys(area: Area) -> Iterator[tuple[Key, Rank]]:
    for name in (area.name, *area.aliases):
        for key, rank in _forms(name):
            yield key, rank
            open_ended = tokens_of(key)[-1:] != (ROOM,) and key[-1] not in GENERIC and not key[-1].isdigit()
            if open_ended and rank is not Rank.TELLING:
                yield (*key, ROOM), rank  # `Bishram` is also called `bishram kotha`
                yield (ROOM, *key), Rank.SHORT  # the room of Bishram


def _light_keys(light: Light, places: Collection[Key]) -> Iterator[tuple[Key, Rank]]:
    for name in light.names:
        for key, rank in _forms(name):
            if rank is not Rank.OWN and all(token in GENERIC or token.isdigit() for token in key):
                continue
            yield key, rank
            for length in range(1, len(key)):  # without its place: `ceiling` for `Bedroom Ceiling`
                rest = key[length:]
                if key[:length] in places and _names_something(rest) and not all(map(is_common, rest)):
                    yield rest, Rank.SHORT
        words = fold_name(name)
        tokens = tokens_of(words)
        if len(words) > 2 and tokens[:1] == (LIGHT,) and tokens[-1].isdigit():
            yield tuple(kinds().get((word,), word) for word in words), Rank.WHOLE  # smart bulb 2
        if tokens and tokens[-1].isdigit() and LIGHT in tokens:
            # `bedroom ko batti 2`
            yield (LIGHT, tokens[-1]), Rank.NUMBERED
            yield (LIGHT, NUMBER, tokens[-1]), Rank.NUMBERED


def _floor_name_keys(name: str) -> Iterator[tuple[Key, Rank]]:
    for key, rank in _forms(name):
        yield key, rank
        if FLOOR not in key and rank is Rank.WHOLE:
            yield (*key, FLOOR), rank


def _forms(name: str) -> Iterator[tuple[Key, Rank]]:
    """A whole name, its shorter forms, and its telling words."""
    name = _ORDINAL.sub(lambda match: _ORDINALS[match[0].lower()], name)
    words = fold_name(name)
    whole = tokens_of(words)
    if whole:
        yield from ((key, Rank.OWN) for key in own_words(name))
        yield from ((key, Rank.WHOLE) for key in _numbered(whole))
        yield from ((key, Rank.SHORT) for key in _shorter(words, whole))
        if len(words) > 1:
            yield from ((key, Rank.TELLING) for key in _telling(words, whole))
            yield from (((token,), Rank.COMMON) for token in {*whole, *words} if is_common(token) and _is_noun(token))


def _shorter(words: Key, whole: Key) -> Iterator[Key]:
    """Without the first words, a generic or numbered last one, or honorifics."""
    for first in range(1, len(words)):
        key = tokens_of(words[first:])
        if _names_something(key) and key != whole:
            yield from _numbered(key)
            if words[first] not in CONNECTIVES:
                yield words[first:]
    if len(words) > 1 and tokens_of(words[-1:]) in ((LIGHT,), (ROOM,)) and _names_something(tokens_of(words[:-1])):
        yield tokens_of(words[:-1])
        yield words[:-1] if words[-2] not in CONNECTIVES else words[:-2]
    if len(whole) > 1 and (whole[-1] in (LIGHT, ROOM, FLOOR) or whole[-1].isdigit()) and _names_something(whole[:-1]):
        yield whole[:-1]
    if len(whole) > 2 and whole[-1] == ROOM:  # `Ramesh dai ko kotha` is also `Ramesh ko kotha`
        yield (whole[0], ROOM)
    yield from _without_honorifics(words)


def _telling(words: Key, whole: Key) -> Iterator[Key]:
    """Single words, and words side by side, that may stand for a long name."""
    yield from ((token,) for token in {*whole, *words} if _is_telling(token))
    for first, last in combinations(range(len(words) + 1), 2):
        part = words[first:last]
        inner = 1 < len(part) < len(words) and CONNECTIVES.isdisjoint((part[0], part[-1]))
        if inner and _names_something(key := tokens_of(part)):
            yield from (key, part)


def _without_honorifics(words: Key) -> Iterator[Key]:
    """`Sarita Didi ko Kotha` is also `Sarita ko kotha`."""
    if not HONORIFICS.isdisjoint(words):
        rest = tokens_of([word for word in words if word not in HONORIFICS])
        if _names_something(rest):
            yield rest


def _is_telling(token: str) -> bool:
    """Whether one word of a long name may stand for it, if no other name has it."""
    return _is_noun(token) and not is_common(token) and not is_common(kinds().get((token,), token))


def _is_noun(token: str) -> bool:
    """Whether a word or kind may be a name at all."""
    if kinds().get((token,), token) in GENERIC or is_ordinary(token) or says_colour(token) or token in HONORIFICS:
        return False
    return token[0] == "<" or (len(token) > 2 and not token.isdigit())


def _best(keys: Iterable[tuple[Key, Rank]]) -> dict[Key, Rank]:
    """Each key once, with its lowest rank."""
    best: dict[Key, Rank] = {}
    for key, rank in keys:
        best[key] = min(rank, best.get(key, rank))
    return best


def _numbered(key: Key) -> Iterator[Key]:
    """`room 2`, `room number 2` and `2 number room` are the same."""
    yield key
    if len(key) > 1 and key[-1].isdigit():
        yield (*key[:-1], NUMBER, key[-1])
        yield (key[-1], NUMBER, *key[:-1])
        yield (key[-1], *key[:-1])


def _content(key: Key) -> Key:
    """A key without the words that name nothing by themselves."""
    return tuple(token for token in key if token not in GENERIC)


def _names_something(key: Key) -> bool:
    """Whether a shorter form still has a word that can be a name; a number counts only if it is a room number (101)."""
    names = (kinds().get((token,), token) for token in key)
    content = [token for token in names if token not in GENERIC]
    return any(token[0] == "<" or not (token.isdigit() or is_ordinary(token)) for token in content) or (
        len(key) == 1 and key[0].isdigit() and len(key[0]) >= _ROOM_NUMBER
    )
