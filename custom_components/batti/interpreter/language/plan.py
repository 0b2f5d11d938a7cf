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
from typing import Any

import yaml

from ..errors import PlanError
from ..groups import without_doubles
from ..home import Home
from .items import (
    ACTIONS,
    AMOUNTS,
    CLOCK,
    DATES,
    FAMILIES_OF,
    ITEMS,
    LIGHT_ACTIONS,
    OFF,
    OFFSETS,
    ON,
    ORDINALS,
    PARTS_OF_DAY,
    RECURRING,
    SUN,
    TEACH,
    Asking,
    Refusal,
)

ALL_LIGHTS = "all"
_TARGET_KEYS = ("entity_id", "area_id", "floor_id")
_RANGES: dict[str, tuple[int, int]] = {
    "brightness_pct": (1, 100),
    "brightness_step_pct": (-100, 100),
    "color_temp_kelvin": (1000, 10000),
    "transition": (0, 6553),
}
_DATA_KEYS = ("brightness_pct", "brightness_step_pct", "color_name", "color_temp_kelvin", "transition", "flash", "ask")
# What may be said of a time, in canonical order, and its values; `every` has a list of them.
_TIME_VALUES: dict[str, tuple[str, ...]] = {
    "at": (*CLOCK, *SUN),
    "offset": OFFSETS,
    "for": AMOUNTS,
    "until": (*CLOCK, *SUN, *PARTS_OF_DAY),
    "part": PARTS_OF_DAY,
    "day": DATES,
    "every": RECURRING,
}
_WHO = ("one", "me", "rest", "other", "here", "all", *(word.lower() for word in ORDINALS))

Value = int | float | str
Target = Mapping[str, tuple[str, ...]]
Time = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Question:
    """A question to the speaker: what is asked, the unclear words as typed, and the names to choose from."""

    asking: Asking
    heard: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """One action. `target` has one or more of entity_id, area_id and floor_id; `said` is how the speaker named it.

    `time` has `for` or `until` (with part and day) of a light action, or the time of the routines that are meant; `name` is
    what `batti.teach` calls the target from now on; `who` has labels without an id, such as `rest`. `dims`: the brightness
    is that of a word such as "dim", not a number, so lights that are dimmer already must not get brighter. `rounded` has the
    number as typed where the brightness in the data is a rounded one.
    """

    action: str
    target: Target
    data: Mapping[str, Value] = field(default_factory=dict)
    said: tuple[str, ...] = field(default=(), compare=False)
    time: Time = field(default_factory=dict)
    name: str = ""
    who: tuple[str, ...] = ()
    dims: bool = field(default=False, compare=False)
    rounded: str = field(default="", compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data in canonical order; one id is a string, several are a list."""
        return {"action": self.action} | _parts(self)


@dataclass(frozen=True)
class Step:
    """An item that is no action: `after`, `when`, `if`, `answer` or `choose` (`kind`), with its value.

    `left_out` has the ids of exceptions, the other fields are those of `Action`.
    """

    kind: str
    value: str = ""
    target: Target = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)
    time: Time = field(default_factory=dict)
    who: tuple[str, ...] = ()
    left_out: Target = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data in canonical order."""
        left_out = {"except": _plain(self.left_out)} if self.left_out else {}
        return {self.kind: self.value} | _parts(self) | left_out


def _parts(item: Action | Step) -> dict[str, Any]:
    """What actions and steps have in common, as plain data."""
    data = {key: item.data[key] for key in _DATA_KEYS if key in item.data}
    time = {key: item.time[key] for key in _TIME_VALUES if key in item.time}
    parts = {
        "target": _plain(item.target),
        "who": list(item.who),
        "data": data,
        "name": item.name if isinstance(item, Action) else "",
        **{key: list(value) if isinstance(value, tuple) else value for key, value in time.items()},
    }
    return {key: value for key, value in parts.items() if value}


def _plain(target: Target) -> dict[str, Any]:
    return {key: list(ids) if len(ids) > 1 else ids[0] for key in _TARGET_KEYS if (ids := target.get(key))}


@dataclass(frozen=True)
class Plan:
    """The items in the order said; or why there are none: a refusal, unknown names or a question.

    `left_out`: a part of the sentence is not for lights; only the rest is done.
    """

    items: tuple[Action | Step, ...] = ()
    refusal: Refusal | None = field(default=None, compare=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)
    question: Question | None = field(default=None, compare=False)
    left_out: bool = field(default=False, compare=False)
    chosen: Mapping[str, Target] = field(default_factory=dict, compare=False)  # what each label of a target meant

    @property
    def actions(self) -> tuple[Action, ...]:
        """The items that are actions."""
        return tuple(item for item in self.items if isinstance(item, Action))

    @property
    def calls(self) -> tuple[Action, ...]:
        """The actions that change lights."""
        return tuple(action for action in self.actions if action.action in LIGHT_ACTIONS)

    def to_list(self) -> list[dict[str, Any]]:
        """The plan as plain data, the same as in its YAML."""
        return [item.to_dict() for item in self.items]

    def to_yaml(self) -> str:
        """Canonical YAML; that of light actions a person could paste into the automation editor."""
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
        return cls(tuple(map(_item, items)))


def joined(items: Iterable[Action | Step]) -> tuple[Action | Step, ...]:
    """The same items, but actions in a row that do the same to different targets become one.

    Toggling and steps are not joined: a light that is in two targets gets them twice.

    >>> one, other = (Action("light.turn_off", {"area_id": (name,)}) for name in ("kitchen", "hall"))
    >>> [action.target for action in joined([one, other])]
    [{'area_id': ('kitchen', 'hall')}]
    """
    several: list[Action | Step] = []
    for item in items:
        last = several[-1] if several else None
        if isinstance(item, Action) and isinstance(last, Action) and _same_thing(last, item):
            several[-1] = replace(
                last, target=_union(last.target, item.target), said=tuple(dict.fromkeys((*last.said, *item.said)))
            )
        else:
            several.append(item)
    return tuple(several)


def _same_thing(one: Action, other: Action) -> bool:
    again = one.action in (ON, OFF) and "brightness_step_pct" not in one.data and not (one.who or other.who)
    return again and (one.action, one.data, one.time) == (other.action, other.data, other.time)


def _union(one: Target, other: Target) -> Target:
    ids = {key: dict.fromkeys((*one.get(key, ()), *other.get(key, ()))) for key in _TARGET_KEYS}
    if ALL_LIGHTS in ids["entity_id"]:
        return {"entity_id": (ALL_LIGHTS,)}
    return {key: tuple(several) for key, several in ids.items() if several}


def areas_of(target: Target, home: Home) -> set[str]:
    """The ids of the areas of a target, those of its floors too."""
    on_floors = (area.area_id for floor_id in target.get("floor_id", ()) for area in home.areas_on(floor_id))
    return {*target.get("area_id", ()), *on_floors}


def lights_of(action: Action, home: Home) -> tuple[str, ...]:
    """The entity ids that a target stands for, each once, in the home's order; only lights that the home has.

    A group and its members are never both among them (`groups.py`), and a switch that may be no lamp only by its name.
    """
    entities, areas = set(action.target.get("entity_id", ())), areas_of(action.target, home)
    everything = ALL_LIGHTS in entities
    around = {light.entity_id for light in home.lights if light.is_sure and (everything or light.area_id in areas)}
    chosen = without_doubles(entities, around, home)
    return tuple(light.entity_id for light in home.lights if light.entity_id in chosen)


def _item(item: Any) -> Action | Step:
    if not isinstance(item, dict) or not item:
        raise PlanError(f"Not an action with a target: {item!r}")
    return _action(item) if "action" in item else _step(item)


def _action(item: dict[str, Any]) -> Action:
    name = item["action"]
    if isinstance(name, str) and name in ITEMS and ITEMS[name].head.startswith("- action:"):
        parts = _read(item, {"action"})
        if name in (*ACTIONS, TEACH) and not (parts["target"] or parts["who"]):
            raise PlanError(f"Not an action with a target: {item!r}")
        if (name == TEACH) != bool(item.get("name")) or not isinstance(item.get("name", ""), str):
            raise PlanError(f"Only {TEACH} has a name, and it must: {item!r}")
        if parts["data"] and name not in FAMILIES_OF:
            raise PlanError(f"{name} takes no data: {item!r}")
        return Action(name, **parts, name=item.get("name", ""))
    raise PlanError(f"Not an action that Batti takes: {name!r}")


def _step(item: dict[str, Any]) -> Step:
    kind, value = next(iter(item.items()))
    known = AMOUNTS if kind == "after" else [name.partition(" ")[2] for name in ITEMS if name.partition(" ")[0] == kind]
    if kind not in ("after", "when", "if", "answer", "choose") or not isinstance(value, str) or value not in known:
        raise PlanError(f"Not an item of a plan: {item!r}")
    return Step(kind, value, **_read(item, {kind, "except"}), left_out=_target(item.get("except") or {}))


def _read(item: dict[str, Any], others: set[str]) -> dict[str, Any]:
    """The parts that actions and steps have in common."""
    if not item.keys() <= {*others, "target", "who", "data", "name", *_TIME_VALUES}:
        raise PlanError(f"Not an action with a target: {item!r}")
    who = item.get("who") or []
    if not _words(who) or not set(who) <= set(_WHO):
        raise PlanError(f"Not a target: {who!r}")
    time: dict[str, Any] = {}
    for key in (key for key in _TIME_VALUES if key in item):
        values = item[key] if key == "every" else [item[key]]
        if not _words(values) or not values or not set(values) <= set(_TIME_VALUES[key]):
            raise PlanError(f"Not a time: {key}: {item[key]!r} (a clock time needs quotes)")
        time[key] = tuple(values) if key == "every" else item[key]
    target = _target(item["target"]) if "target" in item else {}
    return {"target": target, "data": checked_data(item.get("data") or {}), "time": time, "who": tuple(who)}


def _words(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _target(target: Any) -> Target:
    if not isinstance(target, dict) or not target.keys() <= set(_TARGET_KEYS):
        raise PlanError(f"Not a target: {target!r}")
    ids = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in target.items()}
    if not all(isinstance(one, str) and one for several in ids.values() for one in several):
        raise PlanError(f"Not ids: {target!r}")
    return ids


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
    words = (data.get("color_name", ""), data.get("ask", ""))
    if not all(isinstance(word, str) for word in words) or data.get("flash", "short") not in ("short", "long"):
        raise PlanError(f"Not data of a light action: {data!r}")
    return dict(data)


class _Dumper(yaml.SafeDumper):
    """Lists below a key are indented, as the automation editor writes them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)
