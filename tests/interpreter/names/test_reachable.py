"""Whoever says the name of a light means that light: in a home of 60 lights, in either script, in another spelling."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.home import Area, Home, Light
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.vocabulary import CONNECTIVES, LIGHT, tokens_of
from custom_components.batti.interpreter.words.fold import fold, fold_name
from training.data.homes import random_home

LIGHTS = 60
FILE = Path(__file__).parent / "reachable.yaml"

Ids = frozenset[str]


class Named(NamedTuple):
    """A light's name, and how it is said in the other script (empty if nobody does)."""

    name: str
    other: str


@dataclass(frozen=True)
class House:
    """A home of the file with its index, and the names of its lights."""

    home: Home
    index: NameIndex
    names: tuple[Named, ...]


def found(index: NameIndex, name: str, asks: bool = False) -> list[Ids]:
    """The things of each mention; one that the house would ask about is empty unless `asks` allows it."""
    mentions = index.mark(fold(f"{name} bala")).mentions
    return [frozenset(thing.id for thing in one.things if asks or not one.asks) for one in mentions]


class Bearers:
    """Which things of a home bear a name: exactly this one, or one that is the same but for its spaces."""

    def __init__(self, home: Home) -> None:
        self._exactly: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._nearly: dict[str, set[str]] = defaultdict(set)
        for one in home.floors:
            self._add(one.floor_id, (one.name, *one.aliases))
        for area in home.areas:
            self._add(area.area_id, (area.name, *area.aliases))
        for light in home.lights:
            self._add(light.entity_id, light.names)

    def _add(self, one: str, names: tuple[str, ...]) -> None:
        for name in names:
            self._exactly[fold_name(name)].add(one)
            self._nearly["".join(fold_name(name))].add(one)

    def are(self, ids: list[Ids], name: str) -> bool:
        """Whether one mention was found, of those that bear the name."""
        words = fold_name(name)
        return len(ids) == 1 and self._exactly[words] <= ids[0] <= self._nearly["".join(words)]


# --- names that people and vendors give ---


@cache
def houses() -> dict[str, House]:
    """The homes of the file."""
    return {house["home"]: _house(house["rooms"]) for house in yaml.safe_load(FILE.read_text(encoding="utf-8"))}


def _house(rooms: dict[str, dict[str, str | None]]) -> House:
    areas = tuple(Area(f"a{number}", room) for number, room in enumerate(rooms))
    lights = [(name, other or "", area.area_id) for area in areas for name, other in rooms[area.name].items()]
    home = Home(areas=areas, lights=tuple(_light(n, name, area) for n, (name, _, area) in enumerate(lights)))
    return House(home, NameIndex(home), tuple(Named(name, other) for name, other, _ in lights))


def _light(number: int, name: str, area_id: str | None) -> Light:
    return Light(f"light.l{number}", name, area_id=area_id)


UNHEARD = 0.04  # share of the names that may be missed when they are said in the other script
HOUSES = sorted(houses())
_SWAPS = dict(swap.split(":") for swap in "i:ee u:oo a:aa s:sh v:b j:z f:ph ि:ी ु:ू ी:ि ू:ु श:स ण:न".split())


def respelled(name: str) -> str:
    """A name in another spelling that folds alike, `Saaraashwaatee Laamp` and गनेसको तस्बीर: long vowels, other letters."""
    for index in reversed(range(len(name))):
        other = name[:index] + _SWAPS.get(name[index], name[index]) + name[index + 1 :]
        name = other if fold_name(other) == fold_name(name) else name
    return name


def misses(house: House, say: Callable[[Named], str], asks: bool = False) -> dict[str, list[list[str]]]:
    """What was said of each light that was not found, with the names of what was found in its place."""
    bearers = Bearers(house.home)
    names = {light.entity_id: light.name for light in house.home.lights} | {a.area_id: a.name for a in house.home.areas}
    missed: dict[str, list[list[str]]] = {}
    for one in house.names:
        said = say(one)
        ids = found(house.index, said, asks) if said else []
        if said and not bearers.are(ids, one.name):
            missed[said] = [sorted(names[id_] for id_ in several) for several in ids]
    return missed


def test_the_file() -> None:
    """As many lights as it says in each home, and no two of one name."""
    assert {name: len(house.names) for name, house in houses().items()} == dict.fromkeys(HOUSES, LIGHTS)
    for house in houses().values():
        assert len({fold_name(one.name) for one in house.names}) == LIGHTS
    assert sum(bool(one.other) for house in houses().values() for one in house.names) >= 150


@pytest.mark.parametrize("house", HOUSES)
def test_a_name_as_it_is(house: str) -> None:
    assert misses(houses()[house], lambda one: one.name) == {}


@pytest.mark.parametrize("house", HOUSES)
def test_a_name_in_lower_case(house: str) -> None:
    assert misses(houses()[house], lambda one: one.name.lower()) == {}


@pytest.mark.parametrize("house", HOUSES)
def test_a_name_in_another_spelling(house: str) -> None:
    assert misses(houses()[house], lambda one: respelled(one.name)) == {}


@pytest.mark.parametrize("house", HOUSES)
def test_a_name_in_the_other_script(house: str) -> None:
    """In the other script a word may only be near, so the house may ask; a few are too far (`Bulb`, बल्ब)."""
    missed = misses(houses()[house], lambda one: one.other, asks=True)
    assert len(missed) <= UNHEARD * LIGHTS, missed


ODD = [
    # begin with a small word, or are nothing but small words
    "My Lamp",
    "Mero Batti",
    "हाम्रो बत्ती",
    "The Den",
    "On Air",
    "In Between",
    "मामाको बत्ती",
    # have punctuation
    "Kitchen/Dining",
    "Lamp, Left",
    "Lamp, Right",
    "Mr. Rai's Lamp",
    "Salt & Pepper",
    "Gate: Left",
    "Gate: Right",
    "Spot (Sofa)",
    "Spot - Door",
    "E.T. Lamp",
    "Half-Moon",
    "Café",
    "Who's There?",
    "Shelf #2",
    # have numbers that elsewhere mean something
    "7.5W Bulb",
    "0.5W Night Bulb",
    "100% Wool",
    "2 Ota Batti",
]


@pytest.mark.parametrize("name", ODD)
def test_names_that_look_like_something_else(name: str) -> None:
    others = ["Sofa Lamp", "Light 1", "Lamp 2", *(one for one in ODD if one not in ("My Lamp", name))]
    home = Home(lights=tuple(_light(number, one, None) for number, one in enumerate([name, *others])))
    assert found(NameIndex(home), name) == [{"light.l0"}]


@pytest.mark.parametrize("words", range(4, 11))
def test_long_names(words: int) -> None:
    name = " ".join("Uttarpatti Thulo Pahuna Dhoka Mathillo Kuna Jhumar Sano Debre Lyamp".split()[-words:])
    home = Home(lights=(_light(1, name, None), _light(2, f"{name} 2", None), _light(3, "Lyamp", None)))
    index = NameIndex(home)
    assert found(index, name) == [{"light.l1"}]
    assert found(index, f"{name} 2") == [{"light.l2"}]


# --- random homes ---


def home_of(seed: int) -> Home:
    """A random home of 60 lights: as many random homes together as it takes, in all scripts."""
    rng = random.Random(seed)
    first = random_home(rng, "train")
    areas, lights = list(first.areas), list(first.lights)
    while len(lights) < LIGHTS:
        more, number = random_home(rng, rng.choice(("train", "test"))), len(areas)
        areas += (replace(area, area_id=f"{area.area_id}.{number}", floor_id=None) for area in more.areas)
        lights += (
            replace(one, entity_id=f"{one.entity_id}.{number}", area_id=one.area_id and f"{one.area_id}.{number}")
            for one in more.lights
        )
    return Home(first.floors, tuple(areas), tuple(lights[:LIGHTS]))


def _is_usual(name: str) -> bool:
    """Whether a name does not begin with a small word, and is neither the action's nor what a room's lights are called."""
    words = fold_name(name)
    is_of_a_room = words[-2:-1] == ("ko",) and tokens_of(words[-1:]) == (LIGHT,)
    return words != ("bala",) and words[0] not in CONNECTIVES and not is_of_a_room


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_every_light_of_a_random_home(seed: int) -> None:
    """Those that begin with small words have a test of their own, above."""
    home = home_of(seed)
    home = replace(home, areas=tuple(replace(a, name=a.name if _is_usual(a.name) else "Hall") for a in home.areas))
    index, bearers = NameIndex(home), Bearers(home)
    for light in home.lights:
        for name in filter(_is_usual, light.names):
            assert bearers.are(found(index, name), name), name


def _two_scripts() -> list[Named]:
    """Everybody's and everything's name in the lexicon, romanised and in Devanagari."""
    sections: Any = lexicon.load("names")
    return [Named(*names[:2]) for part in ("people", "kin", "things") for names in sections[part]]


def _groups() -> Iterator[list[Named]]:
    """The names of the lexicon, in homes of at most 60 lights in which no two have one name or are of one kind."""
    left = _two_scripts()
    while left:
        group: list[Named] = []
        taken: set[tuple[str, ...]] = set()
        for one in left:
            names = {tokens_of(fold_name(name)) for name in one}
            if len(group) < LIGHTS and taken.isdisjoint(names):
                group.append(one)
                taken |= names
        left = [one for one in left if one not in group]
        yield group


@pytest.mark.parametrize("to", ["Devanagari", "Latin"])
def test_every_name_of_the_lexicon_said_in_the_other_script(to: str) -> None:
    """`Ramesh ko batti` is रमेशको बत्ती, and the other way round."""
    missed = {}
    for group in _groups():
        romanised, devanagari = [f"{one.name} ko batti" for one in group], [f"{one.other}को बत्ती" for one in group]
        named, said = (romanised, devanagari) if to == "Devanagari" else (devanagari, romanised)
        index = NameIndex(Home(lights=tuple(_light(number, name, None) for number, name in enumerate(named))))
        ids = {name: found(index, name, asks=True) for name in said}
        for number, name in enumerate(said):
            if ids[name] != [{f"light.l{number}"}]:
                missed[name] = [[named[int(one.removeprefix("light.l"))] for one in several] for several in ids[name]]
    assert len(missed) <= UNHEARD * len(_two_scripts()), missed


# --- rooms side by side ---

PAIRS = """
Hall | Living Room
Bathroom | Toilet
Study | Office
Terrace | Roof
Garden | Lawn
Store Room | Warehouse
Baithak | Drawing Room
Lounge | Sitting Room
Family Room | TV Room
Kitchen | Pantry
Kitchen | Kitchenette
Dining Room | Dining Hall
Study | Library
Reading Room | Library
Puja Kotha | Mandir
Prayer Room | Temple
Washroom | Restroom
Shower Room | Bathroom
Charpi | Nuhaune Kotha
Bedroom | Master Bedroom
Guest Room | Spare Room
Kids Room | Nursery
Balcony | Veranda
Kausi | Chhat
Basement | Cellar
Attic | Loft
Porch | Portico
Entrance | Foyer
Gate | Main Gate
Corridor | Hallway
Stairs | Landing
Garage | Parking
Yard | Courtyard
Backyard | Back Garden
Garden | Vegetable Garden
Patio | Deck
Laundry | Utility Room
Store | Storage
Gym | Yoga Room
Shop | Showroom
Meeting Room | Conference Room
Dressing Room | Closet
Bhansa | Khane Kotha
बैठक | हल
बाथरुम | ट्वाइलेट
कौसी | छत
Theatre | Media Room
Office | Workshop
"""


@pytest.mark.parametrize("pair", PAIRS.strip().splitlines())
def test_two_rooms_of_one_kind(pair: str) -> None:
    """Side by side each is found by its own name, also in capitals, and as part of a sentence."""
    rooms = pair.split(" | ")
    index = NameIndex(Home(areas=tuple(Area(room, room) for room in rooms)))
    for room in rooms:
        for said in (room, room.lower(), room.upper(), f"{room} ko batti"):
            assert found(index, said) == [{room}], said
