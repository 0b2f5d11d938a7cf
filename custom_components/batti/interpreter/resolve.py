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
from .groups import left_without
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
    ONE,
    REFUSAL_START,
    REFUSE,
    REST,
    SPECIAL_LABELS,
    TARGET_LINE,
    TEACH,
    UNDO,
    Asking,
    Refusal,
    action_line,
    label_line,
    refusal_line,
)
from .language.plan import (
    ALL_LIGHTS,
    Action,
    Plan,
    Question,
    Step,
    Target,
    Value,
    areas_of,
    checked_data,
    joined,
    lights_of,
)
from .language.prompt import MARKERS, MARKERS_BEFORE
from .names.keys import Thing
from .names.mentions import Marked

Ids = dict[str, tuple[str, ...]]
_TIME = ("at", "offset", "part", "day", "every", "for", "until")
_TIMED = ("- after:", "- when:", "- if:", "  for:", "  until:")
_HEADS = frozenset(item.head for item in ITEMS.values())
_WITHOUT_ID = tuple(label for label in SPECIAL_LABELS if label not in (HERE, ALL, REST))
_UNKNOWN_YET = tuple(label for label in _WITHOUT_ID if label != ONE)
_MARKER = re.compile(rf"\b[{MARKERS}{MARKERS_BEFORE}]\b")
_MOST = 100  # percent
_DIM = (20, 30)  # percent: what the model writes for low and dim
_HEX = re.compile(r"#[0-9a-fA-F]{3,6}\b")
_KEY_OF = {"light": "entity_id", "area": "area_id", "floor": "floor_id"}
KIND_OF = {key: kind for kind, key in _KEY_OF.items()}


class _Ask(Exception):
    def __init__(self, question: Question) -> None:
        self.question = question


class _Absent(Exception):
    def __init__(self, heard: str) -> None:
        self.heard = heard


class _NoneHere(Exception):
    pass


@dataclass(frozen=True)
class Previous:
    """The result of the speaker's last sentence, for a next one that refers to it (`ajhai kam gara`).

    Attributes:
        written: the model's lines, with `MARKERS_BEFORE`.
        things: the things that each marker in the lines means.
        said: what each marker stands for, as it was typed.
        targets: what was meant, in the order said; `aru` is the rest of it.
    """

    written: str
    things: Mapping[str, tuple[Thing, ...]]
    said: Mapping[str, str]
    targets: tuple[Target, ...] = ()

    @classmethod
    def of(cls, written: str, marked: Marked, before: Previous | None, plan: Plan) -> Previous | None:
        """Keep the labels that the lines use, including those from the lines before; None if these are too many.

        `plan` says what was chosen where a label may mean several things.
        """
        chosen = plan.chosen
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
        return cls(lines, things, said, tuple(action.target for action in plan.calls))


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
    if not any(light.is_sure for light in home.lights) and _wants_lights(written):
        return Plan(refusal=Refusal.NO_LIGHTS)
    plan = understood(written, marked, home, area_id, previous)
    if has_meaning(written):
        return plan
    timed = any(line.startswith(_TIMED) for line in written.splitlines())
    return Plan(refusal=Refusal.LATER if timed else Refusal.NOT_YET)


def _wants_lights(written: str) -> bool:
    """Whether the lines ask for lights: any but a refusal of what is not for lights."""
    return not written.startswith(refusal_line(Refusal.NOT_FOR_LIGHTS))


def has_meaning(written: str) -> bool:
    """Whether the house can do what the lines say, or say why not: times, answers and routines have no meaning yet.

    >>> has_meaning("- after: 5 minutes\\n- action: light.turn_off\\n  target:\\n    - A\\n")
    False
    """
    heads = (*map(action_line, (*ACTIONS, UNDO)), ITEMS[REFUSE].head, REFUSAL_START)
    known = (*heads, TARGET_LINE, IN_LINE, EXCEPT_LINE, DATA_LINE, "    ")
    unknown = tuple(map(label_line, _UNKNOWN_YET))
    lines = written.splitlines(keepends=True)
    if lines[:1] == [action_line(UNDO)]:
        return len(lines) == 1
    return all(line.startswith(known) and line not in unknown for line in lines)


def understood(written: str, marked: Marked, home: Home, area_id: str | None, previous: Previous | None = None) -> Plan:
    """The whole plan that the lines stand for, whether or not the house can do it; arguments as in `resolve`."""
    resolver = _Resolver(marked, home, area_id, previous)
    items: list[Action | Step] = []
    unknown: list[str] = []
    left_out = False
    for item in _items(written):
        if REFUSE in item:
            left_out = True
            continue
        try:
            items.append(resolver.item(item))
        except _Absent as absent:
            unknown.append(absent.heard)
            resolver.is_complete = False
        except _Ask as ask:
            # Half of what was asked and a question would leave the speaker guessing which half was done.
            return Plan(question=ask.question)
        except _NoneHere:
            return Plan(refusal=Refusal.NONE_HERE)
    return Plan(joined(items), _refusal(written), tuple(unknown), left_out=left_out, chosen=resolver.chosen)


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
        before = previous.targets if previous is not None else ()
        self._taken: list[Ids] = [dict(target) for target in before]  # targets so far, in order
        self._spoken_of: list[str] = []  # areas of this plan so far, in order
        self.is_complete = True  # whether everything named so far was found
        self.chosen: dict[str, Ids] = {}  # what each label of a target meant

    def item(self, item: dict[str, Any]) -> Action | Step:
        """One item with ids in place of labels."""
        kind, value = next(iter(item.items()))
        labels = _unique(value if kind == "choose" else item.get("target") or ())
        if kind == "action" and value in (*ACTIONS, TEACH) and not labels:
            raise PlanError(f"The model wrote an action without a target: {item!r}")
        is_action = kind == "action"
        named = [label for label in labels if label not in _WITHOUT_ID or (is_action and label == ONE)]
        places = _unique(item.get("in") or ())
        target = self._within(named, places) if places else self._ids(named)
        data = checked_data({key: _value(value) for key, value in (item.get("data") or {}).items()})
        dims, rounded = self._checked_number(data)
        time = {key: tuple(item[key]) if key == "every" else item[key] for key in _TIME if key in item}
        who = tuple(label.lower() for label in labels if label not in named)
        left_out = self._ids(_unique(item["except"])) if item.get("except") else {}
        if not is_action:
            return Step(kind, "" if kind == "choose" else value, target, data, time, who, left_out)
        if left_out:
            target = self._without(target, left_out)
        self._check_reach(target, named)
        self._taken.append(target)
        if len(named) == 1 and named[0] not in SPECIAL_LABELS:
            self.chosen[named[0]] = target
        said = tuple(self._as_typed(label) for label in (places if ALL in labels and places else labels))
        return Action(value, target, data, said, time, self._name_said(item.get("name", "")), who, dims, rounded)

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
        if label == ONE:
            return self._any_one(self._entities(_ids_of([self._here()])))
        meant = self._meant(label)
        if self._is_plural(label) and len({thing.kind for thing in meant}) == 1:
            return self._near(meant)
        return self._one_of(meant, self._as_typed(label))

    def _meant(self, label: str) -> tuple[Thing, ...]:
        """All things that a label may mean; HERE has none."""
        if label == HERE:
            return ()
        if label in self._marked.labels or self._previous is None or label not in self._previous.things:
            mention = self._marked.mention_of(label)
            if mention is None:
                raise _Absent(self._as_typed(label))
            if mention.asks:
                asking = Asking.SURE if len(mention.things) == 1 else Asking.WHICH_ONE
                raise _Ask(Question(asking, self._as_typed(label), self._options(mention.things)))
            return mention.things
        return self._previous.things[label]

    def _is_plural(self, label: str) -> bool:
        mention = self._marked.labels.get(label)
        return mention is not None and mention.plural

    def _near(self, things: Sequence[Thing]) -> tuple[Thing, ...]:
        """Those where the speaker is, or what was spoken of last; all of them if none is."""
        around = {self._area_id, *self._spoken_of[-1:]} - {None}
        near = tuple(thing for thing in things if thing.kind == "light" and self._area_of(thing) in around)
        return near or tuple(things)

    @staticmethod
    def _any_one(lights: Sequence[str]) -> tuple[Thing, ...]:
        return (Thing("light", lights[0]),) if lights else ()

    def _checked_number(self, data: Mapping[str, Value]) -> tuple[bool, str]:
        """Whether a brightness is that of a word (dim), and the number as typed if it was rounded.

        A number is never cut to another one: what the house cannot do with it, it asks.
        """
        values = {str(abs(int(data[key]))) for key in ("brightness_pct", "brightness_step_pct") if key in data}
        numbers = self._marked.numbers()
        was_said = any(number in values for number, _ in numbers)
        for number, typed in numbers:
            is_meant = typed.endswith("%") or (values and not was_said)
            if int(number) > _MOST and is_meant and number not in map(str, data.values()):
                raise _Ask(Question(Asking.HOW_MUCH, typed))
        if (colour := _HEX.search(self._marked.folded.original)) and (values or "color_name" in data):
            raise _Ask(Question(Asking.HOW_MUCH, colour[0]))
        typed = next((typed for number, typed in numbers if number in values), "")
        is_word = not typed and data.get("brightness_pct") in _DIM
        return is_word, typed if "." in typed else ""

    def _check_reach(self, target: Ids, labels: Sequence[str]) -> None:
        """A place that the home has not never becomes the house, and what may be no lamp is asked about."""
        if ALL_LIGHTS in target.get("entity_id", ()) and (place := self._marked.place_left_over()):
            raise _Absent(place)
        lights = {light.entity_id: light for light in self._home.lights}
        unsure = [one for one in target.get("entity_id", ()) if one in lights and not lights[one].is_sure]
        if not unsure and not self._entities(target):
            areas = areas_of(target, self._home)
            unsure = [light.entity_id for light in self._home.lights if light.area_id in areas]
        if unsure:
            heard = self._as_typed(labels[0]) if labels else ""
            raise _Ask(Question(Asking.SURE, heard, self._options([Thing("light", one) for one in unsure])))

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
            if label == ONE:
                found += (one for lights in inside for one in self._any_one(lights))
                continue
            meant = self._rest_of(inside) if label == REST else self._meant(label) or (self._here(),)
            near = [tuple(thing for thing in meant if self._any_of(thing, lights)) for lights in inside]
            if not any(near):
                raise _Absent(heard)
            for things, lights in zip(near, inside, strict=True):  # `hall ra bhansa ko lamp`: the one in each
                several = label == REST or not things or self._is_plural(label)
                one = things if several else self._one_of(things, heard)
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
            everything = _ids_of(self._near(of_a_kind))
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
        # The lamps of the sentence before are spoken of too.
        rooms = self._spoken_of or [area_id for one in self._entities(last) if (area_id := self._home.places[one][0])]
        around = Thing("area", rooms[-1]) if rooms else None
        wider = Thing("light", ALL_LIGHTS) if whole_rooms else around or self._here()
        rest = self._rest_of([self._entities(_ids_of([wider]))])
        if not rest:
            raise _Absent(REST)
        return rest

    def _here(self) -> Thing:
        sure = [light for light in self._home.lights if light.is_sure]
        lit = [area for area in self._home.areas if any(light.area_id == area.area_id for light in sure)]
        if self._area_id is not None:
            if any(light.area_id == self._area_id for light in self._home.lights):
                return Thing("area", self._area_id)
            raise _NoneHere
        if len(sure) == 1:
            return Thing("light", sure[0].entity_id)
        if len(lit) == 1:
            return Thing("area", lit[0].area_id)
        options = tuple(area.name for area in lit) or self._options([Thing("light", one.entity_id) for one in sure])
        raise _Ask(Question(Asking.WHICH_ROOM if lit else Asking.WHICH_ONE, "", options))

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
            raise _Ask(Question(Asking.WHICH_ONE, heard, self._options(things)))
        if (area_id := self._area_of(things[0])) is not None:
            self._spoken_of.append(area_id)
        return things

    def _without(self, target: Ids, exceptions: Ids) -> Ids:
        """The target without the exceptions: whole areas that have no exception, and single lights."""
        wanted = left_without(self._entities(target), self._entities(exceptions), self._home)
        areas = {area.area_id: set(self._entities({"area_id": (area.area_id,)})) for area in self._home.areas}
        whole = [area_id for area_id, lights in areas.items() if lights and lights <= wanted]
        covered = {one for area_id in whole for one in areas[area_id]}
        single = tuple(light.entity_id for light in self._home.lights if light.entity_id in wanted - covered)
        ids = {"entity_id": single, "area_id": tuple(whole)}
        if not wanted:
            raise _Absent("")
        return {key: several for key, several in ids.items() if several}

    def _entities(self, target: Ids) -> tuple[str, ...]:
        return lights_of(Action("light.turn_off", target), self._home)

    def _area_of(self, thing: Thing) -> str | None:
        if thing.kind == "area":
            return thing.id
        return self._home.places.get(thing.id, (None, None))[0]

    def _options(self, things: Sequence[Thing]) -> tuple[str, ...]:
        """The names of things to choose from; those with one name are told apart by their room."""
        names = [self._name(thing) for thing in things]
        rooms = {area.area_id: area.name for area in self._home.areas}
        where = [rooms.get(self._area_of(thing) or "", "") if thing.kind == "light" else "" for thing in things]
        return _unique(
            f"{name} ({room})" if room and names.count(name) > 1 else name
            for name, room in zip(names, where, strict=True)
        )

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
