"""The answer, in the script that the speaker used: romanised Nepali, Devanagari or English.

The texts are in `replies.yaml`; this file only combines them. Things have the names that the speaker used.

>>> script_of("bhansa ko batti bala"), script_of("भान्साको बत्ती बाल"), script_of("kitchen light off")
(<Script.ROMAN: 'roman'>, <Script.DEVANAGARI: 'devanagari'>, <Script.ENGLISH: 'english'>)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import lexicon
from .errors import BattiError
from .home import Home
from .language.items import ALL, HERE, REST, UNDO
from .language.plan import Action, Plan, Question, lights_of
from .words.fold import fold_name

_MOST_OPTIONS = 6


class Script(StrEnum):
    """How a sentence is written."""

    ROMAN = "roman"
    DEVANAGARI = "devanagari"
    ENGLISH = "english"


@dataclass(frozen=True)
class Unable:
    """A light that did not do what was asked, and why: brightness, color, color_temp, unavailable, unauthorized, failed."""

    entity_id: str
    name: str
    what: str


@dataclass(frozen=True)
class Description:
    """The state of some lights: what the speaker called them, the names of those that are on, how many there are."""

    said: tuple[str, ...]
    on: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Outcome:
    """The result of a plan: lights that were called, lights that could not be, and lights that were asked about."""

    changed: tuple[str, ...] = ()
    unable: tuple[Unable, ...] = ()
    described: tuple[Description, ...] = ()


@cache
def _texts() -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / "replies.yaml").read_text(encoding="utf-8")
    data: dict[str, dict[str, str]] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (on and off stay words)
    return data


@cache
def _typical_words(script: str) -> frozenset[str]:
    return frozenset(fold_name(_texts()["telling"][script]))


def script_of(text: str) -> Script:
    """The script of a sentence; for a mixed one, the best script for the answer."""
    devanagari = sum("\u0900" <= character <= "\u097f" for character in text)
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if devanagari and 2 * devanagari >= latin:
        return Script.DEVANAGARI
    words = fold_name(text)
    # Romanised Nepali often has English words (light off gara); English sentences have no Nepali words.
    nepali = 2 * sum(word in _typical_words("roman") for word in words)
    english = sum(word in _typical_words("english") for word in words)
    return Script.ENGLISH if english > nepali else Script.ROMAN


def reply(text: str, plan: Plan, outcome: Outcome, home: Home) -> str:
    """Say what was done, what was not, and why.

    Args:
        text: the sentence to answer; it decides the script.
        plan: what was understood.
        outcome: the result of the plan.
    """
    say = _Sayer(script_of(text))
    if plan.question:
        return say.question(plan.question)
    if plan.refusal:
        return say.texts[plan.refusal.value]
    if any(action.action == UNDO for action in plan.actions):
        return say.texts["undo"]
    reached = [action for action in plan.calls if _any_changed(action, outcome, home)]
    parts = [say.done(action) for action in reached]
    parts += map(say.description, outcome.described)
    parts += [say.text("unknown", what=say.lights((heard,)) if heard else say.texts["all"]) for heard in plan.unknown]
    parts += dict.fromkeys(say.text(unable.what, name=unable.name) for unable in outcome.unable)
    return say.sentence(parts or [say.texts["nothing"]])


def error_reply(text: str, error: BattiError | str) -> str:
    """Say that something went wrong, and what to do."""
    texts = _texts()[script_of(text).value]
    return texts.get(error if isinstance(error, str) else type(error).__name__, texts["error"])


class _Sayer:
    """Makes the texts of one script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.texts = _texts()[script.value]

    def text(self, key: str, **slots: object) -> str:
        """A text with its slots filled; values may contain braces, so nothing is formatted twice."""
        return self.texts[key].format(**slots)

    def done(self, action: Action) -> str:
        """Say that one action was done."""
        what = self.lights(action.said, named=action.target.keys() <= {"entity_id"})
        data = dict(action.data)
        if (step := data.get("brightness_step_pct")) is not None:
            return self.text("brighter" if int(step) > 0 else "dimmer", what=what, n=abs(int(step)))
        for key in ("color_name", "color_temp_kelvin", "brightness_pct"):
            if key in data:
                return self.text(key, what=what, n=data[key], colour=self._colour(data.get("color_name")))
        return self.text(action.action.partition(".")[2], what=what)

    def description(self, description: Description) -> str:
        """Say whether lights are all on or all off, or which are on."""
        what = self.lights(description.said, named=description.count == 1)
        if not description.on:
            return self.text("are_off", what=what)
        if len(description.on) == description.count:
            return self.text("are_on", what=what)
        more = len(description.on) - _MOST_OPTIONS
        names = ", ".join(description.on[:_MOST_OPTIONS]) + (f" +{more}" if more > 0 else "")
        return self.text("some_on", what=what, names=names)

    def lights(self, said: Iterable[str], named: bool = False) -> str:
        """The lights as the speaker called them: a light by its name alone (`named`), a room with the word for lights."""
        said = tuple(said)
        if said in ((ALL,), (REST,)):
            return self.texts["all" if said == (ALL,) else "rest"]
        names = [name for name in said if name not in (ALL, HERE, REST)]
        if not names:
            return self.texts["here"]
        joined = self.texts["and"].join(part for part in (", ".join(names[:-1]), names[-1]) if part)
        return joined if named else self.text("lights", what=joined)

    def question(self, question: Question) -> str:
        """Ask back; a question mark at the end keeps the conversation open."""
        options = question.options[:_MOST_OPTIONS]
        return self._tidy(self.text(question.asking.value, heard=question.heard, options=", ".join(options)))

    def sentence(self, parts: list[str]) -> str:
        """Join parts into one sentence."""
        text = self._tidy(", ".join(parts))
        return text + ("।" if self.script is Script.DEVANAGARI else ".")

    def _colour(self, name: Any) -> str:
        if self.script is Script.ENGLISH or name is None:
            return str(name)
        key = "romanised" if self.script is Script.ROMAN else "devanagari"
        return str(lexicon.load("colours")[name][key][0])

    @staticmethod
    def _tidy(text: str) -> str:
        text = " ".join(text.split()).replace("? ?", "?").replace("??", "?")
        return text[:1].upper() + text[1:]


def _any_changed(action: Action, outcome: Outcome, home: Home) -> bool:
    return not set(lights_of(action, home)).isdisjoint(outcome.changed)
