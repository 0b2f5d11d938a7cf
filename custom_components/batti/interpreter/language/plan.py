"""A plan: checked Home Assistant actions with ids, and their one canonical YAML form.

>>> plan = Plan((Action("light.turn_on", {"area_id": ("kitchen",)}, {"brightness_pct": 30}),))
>>> print(plan.to_yaml(), end="")
- action: light.turn_on
  target:
    area_id: kitchen
  data:
    brightness_pct: 30
>>> Plan.from_yaml(plan.to_yaml()) == plan
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import yaml

from ..errors import PlanError
from ..home import Home
from .grammar import ACTIONS, LIGHT_ACTIONS, OFF, ON, UNDO, Refusal

ALL_LIGHTS = "all"
_TARGET_KEYS = ("entity_id", "area_id", "floor_id")
_RANGES: dict[str, tuple[int, int]] = {
    "brightness_pct": (1, 100),
    "brightness_step_pct": (-100, 100),
    "color_temp_kelvin": (1000, 10000),
    "transition": (0, 6553),
}
_DATA_KEYS = ("brightness_pct", "brightness_step_pct", "color_name", "color_temp_kelvin", "transition", "flash")

Value = int | float | str
Target = Mapping[str, tuple[str, ...]]


class Asking(StrEnum):
    """What Batti has to ask before it can act."""

    WHICH_ROOM = "which_room"
    WHICH_ONE = "which_one"


@dataclass(frozen=True)
class Question:
    """A question to the speaker: what is asked, the unclear words as typed, and the names to choose from."""

    asking: Asking
    heard: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """One action. `target` has one or more of entity_id, area_id and floor_id; `said` is how the speaker named it."""

    action: str
    target: Target
    data: Mapping[str, Value] = field(default_factory=dict)
    said: tuple[str, ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data in canonical order; one id is a string, several are a list."""
        target = {key: list(ids) if len(ids) > 1 else ids[0] for key in _TARGET_KEYS if (ids := self.target.get(key))}
        item: dict[str, Any] = {"action": self.action} | ({"target": target} if target else {})
        data = {key: self.data[key] for key in _DATA_KEYS if key in self.data}
        return item | ({"data": data} if data else {})


@dataclass(frozen=True)
class Plan:
    """The actions in the order said; or why there are none: a refusal, unknown names or a question."""

    actions: tuple[Action, ...] = ()
    refusal: Refusal | None = field(default=None, compare=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)
    question: Question | None = field(default=None, compare=False)

    @property
    def calls(self) -> tuple[Action, ...]:
        """The actions that change lights."""
        return tuple(action for action in self.actions if action.action in LIGHT_ACTIONS)

    def to_list(self) -> list[dict[str, Any]]:
        """The plan as plain data, the same as in its YAML."""
        return [action.to_dict() for action in self.actions]

    def to_yaml(self) -> str:
        """Canonical YAML: what a person could paste into the automation editor."""
        return yaml.dump(self.to_list(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)

    @classmethod
    def from_yaml(cls, text: str) -> Plan:
        """Read and check canonical YAML.

        Raises:
            PlanError: the text is not YAML, or contains something that is not in the output language.
        """
        try:
            items = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PlanError(f"Not YAML: {error}") from error
        if not isinstance(items, list):
            raise PlanError("A plan is a list of actions")
        return cls(tuple(_action(item) for item in items))


def joined(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The same actions, but actions in a row that do the same to different targets become one.

    Toggling and steps are not joined: a light that is in two targets gets them twice.

    >>> one, other = (Action("light.turn_off", {"area_id": (name,)}) for name in ("kitchen", "hall"))
    >>> [action.target for action in joined([one, other])]
    [{'area_id': ('kitchen', 'hall')}]
    """
    several: list[Action] = []
    for action in actions:
        last = several[-1] if several else None
        again = action.action in (ON, OFF) and "brightness_step_pct" not in action.data
        if last and again and (last.action, last.data) == (action.action, action.data):
            several[-1] = replace(
                last, target=_union(last.target, action.target), said=tuple(dict.fromkeys((*last.said, *action.said)))
            )
        else:
            several.append(action)
    return tuple(several)


def _union(one: Target, other: Target) -> Target:
    ids = {key: dict.fromkeys((*one.get(key, ()), *other.get(key, ()))) for key in _TARGET_KEYS}
    if ALL_LIGHTS in ids["entity_id"]:
        return {"entity_id": (ALL_LIGHTS,)}
    return {key: tuple(several) for key, several in ids.items() if several}


def lights_of(action: Action, home: Home) -> tuple[str, ...]:
    """The entity ids of a target, each once, in the home's order; only lights that the home has."""
    entities = set(action.target.get("entity_id", ()))
    areas = set(action.target.get("area_id", ()))
    for floor_id in action.target.get("floor_id", ()):
        areas |= {area.area_id for area in home.areas_on(floor_id)}
    everything = ALL_LIGHTS in entities
    return tuple(
        light.entity_id for light in home.lights if everything or light.entity_id in entities or light.area_id in areas
    )


def _action(item: Any) -> Action:
    if item == {"action": UNDO}:
        return Action(UNDO, {})
    if not isinstance(item, dict) or not {"action", "target"} <= item.keys() <= {"action", "target", "data"}:
        raise PlanError(f"Not an action with a target: {item!r}")
    if item["action"] not in ACTIONS:
        raise PlanError(f"Not an action that Batti takes: {item['action']!r}")
    target, data = item["target"], item.get("data") or {}
    if not isinstance(target, dict) or not target or not target.keys() <= set(_TARGET_KEYS):
        raise PlanError(f"Not a target: {target!r}")
    ids = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in target.items()}
    if not all(isinstance(one, str) and one for several in ids.values() for one in several):
        raise PlanError(f"Not ids: {target!r}")
    return Action(item["action"], ids, checked_data(data))


def checked_data(data: Any) -> dict[str, Value]:
    """The data of an action, if Home Assistant's light actions would accept it (homeassistant/components/light)."""
    if not isinstance(data, dict) or not data.keys() <= set(_DATA_KEYS):
        raise PlanError(f"Not data of a light action: {data!r}")
    for pair in (("brightness_pct", "brightness_step_pct"), ("color_name", "color_temp_kelvin")):
        if data.keys() >= set(pair):
            raise PlanError(f"{' and '.join(pair)} cannot be given together")
    for key, (low, high) in _RANGES.items():
        value = data.get(key, low)
        if not isinstance(value, int) or not low <= value <= high:
            raise PlanError(f"{key} must be a whole number from {low} to {high}, not {value!r}")
    if not isinstance(data.get("color_name", ""), str) or data.get("flash", "short") not in ("short", "long"):
        raise PlanError(f"Not data of a light action: {data!r}")
    return dict(data)


class _Dumper(yaml.SafeDumper):
    """Lists below a key are indented, as the automation editor writes them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)
