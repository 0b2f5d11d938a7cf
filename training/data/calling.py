"""How a person names rooms, floors and lights: those that the home has, and some that it does not have."""

from __future__ import annotations

import random

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import ALL, HERE

from . import misspelling, values
from .answers import CLOSE, FIRST, OPEN
from .homes import area_name, light_name
from .naming import say_kind
from .phrasebook import Phrasebook

_FLOORS = ("ground", "first", "second", "third", "fourth")


class Caller:
    """A person in a home, who names things in the script of the current sentence.

    Args:
        split: train or test; decides which words and forms may be used.
    """

    def __init__(self, rng: random.Random, home: Home, split: str) -> None:
        """Start with romanised Nepali; every sentence chooses its own script."""
        self.rng, self.home, self.split = rng, home, split
        self.book = Phrasebook(rng, split)
        self.script = "r"
        self._mix = 0.0
        self._english_names = False
        self._said = 0

    def _word_script(self) -> str:
        if self.script != "e" and self.rng.random() < self._mix:
            return "d" if self.script == "r" else "r"
        return self.script

    def _targets(self, kind: str) -> list[str]:
        if kind == "everything":
            return [ALL]
        if kind == "here":
            return [HERE]
        draw = self._place_name if kind == "place" else self._light_name
        names = [draw() for _ in range(self.rng.choices((1, 2, 3, 4), (74, 18, 6, 2))[0])]
        for index in range(1, len(names)):
            # `bedroom 1 ra 3`: people say the common part once.
            first, same = names[0].rpartition(" ")[0], names[index].rpartition(" ")
            if first and first == same[0] and same[2].isdigit() and self.rng.random() < 0.7:
                names[index] = same[2]
        return [self._name(name) for name in names]

    def _name(self, name: str) -> str:
        name = misspelling.respell(self.rng, name) if self.rng.random() < 0.3 else name
        if self.rng.random() < 0.3:
            name = name.lower()
        self._said += 1
        return f"{OPEN}{chr(FIRST + self._said)}{name}{CLOSE}"

    def _name_script(self) -> str:
        if self.script == "e":
            return self.rng.choice("eeeeer")
        return self.rng.choice(f"{self.script}e") if self._english_names else self._word_script()

    def _place_name(self) -> str:
        """A name for an area or floor of the home; one time in eight the home does not have it."""
        script = self._name_script()
        if self.rng.random() < 0.12:
            return area_name(self.rng, script, self.split)
        if self.home.floors and self.rng.random() < 0.18:
            return self._floor_name()
        area = self.rng.choice(self.home.areas)
        return self._in_other_words(self.rng.choice((area.name, area.name, *area.aliases)), script)

    def _floor_name(self) -> str:
        """A floor of the home, by its own name or a usual one; any floor if the home has none."""
        if self.home.floors and self.rng.random() < 0.9:
            floor = self.rng.choice(self.home.floors)
            if self.rng.random() < 0.5:
                return floor.name
            kind = _FLOORS[floor.level or 0]
        else:
            kind = self.rng.choice(_FLOORS)
        return say_kind(self.rng, "floors", kind, self._name_script(), self.split)

    def _light_name(self) -> str:
        script = self._name_script()
        area = self.rng.choice(self.home.areas)
        if self.rng.random() < 0.12:
            return light_name(self.rng, script, self.split, area)
        light = self.rng.choice(self.home.lights)
        name = self._in_other_words(self.rng.choice((light.name, light.name, *light.aliases)), script)
        where = next((area.name for area in self.home.areas if area.area_id == light.area_id), None)
        if where and not light.name.startswith(where) and self.rng.random() < 0.2:
            joint = " " if script == "e" else f" {self.book.word('ko', script)} "
            return f"{self._in_other_words(where, script)}{joint}{name}"
        return name

    def _in_other_words(self, name: str, script: str) -> str:
        """The name itself, or another name of the same kind of room or light."""
        kind = values.kind_of(name)
        if kind is None or self.rng.random() < 0.4:
            return name
        return say_kind(self.rng, *kind, script, self.split)
