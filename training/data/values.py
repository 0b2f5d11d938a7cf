"""Values as people say them (percentages, words like `half`, colours, steps), each with the data line that it means."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.language.items import OFF, ON, TOGGLE, Refusal, refusal_line
from custom_components.batti.interpreter.words.fold import fold_name

from .naming import say_kind
from .phrasebook import Phrasebook

_DEGREES = {"half": 50, "full": 100, "minimum": 1, "low": 20, "dim": 30, "medium": 50, "bright": 100}
_STEP = 20  # percent, if no number is said
_KIND_FILES = ("rooms", "floors", "lights")


@dataclass(frozen=True)
class Value:
    """What a command does to lights, and how it is said: `said` fills {V} or {C} of the form."""

    action: str
    form: str
    english_form: str
    verb: str = ""
    said: str = ""
    line: str = ""
    unsaid_line: str = ""  # the line if the form leaves the value out
    colour: str = ""  # said in addition to the value
    colour_line: str = ""


def draw(rng: random.Random, book: Phrasebook, intent: str, script: str, split: str) -> Value:
    """A random value for an intent: switch, percent, degree, colour, both or step."""
    if intent == "switch":
        meaning, action = rng.choices((("turn_on", ON), ("turn_off", OFF), ("toggle", TOGGLE)), (45, 48, 7))[0]
        return Value(action, "switch", meaning, meaning)
    if intent == "percent":
        number = rng.randint(1, 100) if rng.random() < 0.45 else rng.randrange(5, 101, 5)
        return Value(ON, "percent", "percent", "keep", percent(rng, book, number, script, split), brightness(number))
    if intent == "degree":
        word = rng.choice(list(_DEGREES))
        return Value(ON, "degree", "degree", "keep", book.word(word, script), brightness(_DEGREES[word]))
    if intent == "colour":
        line, said = colour(rng, script, split)
        return Value(ON, "colour", "colour", "make", said, line)
    if intent == "both":
        number = rng.randrange(5, 101, 5)
        line, said = colour(rng, script, split)
        value = percent(rng, book, number, script, split)
        return Value(ON, "both", "both", "make", value, brightness(number), colour=said, colour_line=line)
    way, sign = rng.choice((("brighter", ""), ("dimmer", "-")))
    by = rng.choice((5, 10, 10, 15, 20, 25, 30, 40, 50))
    said = percent(rng, book, by, script, split)
    step = f"    brightness_step_pct: {sign}"
    return Value(ON, "step", way, way, said, f"{step}{by}\n", f"{step}{_STEP}\n")


def brightness(number: int) -> str:
    """The data line of a brightness in percent."""
    return f"    brightness_pct: {number}\n"


def refusal(section: str) -> str:
    """The refusal line for a section of `phrases/negatives.yaml` (such as `not_for_lights`)."""
    return refusal_line(Refusal[section.upper()])


def percent(rng: random.Random, book: Phrasebook, number: int, script: str, split: str) -> str:
    """A percentage, in digits or in words."""
    draw_word = rng.random() < 0.35
    if not draw_word:
        digits = (
            "".join(chr(0x966 + int(digit)) for digit in str(number))
            if script == "d" and rng.random() < 0.6
            else str(number)
        )
        return digits + book.word("percent", script)
    word = say_kind(rng, "numbers", number, script, split)
    return f"{word} {book.word('percent', script).strip()}".strip()


def colour(rng: random.Random, script: str, split: str, after_light: bool = False) -> tuple[str, str]:
    """The data line of a random colour or colour temperature, and how it is said.

    `light blue` is a colour only `after_light`, where the lamp is already named: a hall's `light blue` is a blue light.
    """
    if rng.random() < 0.3:
        kelvin = rng.choice(list(lexicon.load("temperatures")))
        if rng.random() < 0.2:
            kelvin = rng.randrange(2000, 6600, 100)
            return f"    color_temp_kelvin: {kelvin}\n", f"{kelvin}{rng.choice(('K', ' kelvin', 'k', ' K'))}"
        return f"    color_temp_kelvin: {kelvin}\n", say_kind(rng, "temperatures", kelvin, script, split)
    colours = list(lexicon.load("colours"))
    name = rng.choice(colours[:8]) if rng.random() < 0.6 else rng.choice(colours)
    said = say_kind(rng, "colours", name, script if rng.random() < 0.85 else "e", split)
    if not after_light and " " in said and said in (lexicon.load("colours")[name].get("ambiguous") or ()):
        return colour(rng, script, split)
    return f"    color_name: {name}\n", said


_UNITS = {
    "r": {
        "seconds": ("second", "sekend", "sec"),
        "minutes": ("minute", "minet", "minut", "min"),
        "hours": ("ghanta", "ghantaa", "hour"),
        "days": ("din",),
    },
    "d": {
        "seconds": ("सेकेन्ड", "सेकेण्ड"),
        "minutes": ("मिनेट", "मिनट"),
        "hours": ("घण्टा", "घन्टा"),
        "days": ("दिन",),
    },
    "e": {
        "seconds": ("seconds", "secs", "sec"),
        "minutes": ("minutes", "mins", "min", "minute"),
        "hours": ("hours", "hrs", "hour"),
        "days": ("days",),
    },
}
_SPANS = {  # durations without a number
    "r": {
        "30 minutes": ("aadha ghanta", "adha ghanta"),
        "90 minutes": ("dedh ghanta", "der ghanta"),
        "150 minutes": ("adhai ghanta", "arhai ghanta"),
        "1 hours": ("ek ghanta",),
        "2 hours": ("dui ghanta",),
        "1 minutes": ("ek minet", "ek chin", "ekchin"),
    },
    "d": {
        "30 minutes": ("आधा घण्टा", "आधा घन्टा"),
        "90 minutes": ("डेढ घण्टा",),
        "150 minutes": ("अढाई घण्टा",),
        "1 hours": ("एक घण्टा",),
        "2 hours": ("दुई घण्टा",),
        "1 minutes": ("एक मिनेट", "एकछिन"),
    },
    "e": {
        "30 minutes": ("half an hour", "half hour"),
        "15 minutes": ("a quarter of an hour", "quarter of an hour"),
        "90 minutes": ("an hour and a half",),
        "1 hours": ("an hour", "one hour"),
        "1 minutes": ("a minute", "one minute"),
        "2 minutes": ("a couple of minutes",),
    },
}
_AMOUNTS = {
    "seconds": (5, 10, 15, 20, 30, 40, 45),
    "minutes": (2, 3, 5, 5, 10, 10, 15, 20, 25, 30, 40, 45),
    "hours": (1, 2, 3, 4, 5, 6, 8),
    "days": (2, 3, 5, 7),
}
_CLOCKS = {  # minutes past the hour that is said, and the form
    "r": ((0, "{h} baje"), (0, "{h} baje"), (30, "sadhe {h} baje"), (15, "sawa {h} baje"), (-15, "pauna {h} baje")),
    "d": ((0, "{h} बजे"), (0, "{h} बजे"), (30, "साढे {h} बजे"), (15, "सवा {h} बजे"), (-15, "पौने {h} बजे")),
    "e": ((0, "{h}"), (0, "{h} o'clock"), (30, "half past {h}"), (15, "quarter past {h}"), (-15, "quarter to {h}")),
}


def duration(rng: random.Random, script: str, split: str) -> tuple[str, str]:
    """A duration as the model writes it (`5 minutes`), and how it is said."""
    if rng.random() < 0.25:
        amount = rng.choice(list(_SPANS[script]))
        return amount, rng.choice(_SPANS[script][amount])
    unit = rng.choices(list(_AMOUNTS), (2, 6, 2, 0.3))[0]
    number = rng.choice(_AMOUNTS[unit]) if rng.random() < 0.7 else rng.randint(1, 24 if unit == "hours" else 30)
    return f"{number} {unit}", f"{_number(rng, number, script, split)} {rng.choice(_UNITS[script][unit])}"


def clock(rng: random.Random, script: str, split: str) -> tuple[str, str]:
    """A clock time as the model writes it (`5:30`), and how it is said."""
    hour = rng.randint(1, 12)
    if rng.random() < 0.35:
        minute = rng.choice((0, 15, 30, 45, rng.randrange(0, 60, 5), rng.randrange(60)))
        hour = rng.randint(13, 23) if rng.random() < 0.15 else hour
        said = f"{hour}:{minute:02}"
        if script == "d" and rng.random() < 0.7:
            said = _devanagari(said)
        return f"{hour}:{minute:02}", f"{said} {_CLOCKS[script][0][1].split()[-1]}" if script != "e" else said
    minutes, form = rng.choice(_CLOCKS[script])
    said = form.replace("{h}", _number(rng, hour, script, split))
    hour, minute = divmod(hour * 60 + minutes, 60)
    return f"{hour or 12}:{minute:02}", said


def _number(rng: random.Random, number: int, script: str, split: str) -> str:
    """A number in digits or in words."""
    if number in lexicon.load("numbers") and rng.random() < 0.35:
        return say_kind(rng, "numbers", number, script, split)
    return _devanagari(str(number)) if script == "d" and rng.random() < 0.6 else str(number)


def _devanagari(digits: str) -> str:
    return "".join(chr(0x966 + int(one)) if one.isdecimal() else one for one in digits)


@cache
def _kinds() -> dict[tuple[str, ...], tuple[str, object]]:
    return {
        fold_name(spelling): (file, kind)
        for file in _KIND_FILES
        for kind, entry in lexicon.load(file).items()
        for spelling in lexicon.spellings(entry)
    }


def kind_of(name: str) -> tuple[str, object] | None:
    """The lexicon's file and kind that a whole name belongs to, if any."""
    return _kinds().get(fold_name(name))
