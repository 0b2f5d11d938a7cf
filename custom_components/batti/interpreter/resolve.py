"""Turns the model's lines into a plan: labels become ids of this home.

`names/mentions.py` found the meaning of each label before the model ran. Here the speaker's area decides between several
things with one name, exceptions are removed, and what stays unclear becomes a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from .errors import PlanError
from .home import Home
from .language.grammar import ALL, HERE, LABEL_PREFIX, UNDO, Refusal
from .language.plan import ALL_LIGHTS, Action, Asking, Plan, Question, Value, checked_data, joined, lights_of
from .names.keys import Thing
from .names.mentions import Marked

Ids = dict[str, tuple[str, ...]]
_KEY_OF = {"light": "entity_id", "area": "area_id", "floor": "floor_id"}


class _Ask(Exception):
    def __init__(self, question: Question) -> None:
        self.question = question


class _Absent(Exception):
    def __init__(self, heard: str) -> None:
        self.heard = heard


@dataclass(frozen=True)
class Previous:
    """The result of the speaker's last sentence, for a next one that refers to it (`ajhai kam gara`).

    Attributes:
        written: the model's lines.
        things: the things that each label in the lines means.
        said: each label as it was typed.
    """

    written: str
    things: Mapping[str, tuple[Thing, ...]]
    said: Mapping[str, str]

    @classmethod
    def of(cls, written: str, marked: Marked, before: Previous | None) -> Previous:
        """Keep the labels that the lines use, including those from the previous lines."""
        lines = (line.removeprefix(LABEL_PREFIX) for line in written.splitlines() if line.startswith(LABEL_PREFIX))
        things, said = {}, {}
        for label in lines:
            if (mention := marked.labels.get(label)) is not None:
                things[label], said[label] = mention.things, marked.folded.find(label) or label
            elif before is not None and label in before.things:
                things[label], said[label] = before.things[label], before.said[label]
        return cls(written, things, said)


def resolve(written: str, marked: Marked, home: Home, area_id: str | None, previous: Previous | None = None) -> Plan:
    """Make a plan from the model's lines.

    Args:
        written: text in the language of `grammar.py`; may name things that the home does not have.
        marked: the sentence that the model read.
        area_id: the area that the speaker is in, if known.
        previous: the plan before, whose labels may be used too.

    Raises:
        PlanError: the text is not in the language.
    """
    resolver = _Resolver(marked, home, area_id, previous)
    actions: list[Action] = []
    unknown: list[str] = []
    for item in _items(written):
        try:
            actions.append(resolver.action(item))
        except _Absent as absent:
            unknown.append(absent.heard)
        except _Ask as ask:
            # Half of what was asked and a question would leave the speaker guessing which half was done.
            return Plan(question=ask.question)
    return Plan(joined(actions), _refusal(written), tuple(unknown))


def _items(written: str) -> list[dict[str, Any]]:
    try:
        # BaseLoader: a room may be called 101 or `no`, and stays text.
        items = yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise PlanError(f"The model wrote what is no YAML: {written!r}") from error
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and (item.get("target") or item.get("action") == UNDO) for item in items
    ):
        raise PlanError(f"The model wrote what is no plan: {written!r}")
    return items


def _refusal(written: str) -> Refusal | None:
    _, _, reason = written.partition("#")
    return Refusal(reason.strip()) if written.startswith("[]") and reason else None


class _Resolver:
    def __init__(self, marked: Marked, home: Home, area_id: str | None, previous: Previous | None) -> None:
        self._marked, self._home, self._area_id, self._previous = marked, home, area_id, previous
        self._spoken_of: list[str] = []  # areas of this plan so far, in order

    def action(self, item: dict[str, Any]) -> Action:
        if item["action"] == UNDO:
            return Action(UNDO, {})
        labels = _unique(item["target"])
        target = self._ids(labels)
        if item.get("except"):
            target = self._without(target, self._ids(_unique(item["except"])))
        data = {key: _value(value) for key, value in (item.get("data") or {}).items()}
        return Action(item["action"], target, checked_data(data), tuple(self._as_typed(label) for label in labels))

    def _ids(self, labels: Sequence[str]) -> Ids:
        ids: dict[str, list[str]] = {}
        for label in labels:
            for thing in self._things(label):
                ids.setdefault(_KEY_OF[thing.kind], []).append(thing.id)
        return {key: _unique(ids[key]) for key in _KEY_OF.values() if key in ids}

    def _things(self, label: str) -> tuple[Thing, ...]:
        if label == ALL:
            return (Thing("light", ALL_LIGHTS),)
        if label == HERE:
            return (self._here(),)
        if (mention := self._marked.labels.get(label)) is not None:
            things = mention.things
        elif self._previous is not None and label in self._previous.things:
            things = self._previous.things[label]
        elif (mention := self._marked.named_by(label)) is not None:
            things = mention.things
        else:
            raise _Absent(self._as_typed(label))
        return self._one_of(things, self._as_typed(label))

    def _here(self) -> Thing:
        lit = [area for area in self._home.areas if self._home.lights_in(area.area_id)]
        if self._area_id is not None and any(area.area_id == self._area_id for area in lit):
            return Thing("area", self._area_id)
        if len(self._home.lights) == 1:
            return Thing("light", self._home.lights[0].entity_id)
        if len(lit) == 1 and self._area_id is None:
            return Thing("area", lit[0].area_id)
        raise _Ask(Question(Asking.WHICH_ROOM, "", tuple(area.name for area in lit)))

    def _one_of(self, things: tuple[Thing, ...], heard: str) -> tuple[Thing, ...]:
        """Choose between things with one name: a floor, then an area, then the nearest light; if still unclear, ask."""
        for kind in ("floor", "area"):
            if len(things) > 1 and any(thing.kind == kind for thing in things):
                things = tuple(thing for thing in things if thing.kind == kind)
        if len(things) > 1:
            # `bedroom 3 ko lamp bala, ceiling nibhau`: the ceiling of bedroom 3, else the one where the speaker is.
            for area_id in (*reversed(self._spoken_of), self._area_id):
                near = tuple(thing for thing in things if area_id and self._area_of(thing) == area_id)
                things = near or things
                if len(near) == 1:
                    break
        if len(things) > 1:
            raise _Ask(Question(Asking.WHICH_ONE, heard, tuple(self._name(thing) for thing in things)))
        if (area_id := self._area_of(things[0])) is not None:
            self._spoken_of.append(area_id)
        return things

    def _without(self, target: Ids, exceptions: Ids) -> Ids:
        """The target without the exceptions: whole areas that have no exception, and single lights."""
        left_out = set(self._entities(exceptions))
        wanted = [entity_id for entity_id in self._entities(target) if entity_id not in left_out]
        whole = [
            area.area_id
            for area in self._home.areas
            if (lights := self._home.lights_in(area.area_id)) and all(light.entity_id in wanted for light in lights)
        ]
        covered = {light.entity_id for area_id in whole for light in self._home.lights_in(area_id)}
        single = tuple(entity_id for entity_id in wanted if entity_id not in covered)
        ids = {"entity_id": single, "area_id": tuple(whole)}
        if not wanted:
            raise _Absent("")
        return {key: several for key, several in ids.items() if several}

    def _entities(self, target: Ids) -> tuple[str, ...]:
        return lights_of(Action("light.turn_off", target), self._home)

    def _area_of(self, thing: Thing) -> str | None:
        if thing.kind == "area":
            return thing.id
        return next((light.area_id for light in self._home.lights if light.entity_id == thing.id), None)

    def _name(self, thing: Thing) -> str:
        home = self._home
        names = {floor.floor_id: floor.name for floor in home.floors} | {area.area_id: area.name for area in home.areas}
        return names.get(thing.id) or next(light.name for light in home.lights if light.entity_id == thing.id)

    def _as_typed(self, label: str) -> str:
        if label in (ALL, HERE):
            return label
        before = self._previous.said.get(label) if self._previous is not None else None
        return self._marked.folded.find(label) or before or label


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _value(text: str) -> Value:
    return int(text) if text.lstrip("-").isdigit() else text
