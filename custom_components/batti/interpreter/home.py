"""A home as plain data: what Batti may touch, and nothing else.

>>> home = Home.from_dict({
...     "areas": [{"area_id": "kitchen", "name": "Bhansa"}],
...     "lights": [{"entity_id": "light.main", "name": "Main", "area_id": "kitchen", "color_modes": ["brightness"]}],
... })
>>> home.lights_in("kitchen")[0].can_dim
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .errors import HomeError

# Home Assistant's ColorMode values, homeassistant/components/light/const.py (2026.10).
COLOUR_MODES = frozenset({"hs", "xy", "rgb", "rgbw", "rgbww"})
DIMMABLE_MODES = COLOUR_MODES | {"brightness", "color_temp", "white"}


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor; `level` counts from 0 at the ground, negative below it."""

    floor_id: str
    name: str
    aliases: tuple[str, ...] = ()
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """An area (a room, mostly) and the floor that it is on."""

    area_id: str
    name: str
    aliases: tuple[str, ...] = ()
    floor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Light:
    """A light that is exposed to Assist: a light entity, or a switch that a lamp hangs on. Colour temperatures in kelvin.

    Attributes:
        members: the entity ids of the lights of a group, whether or not they are exposed; empty for a single light.
        answers_to_name: whether people may call it by its name; otherwise only by its aliases.
        is_sure: whether it certainly is a light; a switch may be anything.
    """

    entity_id: str
    name: str
    aliases: tuple[str, ...] = ()
    area_id: str | None = None
    color_modes: frozenset[str] = frozenset({"onoff"})
    min_kelvin: int = 2000
    max_kelvin: int = 6535
    members: tuple[str, ...] = ()
    answers_to_name: bool = True
    is_sure: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """What people may call it."""
        return (self.name, *self.aliases) if self.answers_to_name else self.aliases

    @property
    def can_dim(self) -> bool:
        """Whether the light has a brightness."""
        return bool(self.color_modes & DIMMABLE_MODES)

    @property
    def has_color(self) -> bool:
        """Whether the light can show a colour."""
        return bool(self.color_modes & COLOUR_MODES)

    @property
    def has_color_temp(self) -> bool:
        """Whether the light can change its white between warm and cool."""
        return "color_temp" in self.color_modes


@dataclass(frozen=True)
class Home:
    """Floors, areas and exposed lights; ids are unique, and every reference has its target.

    Raises:
        HomeError: an id is used twice, or a reference has no target.
    """

    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    lights: tuple[Light, ...] = ()

    def __post_init__(self) -> None:
        """Check the ids."""
        floor_ids = _unique("floor", [floor.floor_id for floor in self.floors])
        area_ids = _unique("area", [area.area_id for area in self.areas])
        _unique("light", [light.entity_id for light in self.lights])
        for area in self.areas:
            if area.floor_id is not None and area.floor_id not in floor_ids:
                raise HomeError(f"Area {area.area_id!r} is on floor {area.floor_id!r}, which is not in the home")
        for light in self.lights:
            if light.area_id is not None and light.area_id not in area_ids:
                raise HomeError(f"Light {light.entity_id!r} is in area {light.area_id!r}, which is not in the home")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Home:
        """Read a home from a mapping with the lists `floors`, `areas` and `lights` (each may be missing)."""
        if not isinstance(data, Mapping):
            raise HomeError("A home is a mapping with the lists floors, areas and lights")
        try:
            return cls(
                tuple(Floor(**_entry(item)) for item in data.get("floors") or ()),
                tuple(Area(**_entry(item)) for item in data.get("areas") or ()),
                tuple(Light(**_entry(item)) for item in data.get("lights") or ()),
            )
        except (TypeError, ValueError) as error:
            raise HomeError(f"An entry of the home is not right: {error}") from error

    @cached_property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        """The lights that are groups, each with its members."""
        return {light.entity_id: light.members for light in self.lights if light.members}

    @cached_property
    def places(self) -> Mapping[str, tuple[str | None, str | None]]:
        """The area and the floor of each light."""
        floors = {area.area_id: area.floor_id for area in self.areas}
        return {light.entity_id: (light.area_id, floors.get(light.area_id or "")) for light in self.lights}

    def lights_in(self, area_id: str) -> tuple[Light, ...]:
        """Lights of one area."""
        return tuple(light for light in self.lights if light.area_id == area_id)

    def areas_on(self, floor_id: str) -> tuple[Area, ...]:
        """Areas of one floor."""
        return tuple(area for area in self.areas if area.floor_id == floor_id)

    def floor_of(self, area_id: str | None) -> str | None:
        """The floor that an area is on, if any."""
        return next((area.floor_id for area in self.areas if area.area_id == area_id), None)


def load_home(path: Path) -> Home:
    """Read a home from a YAML file in the shape of `Home.from_dict`.

    Raises:
        HomeError: the file cannot be read, is not YAML, or does not describe a home.
    """
    try:
        return Home.from_dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError) as error:
        raise HomeError(f"Cannot read the home {path}: {error}") from error


def _unique(what: str, ids: list[str]) -> set[str]:
    if len(set(ids)) < len(ids):
        twice = sorted({item for item in ids if ids.count(item) > 1})
        raise HomeError(f"More than one {what} has the id {', '.join(twice)}")
    return set(ids)


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    entry = dict(item)
    if "aliases" in entry:
        entry["aliases"] = tuple(entry["aliases"] or ())
    if "members" in entry:
        entry["members"] = tuple(entry["members"] or ())
    if "color_modes" in entry:
        entry["color_modes"] = frozenset(entry["color_modes"] or {"onoff"})
    return entry
