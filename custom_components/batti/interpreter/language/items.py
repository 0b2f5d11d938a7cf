"""What a plan is made of: its items, their parts in order, and the lines that each part may have.

A plan is a list of items. Actions change or describe lights; the other items say when, whether, or what was meant:

    - after: 5 minutes            - when: time             - answer: yes             - action: batti.undo
    - action: light.turn_off        at: 6:00               - choose:                 - action: light.turn_on
      target:                       part: evening              - A                     target:
        - A                         every:                                               - B
      for: 10 minutes                 - day

`grammar.py` makes an automaton of these tables, `plan.py` checks against them, and the tokeniser of the bundled model
takes its pieces from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from ..lexicon import COLOURS

ON, OFF, TOGGLE = "light.turn_on", "light.turn_off", "light.toggle"
DESCRIBE, UNDO, TEACH = "batti.describe", "batti.undo", "batti.teach"
LIST, CANCEL, PAUSE, RESUME, CHANGE = (
    "batti.list_routines",
    "batti.cancel",
    "batti.pause",
    "batti.resume",
    "batti.change",
)
LIGHT_ACTIONS = (ON, OFF, TOGGLE)
ACTIONS = (*LIGHT_ACTIONS, DESCRIBE)  # those that need a target
ROUTINE_ACTIONS = (LIST, CANCEL, PAUSE, RESUME, CHANGE)

# Upper case: folded text never is, so no name in a home can look like these.
HERE, ALL = "HERE", "ALL"
REST, ONE, OTHER, ME = "REST", "ONE", "OTHER", "ME"  # all others; any one, or anybody; the other one; the speaker
ORDINALS = ("FIRST", "SECOND", "THIRD", "FOURTH", "LAST")

LABEL_PREFIX = "    - "
TARGET_LINE, IN_LINE, EXCEPT_LINE, DATA_LINE = "  target:\n", "  in:\n", "  except:\n", "  data:\n"
EVERY_LINE, CHOOSE_LINE = "  every:\n", "- choose:\n"
AFTER_KEY, FOR_KEY, UNTIL_KEY, AT_KEY, OFFSET_KEY = "- after:", "  for:", "  until:", "  at:", "  offset:"
NAME_KEY = "  name:"  # followed by words of the sentence
REFUSE = "refuse"  # the last item, where a part of the sentence is not for lights
REFUSAL_START = "[]  # "


class Refusal(StrEnum):
    """Why nothing is done; the value is the comment that the model writes."""

    NOT_FOR_LIGHTS = "not for lights"
    FORBIDDEN = "forbidden"
    LATER = "later"  # at a time, or on a condition, that the house cannot know
    UNCLEAR = "unclear"
    # Of the house; the model never writes these.
    NOT_YET = "not yet"  # it cannot do it yet
    NO_LIGHTS = "no lights"  # none is exposed to Assist
    NONE_HERE = "none here"  # none where the speaker is


WRITTEN_REFUSALS = (Refusal.NOT_FOR_LIGHTS, Refusal.FORBIDDEN, Refusal.LATER, Refusal.UNCLEAR)


class Asking(StrEnum):
    """What the house asks; it stands in the prompt of the next sentence."""

    WHICH_ROOM = "which_room"
    WHICH_ONE = "which_one"
    SURE = "sure"
    HOW_MUCH = "how_much"


# Data lines by family: at most one line of each, in this order. Units: percent, kelvin, seconds.
DATA_FAMILIES: tuple[tuple[str, ...], ...] = (
    tuple(f"    brightness_pct: {n}\n" for n in range(1, 101))
    + tuple(f"    brightness_step_pct: {sign}{n}\n" for sign in ("", "-") for n in range(1, 101)),
    tuple(f"    color_name: {name}\n" for name in COLOURS)
    + tuple(f"    color_temp_kelvin: {n}\n" for n in range(1500, 9001, 100)),
    tuple(f"    transition: {n}\n" for n in (*range(1, 61), 90, 120, 180, 240, 300, 600)),
    ("    flash: short\n",),
    tuple(f"    ask: {what}\n" for what in ("count", "brightness", "color")),
)
# light.turn_off takes only a transition; light.toggle is kept bare; `ask` is what a question is about.
FAMILIES_OF = {ON: (0, 1, 2, 3), OFF: (2,), DESCRIBE: (4,), "answer yes": (0, 1), "choose": (0, 1)}

_UNITS = (("seconds", range(1, 121)), ("minutes", range(1, 181)), ("hours", range(1, 73)), ("days", range(1, 32)))
AMOUNTS = tuple(f"{n} {unit}" for unit, numbers in _UNITS for n in numbers)
SUN = ("sunrise", "sunset")
CLOCK = tuple(f"{hour}:{minute:02}" for hour in range(25) for minute in range(60) if hour < 24 or not minute)
OFFSETS = tuple(
    f"{sign}{n} {unit}"
    for unit, numbers in (("minutes", range(1, 181)), ("hours", range(1, 7)))
    for sign in ("", "-")
    for n in numbers
)
PARTS_OF_DAY = ("morning", "noon", "afternoon", "evening", "night", "midnight")
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
DATES = ("today", "tomorrow", "day_after_tomorrow", *WEEKDAYS)
RECURRING = ("day", "weekday", "weekend", *WEEKDAYS)


def _values(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f" {value}\n" for value in values)


# After a key, one of these ends the line.
VALUES_OF = {
    AFTER_KEY: _values(AMOUNTS),
    FOR_KEY: _values(AMOUNTS),
    UNTIL_KEY: _values((*CLOCK, *SUN, *PARTS_OF_DAY)),
    AT_KEY: _values((*CLOCK, *SUN)),
    OFFSET_KEY: _values(OFFSETS),
}
PART_LINES = tuple(f"  part: {part}\n" for part in PARTS_OF_DAY)
DAY_LINES = tuple(f"  day: {day}\n" for day in DATES)
RECURRING_LINES = tuple(f"{LABEL_PREFIX}{day}\n" for day in RECURRING)

_TIME = ("at", "offset", "part", "day", "every")
_WHEN_OF = ("opens", "closes", "turns_on", "turns_off", "arrives", "leaves")
_IF_OF = ("is_on", "is_off", "is_open", "is_closed", "home", "away")
_AROUND = ("motion", "no_motion")  # in a place, or anywhere
_LIGHT_OUTSIDE = ("dark", "bright")
_IF_TIME = ("time", "after", "before")


class Item(NamedTuple):
    """A kind of item.

    Attributes:
        head: the line, or key, that begins it.
        parts: what it may have, in this order.
        needed: the parts that it must have; `time` stands for any of at, part, day and every.
        following: the kinds of items that may come next, by their names in `ITEMS`.
        last: whether the plan may end with it.
    """

    head: str
    parts: tuple[str, ...]
    needed: tuple[str, ...]
    following: tuple[str, ...]
    last: bool


def _items() -> Iterator[tuple[str, Item]]:
    when = ("when time", *(f"when {kind}" for kind in (*_WHEN_OF, *_AROUND, *_LIGHT_OUTSIDE)))
    conditions = tuple(f"if {kind}" for kind in (*_IF_TIME, *_IF_OF, *_AROUND, *_LIGHT_OUTSIDE))
    after_action = (*ACTIONS, "after", *when, *conditions, REFUSE)
    spans = ("for", "until")

    def action(name: str) -> str:
        return f"- action: {name}\n"

    for name in LIGHT_ACTIONS:
        data = () if name == TOGGLE else ("data",)
        yield name, Item(action(name), ("target", "in", "except", *data, *spans), ("target",), after_action, True)
    yield DESCRIBE, Item(action(DESCRIBE), ("target", "in", "except", "data"), ("target",), after_action, True)
    # What may follow `until:` in an action, as an item without a head.
    yield "until", Item("", ("part", "day"), (), after_action, True)
    yield REFUSE, Item(f"- {REFUSE}: {Refusal.NOT_FOR_LIGHTS}\n", (), (), (), True)
    yield UNDO, Item(action(UNDO), (), (), LIGHT_ACTIONS, True)
    yield TEACH, Item(action(TEACH), ("target", "in", "name"), ("target", "name"), (), True)
    for name in (LIST, CANCEL, PAUSE, RESUME):
        yield name, Item(action(name), ("target", *_TIME), (), LIGHT_ACTIONS, True)
    yield CHANGE, Item(action(CHANGE), ("target", *_TIME), (), ("change to time", *LIGHT_ACTIONS), True)
    yield "change to time", Item("- when: time\n", _TIME, ("time",), LIGHT_ACTIONS, True)
    yield "after", Item(AFTER_KEY, (), (), LIGHT_ACTIONS, False)
    yield "when time", Item("- when: time\n", _TIME, ("time",), (*when, *conditions, *LIGHT_ACTIONS), False)
    for kind in _IF_TIME:
        yield f"if {kind}", Item(f"- if: {kind}\n", _TIME, ("time",), (*conditions, *LIGHT_ACTIONS), False)
    for word, kinds, following in (("when", _WHEN_OF, (*when, *conditions)), ("if", _IF_OF, conditions)):
        for kind in (*kinds, *_AROUND, *_LIGHT_OUTSIDE):
            parts = ("for",) if kind in _LIGHT_OUTSIDE else ("target", "in", "for")
            needed = ("target",) if kind in kinds else ()
            yield f"{word} {kind}", Item(f"- {word}: {kind}\n", parts, needed, (*following, *LIGHT_ACTIONS), False)
    yield "answer yes", Item("- answer: yes\n", ("except", "data"), (), LIGHT_ACTIONS, True)
    yield "answer no", Item("- answer: no\n", (), (), LIGHT_ACTIONS, True)
    yield "answer none", Item("- answer: none\n", (), (), (), True)
    yield "choose", Item(CHOOSE_LINE, ("choose", "in", "except", "data"), ("choose",), LIGHT_ACTIONS, True)


ITEMS: dict[str, Item] = dict(_items())
FIRST_ITEMS = tuple(name for name in ITEMS if name not in ("until", "change to time", REFUSE))
LABELLED = {"target": TARGET_LINE, "in": IN_LINE, "except": EXCEPT_LINE, "choose": ""}
SPECIAL_LABELS = (HERE, ALL, REST, ONE, OTHER, ME, *ORDINALS)
WHOLE = (ALL, REST)  # nothing may be named beside these


def specials(item: str, part: str) -> tuple[str, ...]:
    """The labels that a part of an item may have besides names.

    >>> specials("when arrives", "target")
    ('HERE', 'ALL', 'ONE', 'ME')
    """
    if part == "choose":
        return (HERE, ALL, OTHER, *ORDINALS)
    if part != "target":
        return (HERE,)
    return (HERE, ALL, ONE, ME) if item.startswith(("when", "if")) else (HERE, ALL, REST, ONE, OTHER)


def action_line(action: str) -> str:
    """The line that begins an action."""
    return ITEMS[action].head


def refusal_line(refusal: Refusal) -> str:
    """The line that is a complete answer: nothing to do, and why."""
    return f"{REFUSAL_START}{refusal.value}\n"


def label_line(label: str) -> str:
    """The line that names a target, a place or an exception."""
    return f"{LABEL_PREFIX}{label}\n"


def asked_line(asking: Asking) -> str:
    """The line of the prompt that says what the house asked."""
    return f"- ask: {asking.value}\n"


@cache
def fixed_lines() -> tuple[str, ...]:
    """All lines, keys and values except labels of a sentence, each once."""
    lines = (
        *(item.head for item in ITEMS.values() if item.head),
        *map(refusal_line, WRITTEN_REFUSALS),
        *(TARGET_LINE, IN_LINE, EXCEPT_LINE, DATA_LINE, EVERY_LINE),
        *map(label_line, SPECIAL_LABELS),
        *(line for family in DATA_FAMILIES for line in family),
        *(*PART_LINES, *DAY_LINES, *RECURRING_LINES, NAME_KEY),
        *(key for key in VALUES_OF if key != AFTER_KEY),
        *(value for values in VALUES_OF.values() for value in values),
    )
    return tuple(dict.fromkeys(lines))
