"""All names of the floors, areas and lights of a home, as sequences of tokens (`vocabulary.tokens_of`).

Each key has a rank: 0 for the whole name, 1 for a name together with its place, 2 for a shorter form. Shorter forms may
fit several things; then Batti asks which one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from .. import lexicon
from ..home import Area, Floor, Home, Light
from ..words.fold import fold_name
from .vocabulary import FLOOR, GENERIC, HOUSE, LIGHT, NUMBER, ROOM, is_ordinary, tokens_of

Key = tuple[str, ...]
WHOLE, PLACED, SHORT = 0, 1, 2
_ROOM_NUMBER = 3  # digits; a shorter number could be anything


class Thing(NamedTuple):
    """A floor, an area or a light, by its id."""

    kind: str  # "floor" | "area" | "light"
    id: str


def keys_of(home: Home) -> Iterator[tuple[Key, Thing, int]]:
    """All keys of a home, with what they name and their rank; a key may appear several times."""
    area_keys = {area.area_id: _best(_area_keys(area)) for area in home.areas}
    kinds = {token for keys in area_keys.values() for key in keys for token in key}
    for keys in area_keys.values():
        keys |= {key: SHORT for key in _near(keys, kinds) if key not in keys}
    floor_keys = {floor.floor_id: _best(_floor_keys(floor, home)) for floor in home.floors}
    for floor_id, keys in floor_keys.items():
        yield from ((key, Thing("floor", floor_id), rank) for key, rank in keys.items())
    for area in home.areas:
        keys = area_keys[area.area_id]
        thing = Thing("area", area.area_id)
        yield from ((key, thing, rank) for key, rank in keys.items())
        if area.floor_id is not None:
            yield from ((key, thing, PLACED) for key in _placed(keys, floor_keys[area.floor_id]))
    rooms = {_content(key) for keys in area_keys.values() for key in keys}
    for light in home.lights:
        places = dict(area_keys.get(light.area_id or "", {}))
        light_floor = home.floor_of(light.area_id)
        if light_floor is not None:
            places |= floor_keys[light_floor]
        yield from _keys_of_light(light, places, rooms)


def _keys_of_light(light: Light, places: dict[Key, int], rooms: set[Key]) -> Iterator[tuple[Key, Thing, int]]:
    thing = Thing("light", light.entity_id)
    for key, rank in _light_keys(light, list(places)):
        if _content(key) not in rooms:
            yield key, thing, rank
            yield from ((placed, thing, PLACED) for placed in _placed({key: rank}, places))
        elif key[-1] != LIGHT and not (light.area_id and _content(key) in places):
            yield key, thing, rank
    # `bedroom ko batti 2`: a numbered light needs its place, unless the whole house has only one such number.
    for key in _generic_numbered(light):
        yield from ((placed, thing, PLACED) for placed in _placed({key: SHORT}, places))


def _near(keys: Iterable[Key], kinds: set[str]) -> Iterator[Key]:
    """The same keys with a related kind that no room of the home has: the bathroom is also called the toilet."""
    for key in keys:
        for index, token in enumerate(key):
            for near in lexicon.load("rooms").get(token.strip("<>"), {}).get("near", ()) if token[0] == "<" else ():
                if f"<{near}>" not in kinds:
                    yield (*key[:index], f"<{near}>", *key[index + 1 :])


def _area_keys(area: Area) -> Iterator[tuple[Key, int]]:
    for name in (area.name, *area.aliases):
        for key, rank in _forms(name):
            yield key, rank
            if key[-1] not in GENERIC and not key[-1].isdigit():  # `Bishram` is also called `bishram kotha`
                yield (*key, ROOM), rank


def _light_keys(light: Light, places: list[Key]) -> Iterator[tuple[Key, int]]:
    for name in (light.name, *light.aliases):
        for key, rank in _forms(name):
            if all(token in GENERIC or token.isdigit() for token in key):
                continue
            yield key, rank
            for place in places:
                rest = key[len(place) :]
                if key[: len(place)] == place and _names_something(rest):
                    yield rest, SHORT


def _generic_numbered(light: Light) -> Iterator[Key]:
    for name in (light.name, *light.aliases):
        tokens = tokens_of(fold_name(name))
        if tokens and tokens[-1].isdigit() and LIGHT in tokens:
            yield (LIGHT, tokens[-1])
            yield (LIGHT, NUMBER, tokens[-1])


def _floor_keys(floor: Floor, home: Home) -> Iterator[tuple[Key, int]]:
    for name in (floor.name, *floor.aliases):
        for key, rank in _forms(name):
            yield key, rank
            if FLOOR not in key and HOUSE not in key and rank == WHOLE:
                yield (*key, FLOOR), rank
    levels = [other.level for other in home.floors if other.level is not None]
    for kind in lexicon.load("floors").values():
        of_level = kind.get("level") is not None and kind.get("level") == floor.level
        relative = kind.get("relative")
        extreme = max(levels, default=None) if relative == "top" else min(levels, default=None)
        if of_level or (relative and len(set(levels)) > 1 and floor.level == extreme):
            for spelling in lexicon.spellings(kind):
                key = tokens_of(fold_name(spelling))
                if key:
                    yield key, PLACED if of_level else SHORT


def _forms(name: str) -> Iterator[tuple[Key, int]]:
    """A whole name, and its shorter forms: without its first words, or without a generic last one."""
    words = fold_name(name)
    whole = tokens_of(words)
    if not whole:
        return
    yield from ((key, WHOLE) for key in _numbered(whole))
    if 1 < len(words) < 4 and not words[-1].isdigit():  # as one word: desklamp
        yield ("".join(words),), WHOLE
    if len(words) > 1 and tokens_of(words[-1:]) == (LIGHT,) and _names_something(tokens_of(words[:-1])):
        yield tokens_of(words[:-1]), SHORT
    for first in range(1, len(words)):
        key = tokens_of(words[first:])
        if _names_something(key) and key != whole:
            yield from ((form, SHORT) for form in _numbered(key))
    if len(whole) > 1 and whole[-1] in (LIGHT, ROOM, FLOOR) and _names_something(whole[:-1]):
        yield whole[:-1], SHORT
    if len(whole) > 2 and whole[-1] == ROOM:  # `Ramesh dai ko kotha` is also `Ramesh ko kotha`
        yield (whole[0], ROOM), SHORT
    if len(whole) > 1 and whole[-1].isdigit() and _names_something(whole[:-1]):
        yield whole[:-1], SHORT


def _best(keys: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    """Each key once, with its lowest rank."""
    best: dict[Key, int] = {}
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


def _placed(keys: dict[Key, int], places: dict[Key, int]) -> Iterator[Key]:
    """A thing together with its place, in either order."""
    for key, place in product(keys, places):
        if _content(place) and key[: len(place)] != place:
            yield (*place, *key)
            yield (*key, *place)
            # `bedroom ko batti, table lamp`: people often say light between the two.
            if key[-1] != LIGHT:
                yield (*place, *key, LIGHT)


def _content(key: Key) -> Key:
    """A key without the words that name nothing by themselves."""
    return tuple(token for token in key if token not in GENERIC)


def _names_something(key: Key) -> bool:
    """Whether a shorter form still has a word that can be a name; a number counts only if it is a room number (101)."""
    return any(token[0] == "<" or not (token.isdigit() or is_ordinary(token)) for token in _content(key)) or (
        len(key) == 1 and key[0].isdigit() and len(key[0]) >= _ROOM_NUMBER
    )
