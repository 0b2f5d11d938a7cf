"""Turns the model's lines into a plan: labels become ids of this home.

`names/mentions.py` found the meaning of each label before the model ran. Here the speaker's area decides between several
things with one name, exceptions are removed, and what stays unclear becomes a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from .errors import PlanError
from .home import Home
from .language.items import (
    ACTIONS,
    AFTER_KEY,
    ALL,
    CHOOSE_LINE,
    DATA_LINE,
    EXCEPT_LINE,
    HERE,
    IN_LINE,
    ITEMS,
    REFUSAL_START,
    REST,
    SPECIAL_LABELS,
    TARGET_LINE,
    TEACH,
    UNDO,
    Asking,
    Refusal,
    action_line,
    label_line,
)
from .language.plan import ALL_LIGHTS, Action, Plan, Question, Step, Target, Value, checked_data, joined, lights_of
from .language.prompt import MARKERS, MARKERS_BEFORE
from .names.keys import Thing
from .names.mentions import Marked

Ids = dict[str, tuple[str, ...]]
Chosen = Mapping[str, Target]
_TIME = ("at", "offset", "part", "day", "every", "for", "until")
_ASKED = ("    ask: brightness\n", "    ask: color\n")  # the answer would say which lights are on
_TIMED = ("- after:", "- when:", "- if:", "  for:", "  until:")
_HEADS = frozenset(item.head for item in ITEMS.values())
_WITHOUT_ID = tuple(label for label in SPECIAL_LABELS if label not in (HERE, ALL, REST))
_MARKER = re.compile(rf"\b[{MARKERS}{MARKERS_BEFORE}]\b")
_KEY_OF = {"light": "entity_id", "area": "area_id", "floor": "floor_id"}
KIND_OF = {key: kind for kind, key in _KEY_OF.items()}


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
        written: the model's lines, with `MARKERS_BEFORE`.
        things: the things that each marker in the lines means.
        said: what each marker stands for, as it was typed.
    """

    written: str
    things: Mapping[str, tuple[Thing, ...]]
    said: Mapping[str, str]

    @classmethod
    def of(cls, written: str, marked: Marked, before: Previous | None, chosen: Chosen) -> Previous | None:
        """Keep the labels that the lines use, including those from the lines before; None if these are too many.

        `chosen` has what was chosen where a label may mean several things (`Plan.chosen`).
        """
        renamed = renamed_before(written)
        if renamed is None:
            return None
        lines, new_names = renamed
        things, said = {}, {}
        for label, marker in new_names.items():
            if label_line(label) not in written:
                continue  # only part of a name that the home does not have
            if (mention := marked.labels.get(label)) is not None:
                things[marker], said[marker] = mention.things, marked.as_typed(label) or label
            elif before is not None and label in before.things:
                things[marker], said[marker] = before.things[label], before.said[label]
            if marker in things and label in chosen:
                things[marker] = tuple(Thing(KIND_OF[key], one) for key, ids in chosen[label].items() for one in ids)
        return cls(lines, things, said)


def renamed_before(written: str) -> tuple[str, dict[str, str]] | None:
    """Lines as they stand before the next sentence, and the new name of each marker; None if there are too many.

    >>> renamed_before("- action: light.turn_off\\n  target:\\n    - C\\n")
    ('- action: light.turn_off\\n  target:\\n    - Q\\n', {'C': 'Q'})
    """
    names: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        return names.setdefault(match[0], MARKERS_BEFORE[len(names) % len(MARKERS_BEFORE)])

    lines = _MARKER.sub(renamed, written)  # also those in names that the home does not have: `- A ko garaj`
    return (lines, names) if len(names) <= len(MARKERS_BEFORE) else None


def resolve(written: str, marked: Marked, home: Home, area_id: str | None, previous: Previous | None = None) -> Plan:
    """Make a plan from the model's lines; what has no meaning in the house yet is refused.

    Args:
        written: text in the language of `grammar.py`; may name things that the home does not have.
        marked: the sentence that the model read.
        area_id: the area that the speaker is in, if known.
        previous: the plan before, whose labels may be used too.

    Raises:
        PlanError: the text is not in the language.
    """
    plan = understood(written, marked, home, area_id, previous)
    if has_meaning(written):
        return plan
    timed = any(line.startswith(_TIMED) for line in written.splitlines())
    return Plan(refusal=Refusal.LATER if timed else Refusal.NOT_YET)


def has_meaning(written: str) -> bool:
    """Whether the house can do what the lines say, or say why not: times, answers and routines have no meaning yet.

    >>> has_meaning("- after: 5 minutes\\n- action: light.turn_off\\n  target:\\n    - A\\n")
    False
    """
    known = (*map(action_line, (*ACTIONS, UNDO)), TARGET_LINE, IN_LINE, EXCEPT_LINE, DATA_LINE, "    ", REFUSAL_START)
    unknown = (*map(label_line, _WITHOUT_ID), *_ASKED)
    lines = written.splitlines(keepends=True)
    if lines[:1] == [action_line(UNDO)]:
        return len(lines) == 1
    before_rest, rest, _ = written.partition(label_line(REST))
    if rest and before_rest.count("- action:") == 1:
        return False  # the rest of what was said in the sentence before
    return all(line.startswith(known) and line not in unknown for line in lines)


def understood(written: str, marked: Marked, home: Home, area_id: str | None, previous: Previous | None = None) -> Plan:
    """The whole plan that the lines stand for, whether or not the house can do it; arguments as in `resolve`."""
    resolver = _Resolver(marked, home, area_id, previous)
    items: list[Action | Step] = []
    unknown: list[str] = []
    for item in _items(written):
        try:
            items.append(resolver.item(item))
        except _Absent as absent:
            unknown.append(absent.heard)
            resolver.is_complete = False
        except _Ask as ask:
            # Half of what was asked and a question would leave the speaker guessing which half was done.
            return Plan(question=ask.question)
    return Plan(joined(items), _refusal(written), tuple(unknown), chosen=resolver.chosen)


def _items(written: str) -> list[dict[str, Any]]:
    try:
        # BaseLoader: a room may be called 101 or `no`, and stays text.
        items = yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise PlanError(f"The model wrote what is no YAML: {written!r}") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) and _head(item) in _HEADS for item in items):
        raise PlanError(f"The model wrote what is no plan: {written!r}")
    return items


def _head(item: dict[str, Any]) -> str:
    """The line, or key, that began an item."""
    kind, value = next(iter(item.items()), ("", ""))
    return {"after": AFTER_KEY, "choose": CHOOSE_LINE}.get(kind, f"- {kind}: {value}\n")


def _refusal(written: str) -> Refusal | None:
    _, _, reason = written.partition("#")
    return Refusal(reason.strip()) if written.startswith("[]") and reason else None


class _Resolver:
    def __init__(self, marked: Marked, home: Home, area_id: str | None, previous: Previous | None) -> None:
        self._marked, self._home, self._area_id, self._previous = marked, home, area_id, previous
        self._spoken_of: list[str] = []  # areas of this plan so far, in order
        self._taken: list[Ids] = []  # targets of this plan so far, in order
        self.is_complete = True  # whether everything named so far was found
        self.chosen: dict[str, Ids] = {}  # what each label of a target meant

    def item(self, item: dict[str, Any]) -> Action | Step:
        """One item with ids in place of labels."""
        kind, value = next(iter(item.items()))
        labels = _unique(value if kind == "choose" else item.get("target") or ())
        if kind == "action" and value in (*ACTIONS, TEACH) and not labels:
            raise PlanError(f"The model wrote an action without a target: {item!r}")
        named = [label for label in labels if label not in _WITHOUT_ID]
        places = _unique(item.get("in") or ())
        target = self._within(named, places) if places else self._ids(named)
        data = checked_data({key: _value(value) for key, value in (item.get("data") or {}).items()})
        time = {key: tuple(item[key]) if key == "every" else item[key] for key in _TIME if key in item}
        who = tuple(label.lower() for label in labels if label in _WITHOUT_ID)
        left_out = self._ids(_unique(item["except"])) if item.get("except") else {}
        if kind != "action":
            return Step(kind, "" if kind == "choose" else value, target, data, time, who, left_out)
        if left_out:
            target = self._without(target, left_out)
        self._taken.append(target)
        if len(named) == 1 and named[0] not in SPECIAL_LABELS:
            self.chosen[named[0]] = target
        said = tuple(self._as_typed(label) for label in (places if ALL in labels and places else labels))
        return Action(value, target, data, said, time, self._name_said(item.get("name", "")), who)

    def _name_said(self, name: str) -> str:
        return (self._marked.as_typed(name) or name) if name else ""

    def _ids(self, labels: Sequence[str]) -> Ids:
        return _ids_of(thing for label in labels for thing in self._things(label))

    def _things(self, label: str) -> tuple[Thing, ...]:
        if label == ALL:
            return (Thing("light", ALL_LIGHTS),)
        if label == HERE:
            return (self._here(),)
        if label == REST:
            return self._rest()
        return self._one_of(self._meant(label), self._as_typed(label))

    def _meant(self, label: str) -> tuple[Thing, ...]:
        """All things that a label may mean; HERE has none."""
        if label == HERE:
            return ()
        if (mention := self._marked.labels.get(label)) is not None:
            return mention.things
        if self._previous is not None and label in self._previous.things:
            return self._previous.things[label]
        if (mention := self._marked.named_by(label)) is not None:
            return mention.things
        raise _Absent(self._as_typed(label))

    def _within(self, labels: Sequence[str], places: Sequence[str]) -> Ids:
        """The lights of the target that are in the places; ALL is all of what the places mean, also several of a kind."""
        if ALL in labels:
            return self._everything_in(places)
        inside = [self._entities(self._ids([place])) for place in places]
        if not any(inside):
            raise _Absent(self._as_typed(places[0]))
        found: list[Thing] = []
        for label in labels:
            heard = self._as_typed(label)
            meant = self._rest_of(inside) if label == REST else self._meant(label) or (self._here(),)
            near = [tuple(thing for thing in meant if self._any_of(thing, lights)) for lights in inside]
            if not any(near):
                raise _Absent(heard)
            for things, lights in zip(near, inside, strict=True):  # `hall ra bhansa ko lamp`: the one in each
                one = things if label == REST or not things else self._one_of(things, heard)
                found += (Thing("light", light) for light in self._entities(_ids_of(one)) if light in lights)
        return _ids_of(found if labels else (Thing("light", one) for lights in inside for one in lights))

    def _everything_in(self, places: Sequence[str]) -> Ids:
        """All lights in rooms or floors, all of a kind (those near, if some are), or all of a kind in rooms."""
        rooms: list[Thing] = []
        of_a_kind: list[Thing] = []
        for place in places:
            meant = self._meant(place) or (self._here(),)
            if any(thing.kind != "light" for thing in meant):
                rooms += self._one_of(meant, self._as_typed(place))
            else:
                of_a_kind += meant
        if rooms and not of_a_kind:
            everything = _ids_of(rooms)
        elif rooms:
            inside = self._entities(_ids_of(rooms))
            everything = _ids_of(thing for thing in of_a_kind if thing.id in inside)
        else:
            around = {self._area_id, *self._spoken_of[-1:]} - {None}
            near = [thing for thing in of_a_kind if self._area_of(thing) in around]
            everything = _ids_of(near or of_a_kind)
        if not self._entities(everything):
            raise _Absent(self._as_typed(places[0]))
        return everything

    def _any_of(self, thing: Thing, lights: Sequence[str]) -> bool:
        return not set(self._entities(_ids_of([thing]))).isdisjoint(lights)

    def _rest_of(self, inside: Iterable[Sequence[str]]) -> tuple[Thing, ...]:
        """The lights in places that this plan has not spoken of; none if something else that it named was not found."""
        taken = {one for target in self._taken for one in self._entities(target)}
        left = tuple(Thing("light", one) for lights in inside for one in lights if one not in taken)
        return left if self.is_complete else ()

    def _rest(self) -> tuple[Thing, ...]:
        """All other lights: after lamps those of their room, after rooms those of the house, after nothing those here."""
        last = self._taken[-1] if self._taken else {}
        whole_rooms = last.keys() & {"area_id", "floor_id"} or ALL_LIGHTS in last.get("entity_id", ())
        around = Thing("area", self._spoken_of[-1]) if self._spoken_of and not whole_rooms else None
        wider = Thing("light", ALL_LIGHTS) if whole_rooms else around or self._here()
        rest = self._rest_of([self._entities(_ids_of([wider]))])
        if not rest:
            raise _Absent(REST)
        return rest

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
        if label in SPECIAL_LABELS:
            return label
        before = self._previous.said if self._previous is not None else {}
        return self._marked.as_typed(label) or " ".join(before.get(word, word) for word in label.split())


def _ids_of(things: Iterable[Thing]) -> Ids:
    ids: dict[str, list[str]] = {}
    for thing in things:
        ids.setdefault(_KEY_OF[thing.kind], []).append(thing.id)
    return {key: _unique(ids[key]) for key in _KEY_OF.values() if key in ids}


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _value(text: str) -> Value:
    return int(text) if text.lstrip("-").isdigit() else text
