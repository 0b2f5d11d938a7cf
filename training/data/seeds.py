"""Whole sentences that people wrote (`phrases/seeds/*.yaml`), with slots for names and values, and what each asks for.

    - {r: "{A} ko batti nibhayera {B} ko chai balideu hai", do: ["off A", "on B"]}

`do` is a list of items, or the word for a refusal:

    VERB TARGETS [in PLACES] [- EXCEPTIONS] [DATA ...] [for:20minutes | until:10:00 [part:night]]
    after 5 minutes | after t            when KIND [TARGETS] [TIME ...]       if KIND [TARGETS] [TIME ...]
    undo | teach L name:'...'            answer yes|no|none [- EXCEPTIONS]    choose TARGETS | first | last | other ...
    list_routines | cancel | pause | resume | change [TARGETS] [time TIME ...]
    not_for_lights                                                            (last: a part that is left undone)

Targets are slots joined by `+`, words of the text in single quotes (what no slot names), `here`, `all`, `rest`, `one`,
`other`, `me`, or `it` (in a sentence that follows on from another). Data: `=p` or `=40` percent, `+p`, `-20` steps,
`colour:c`, `colour:red`, `kelvin:2700`, `transition:5`, `flash`, `ask:count`. Times: `at:6:00` or `at:h`,
`offset:-30minutes`, `part:evening`, `day:tomorrow`, `every:day`, `for:10minutes` or `for:t`. `same A` repeats the action
before, with A as target. `after: any` marks a sentence that follows on from another, `asked: sure` one that answers such a
question of the house.

>>> Wanted.parse("on F - A+L =p colour:red")
Wanted(verb='on', kind='', targets=('F',), places=(), exceptions=('A', 'L'), data=('=p', 'colour:red'), times=(), name='')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import yaml

from custom_components.batti.interpreter.language.items import (
    AMOUNTS,
    CLOCK,
    DATA_FAMILIES,
    DATES,
    ITEMS,
    OFFSETS,
    PARTS_OF_DAY,
    RECURRING,
    REFUSE,
    SPECIAL_LABELS,
    SUN,
    Asking,
)

from .phrasebook import TEST, TRAIN, VALIDATION

FOLDER = Path(__file__).parent / "phrases" / "seeds"
PLACES, FLOORS, LAMPS, PERCENTS, COLOURS, NUMBERS = "ABCD", "FG", "LMNO", "pqs", "ck", "n"
DURATIONS, CLOCKS = "tu", "hi"
IT, SAME, UNDO = "it", "same", "undo"
_LEFT_OUT = "not_for_lights"
REFUSALS = ("later", "forbidden", _LEFT_OUT, "unclear")
_ACTIONS = ("on", "off", "toggle", "describe", SAME, "teach")  # need a target
_ROUTINES = ("list_routines", "cancel", "pause", "resume", "change")
_KINDS = {
    word: {name.partition(" ")[2] for name in ITEMS if name.startswith(word)} for word in ("when", "if", "answer")
}
_WORDS = {label.lower() for label in SPECIAL_LABELS}
_SLOT = re.compile(r"\{(\w)\}")
_WORD = re.compile(r"[{}\w\u0900-\u097f]+")
_PART = re.compile(r"(?:[^\s']|'[^']*')+")
_TARGET = re.compile(r"'[^']*'|[^+]+")
_DATA_LINES = {line.strip() for family in DATA_FAMILIES for line in family}
_DATA_KEYS = {"colour": "color_name", "kelvin": "color_temp_kelvin", "transition": "transition", "ask": "ask"}
_AMOUNT = re.compile(r"(-?)(\d+|n) ?(seconds|minutes|hours|days)")
_TIMES = {
    "at": {*CLOCK, *SUN, *CLOCKS},
    "until": {*CLOCK, *SUN, *PARTS_OF_DAY, *CLOCKS},
    "for": {*AMOUNTS, *DURATIONS},
    "offset": {*OFFSETS, *DURATIONS},
    "part": {*PARTS_OF_DAY},
    "day": {*DATES},
}


@dataclass(frozen=True)
class Wanted:
    """One item, with slots for names and values."""

    verb: str
    kind: str = ""  # of when, if and answer; the amount of after
    targets: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Read the notation.

        Raises:
            ValueError: the text is not in the notation.
        """
        if text == _LEFT_OUT:
            return cls(REFUSE)
        verb, *rest = _PART.findall(text) or [""]
        if verb == "after":
            if (amount := " ".join(rest)) not in tuple(DURATIONS) and _amount(amount) not in AMOUNTS:
                raise ValueError(f"not something to do: {text!r}: {amount!r} is no amount of time")
            return cls(verb, amount)
        kind = rest.pop(0) if verb in _KINDS and rest else ""
        named = {"targets": _targets(rest), "places": (), "exceptions": ()}
        for key, word in (("places", "in"), ("exceptions", "-")):
            if word in rest[:-1]:
                at = rest.index(word)
                named[key] = tuple(_TARGET.findall(rest[at + 1]))
                del rest[at : at + 2]
        if verb in _ROUTINES and rest[:1] == ["time"]:
            del rest[0]
        data = tuple(one for one in rest if _is_data(one))
        times = tuple(one for one in rest if _is_time(one))
        name = next((one.removeprefix("name:").strip("'") for one in rest if one.startswith("name:")), "")
        others = [one for one in rest if one not in (*data, *times) and not one.startswith("name:")]
        wanted = cls(verb, kind, **named, data=data, times=times, name=name)
        if problem := f"{others[0]!r} is not known" if others else wanted._problem():
            raise ValueError(f"not something to do: {text!r}: {problem}")
        return wanted

    def _problem(self) -> str:
        """What is wrong with it, if anything."""
        if self.verb not in (*_ACTIONS, *_ROUTINES, *_KINDS, UNDO, "choose"):
            return f"there is no verb {self.verb!r}"
        if self.verb in _KINDS and self.kind not in _KINDS[self.verb]:
            return f"{self.verb!r} is one of {', '.join(sorted(_KINDS[self.verb]))}"
        item = ITEMS.get(f"{self.verb} {self.kind}")
        if not self.targets and (self.verb in (*_ACTIONS, "choose") or (item and "target" in item.needed)):
            return "it needs a target"
        if item and "time" in item.needed and not self.times:
            return "it needs a time"
        if unknown := [name for name in self._names() if not _is_name(name)]:
            return f"{unknown[0]!r} names nothing"
        return "a name is what something is taught" if (self.verb == "teach") != bool(self.name) else ""

    @property
    def slots(self) -> set[str]:
        """The slots for names and values that it uses."""
        values = {data.lstrip("=+-").partition(":")[2] or data.lstrip("=+-") for data in (*self.data, *self.times)}
        values |= {"n"} if any(re.match(r"(for|offset):-?n[a-z]", one) for one in self.times) else set()
        values |= {self.kind.split()[0]} if self.verb == "after" else set()
        return {one for one in {*self._names(), *values} if len(one) == 1 and one.isalpha()}

    @property
    def quoted(self) -> list[str]:
        """The words of the text that it names without a slot."""
        return [*(one.strip("'") for one in self._names() if one.startswith("'")), *([self.name] if self.name else [])]

    def _names(self) -> Iterator[str]:
        yield from (*self.targets, *self.places, *self.exceptions)


def _targets(rest: list[str]) -> tuple[str, ...]:
    """The targets, taken from the front of the parts."""
    if not rest or rest[0] in ("in", "-", "time"):
        return ()
    names = tuple(_TARGET.findall(rest[0]))
    if all(map(_is_name, names)):
        del rest[0]
        return names
    return ()


def _is_name(text: str) -> bool:
    return text.startswith("'") or text in (*PLACES, *FLOORS, *LAMPS, *_WORDS, IT)


def _is_data(piece: str) -> bool:
    head, _, value = piece.partition(":")
    if piece[:1] in ("=", "+", "-"):
        return piece[1:] in tuple(PERCENTS) or f"brightness_pct: {piece[1:]}" in _DATA_LINES
    slots = {"colour": COLOURS, "transition": NUMBERS}.get(head, "")
    return piece == "flash" or value in tuple(slots) or f"{_DATA_KEYS.get(head)}: {value}" in _DATA_LINES


def _is_time(piece: str) -> bool:
    key, _, value = piece.partition(":")
    if key == "every":
        return set(value.split("+")) <= set(RECURRING)
    return (_amount(value) or value) in _TIMES.get(key, ())


def _amount(said: str) -> str:
    """An amount of time as the model writes it, some number in place of a slot; empty if it is none."""
    match = _AMOUNT.fullmatch(said)
    return f"{match[1]}{match[2].replace('n', '5')} {match[3]}" if match else ""


@dataclass(frozen=True)
class Seed:
    """One sentence with slots.

    `refusal` if nothing must be done, `follows` if it follows on from another sentence, `asked` if it answers a question.
    """

    script: str
    text: str
    wanted: tuple[Wanted, ...]
    refusal: str
    follows: bool
    asked: Asking | None = None

    @property
    def slots(self) -> list[str]:
        """The slots for names and values in the text, without repeats."""
        return list(dict.fromkeys(_SLOT.findall(self.text)))

    @property
    def plain(self) -> str:
        """The text without case and punctuation, in which two writers of one sentence may differ."""
        return " ".join(_WORD.findall(self.text.lower()))

    @property
    def split(self) -> str:
        """The only split that may use it: one sentence in eight is for the test, one in sixteen for validation."""
        return {0: TEST, 4: VALIDATION, 8: TEST}.get(crc32(self.plain.encode()) % 16, TRAIN)

    def check(self) -> None:
        """Check that the actions use only slots of the text.

        Raises:
            ValueError: they use another one.
        """
        used = {slot for wanted in self.wanted for slot in wanted.slots}
        missing = (used - set(self.slots)) | {one for one in self.quoted if not whole_words(one).search(self.text)}
        if missing:
            raise ValueError(f"{self.text!r} has no {sorted(missing)}")

    @property
    def quoted(self) -> list[str]:
        """The words of the text that are names and no slots."""
        return list(dict.fromkeys(one for wanted in self.wanted for one in wanted.quoted))

    @property
    def is_plain(self) -> bool:
        """Whether it is only actions that are done at once."""
        verbs = ("on", "off", "toggle", "describe")
        return bool(self.wanted) and all(one.verb in verbs and not one.times for one in self.wanted)

    @property
    def is_command(self) -> bool:
        """Whether it is one or two commands that are done at once, and means the same beside another sentence."""
        alone = self.is_plain and not self.follows and not self.asked
        return alone and self.wanted[0].verb != "describe" and len(self.wanted) < 3


def whole_words(words: str) -> re.Pattern[str]:
    """Finds words in a text, with nothing attached before them; a postposition may be attached after them."""
    return re.compile(rf"(?<![\w\u0900-\u097f]){re.escape(words)}")


@cache
def seeds(split: str) -> tuple[Seed, ...]:
    """All sentences of a split.

    Raises:
        ValueError: an entry of a file is not in the notation.
    """
    found: dict[tuple[str, str, bool, str | None], Seed] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 (on, off: strings)
        for entry in entries:
            seed = _seed(entry)
            found.setdefault((seed.script, seed.plain, seed.follows, seed.asked), seed)
    return tuple(seed for seed in found.values() if seed.split == split)


def _seed(entry: dict[str, str | list[str]]) -> Seed:
    script = next(script for script in "rde" if script in entry)
    do = entry["do"]
    wanted = tuple(map(Wanted.parse, do)) if isinstance(do, list) else ()
    asked = Asking(str(entry["asked"])) if "asked" in entry else None
    seed = Seed(script, str(entry[script]), wanted, "" if wanted else str(do), "after" in entry, asked)
    if not wanted and do not in (*REFUSALS, UNDO):
        raise ValueError(f"{seed.text!r}: not a refusal: {do!r}")
    seed.check()
    return seed
