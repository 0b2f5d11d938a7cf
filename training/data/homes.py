"""Random homes like those of real people: names in any script, numbered rooms, people's rooms, invented names."""

from __future__ import annotations

import random

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.home import Area, Floor, Home, Light

from .naming import invented, say_kind, say_name

_COMMON_ROOMS = ("kitchen", "living_room", "bedroom", "bathroom", "bedroom", "kitchen", "balcony", "terrace", "study")
_FLOOR_NAMES = ("ground", "first", "second", "third", "fourth")


def random_home(rng: random.Random, split: str) -> Home:
    """A home of 1 to 30 areas and 1 to about 100 lights; half of the homes have floors."""
    script = rng.choices("erd", (5, 4, 2))[0]
    floors = _floors(rng, script, split) if rng.random() < 0.5 else ()
    areas = _areas(rng, script, split, floors)
    lights: list[Light] = []
    for area in areas:
        for _ in range(rng.choices((1, 2, 3, 4), (5, 3, 2, 1))[0]):
            lights.append(_light(rng, script, split, area, len(lights)))
    return Home(floors, tuple(areas), tuple(lights))


def _floors(rng: random.Random, script: str, split: str) -> tuple[Floor, ...]:
    floors = []
    for level in range(rng.choice((1, 2, 2, 2, 3, 3, 4))):
        kind = _FLOOR_NAMES[level]
        name = say_kind(rng, "floors", kind, _other_script(rng, script), split)
        floors.append(Floor(f"f{level}", invented(rng) if rng.random() < 0.05 else name, (), level))
    return tuple(floors)


def _areas(rng: random.Random, script: str, split: str, floors: tuple[Floor, ...]) -> list[Area]:
    areas: list[Area] = []
    for index in range(rng.choice((1, 2, 3, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 20, 30))):
        names = [area_name(rng, _other_script(rng, script), split)]
        if rng.random() < 0.2:
            names.append(area_name(rng, _other_script(rng, script), split))
        if areas and areas[-1].name[-1:].isdigit() and rng.random() < 0.5:  # room 1, then room 2
            stem, _, number = areas[-1].name.rpartition(" ")
            names[0] = f"{stem} {int(number) + 1}" if stem and number.isdecimal() else names[0]
        if names[0] in {area.name for area in areas}:
            names[0] = f"{names[0]} {index}"
        floor = rng.choice(floors).floor_id if floors and rng.random() < 0.95 else None
        areas.append(Area(f"a{index}", names[0], tuple(names[1:]), floor))
    return areas


def area_name(rng: random.Random, script: str, split: str) -> str:
    """A name for a room."""
    draw = rng.random()
    if draw < 0.6:
        name = say_kind(rng, "rooms", room_kind(rng), script, split)
        if rng.random() < 0.1:
            name = f"{say_name(rng, 'modifiers', script, split)} {name}"
        return f"{name} {rng.randint(1, 6)}" if rng.random() < 0.12 else name
    if draw < 0.76:
        return _whose(rng, script, split, say_kind(rng, "generic", "room", script, "train"))
    if draw < 0.84:
        name = say_name(rng, "things", script, split)
        return f"{name} {say_kind(rng, 'generic', 'room', script, 'train')}" if rng.random() < 0.7 else name
    if draw < 0.88:
        number = rng.randint(1, 9) if rng.random() < 0.5 else rng.randint(1, 9) * 100 + rng.randint(1, 12)
        return f"{say_kind(rng, 'generic', 'room', script, 'train')} {number}"
    name = invented(rng)
    return f"{name} {say_kind(rng, 'generic', 'room', script, 'train')}" if rng.random() < 0.3 else name


def room_kind(rng: random.Random) -> str:
    """A kind of room; the common ones more often."""
    return rng.choice(_COMMON_ROOMS) if rng.random() < 0.35 else rng.choice(list(lexicon.load("rooms")))


def _whose(rng: random.Random, script: str, split: str, what: str) -> str:
    name = say_name(rng, "people" if rng.random() < 0.65 else "kin", script, split)
    if script == "r" and rng.random() < 0.15:
        name += " " + rng.choice(("dai", "didi", "bhai", "bahini", "sir", "madam", "uncle", "aunty", "ji"))
    match script:
        case "e":
            return f"{name}'s {what}" if rng.random() < 0.7 else f"{name} {what}"
        case "d":
            return f"{name}को {what}"
    return f"{name} ko {what}" if rng.random() < 0.85 else f"{name} {what}"


def _light(rng: random.Random, script: str, split: str, area: Area, index: int) -> Light:
    names = [light_name(rng, _other_script(rng, script), split, area)]
    if rng.random() < 0.12:
        names.append(light_name(rng, _other_script(rng, script), split, area))
    return Light(f"light.l{index}", names[0], tuple(names[1:]), area.area_id if rng.random() < 0.97 else None)


def light_name(rng: random.Random, script: str, split: str, area: Area) -> str:
    """A name for a light; often with its area's name before it, as is common in Home Assistant."""
    draw = rng.random()
    generic = say_kind(rng, "generic", "light", script, "train")
    if draw < 0.14:
        return f"{area.name} {generic}" + (f" {rng.randint(1, 4)}" if rng.random() < 0.3 else "")
    if draw < 0.2:
        return f"{generic} {rng.randint(1, 9)}"
    if draw < 0.62:
        name = say_kind(rng, "lights", rng.choice(list(lexicon.load("lights"))), script, split)
    elif draw < 0.8:
        name = f"{say_name(rng, 'things', script, split)} {rng.choice((generic, generic, 'lamp', 'light'))}"
    elif draw < 0.86:
        name = _whose(rng, script, split, generic)
    else:
        name = invented(rng) if rng.random() < 0.7 else f"{invented(rng)} {rng.choice((generic, 'lamp'))}"
    if rng.random() < 0.12:
        name = f"{say_name(rng, 'modifiers', script, split)} {name}"
    return f"{area.name} {name}" if rng.random() < 0.25 else name


def _other_script(rng: random.Random, script: str) -> str:
    return script if rng.random() < 0.75 else rng.choice("erd")
