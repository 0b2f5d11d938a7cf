"""Values as people say them (percentages, words like `half`, colours, steps), each with the data line that it means."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.language.grammar import OFF, ON, TOGGLE, Refusal, refusal_line
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


def colour(rng: random.Random, script: str, split: str) -> tuple[str, str]:
    """The data line of a random colour or colour temperature, and how it is said."""
    if rng.random() < 0.3:
        kelvin = rng.choice(list(lexicon.load("temperatures")))
        if rng.random() < 0.2:
            kelvin = rng.randrange(2000, 6600, 100)
            return f"    color_temp_kelvin: {kelvin}\n", f"{kelvin}{rng.choice(('K', ' kelvin', 'k', ' K'))}"
        return f"    color_temp_kelvin: {kelvin}\n", say_kind(rng, "temperatures", kelvin, script, split)
    colours = list(lexicon.load("colours"))
    name = rng.choice(colours[:8]) if rng.random() < 0.6 else rng.choice(colours)
    said = say_kind(rng, "colours", name, script if rng.random() < 0.85 else "e", split)
    return f"    color_name: {name}\n", said


def delayed(rng: random.Random, script: str, command: str) -> str:
    """The command with a time or a condition, so that it must not be done at once."""
    number = rng.choice((1, 2, 3, 5, 5, 10, 10, 15, 20, 30, 45, 60))
    hour = rng.randint(1, 12)
    before = {
        "r": (
            f"{number} minute pachi",
            f"{number} minet pachhi",
            "ek chin pachi",
            f"{number} ghanta pachi",
            f"beluka {hour} baje",
            f"bihana {hour} baje",
            f"rati {hour} bajepachi",
            f"{hour} baje",
            "bholi",
            "bholi bihana",
            "sanjha parda",
            "gham astauda",
            "suryasta ma",
            "dhoka khulda",
            "koi auda",
            "ma ghar auda",
            "koi aayo bhane",
            "andhyaro bhayo bhane",
            "harek din",
            "dinahu beluka",
            "pani paryo bhane",
            f"{number} minute ko lagi",
            "ma sutepachi",
            f"{number} second pachi",
            "sabai sutepachi",
            "movie sakiepachi",
            f"aaja rati {hour} baje",
            "pachi",
            "bhare",
            "ek ghanta ma",
        ),
        "d": (
            f"{number} मिनेट पछि",
            f"{number} मिनेटपछि",
            f"बेलुका {hour} बजे",
            f"बिहान {hour} बजे",
            "भोलि",
            "घाम अस्ताउँदा",
            "सूर्यास्तमा",
            "ढोका खुल्दा",
            "कोही आउँदा",
            "म घर आउँदा",
            "कोही आयो भने",
            "अँध्यारो भयो भने",
            "हरेक दिन",
            "दिनहुँ बेलुका",
            f"{number} मिनेटको लागि",
            f"{number} घण्टा पछि",
            f"राति {hour} बजे",
            "म सुतेपछि",
            "भरे",
        ),
        "e": (
            f"in {number} minutes",
            f"after {number} minutes",
            f"at {hour} pm",
            f"at {hour} o'clock",
            "tomorrow",
            "at sunset",
            "when the door opens",
            "when someone comes",
            "when I get home",
            "if it gets dark",
            "every day",
            "every evening",
            f"for {number} minutes",
            "tonight",
            "later",
            "when the movie ends",
            f"in {number} seconds",
            "at sunrise",
        ),
    }[script]
    phrase = rng.choice(before)
    return f"{phrase} {command}" if rng.random() < (0.75 if script != "e" else 0.35) else f"{command} {phrase}"


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
