"""The answer, in the script that the speaker used: romanised Nepali, Devanagari or English.

The texts are in `replies.yaml`; this file only combines them. Things have the names that the speaker used.

>>> script_of("bhansa ko batti bala"), script_of("भान्साको बत्ती बाल"), script_of("kitchen light off")
(<Script.ROMAN: 'roman'>, <Script.DEVANAGARI: 'devanagari'>, <Script.ENGLISH: 'english'>)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from . import lexicon
from .errors import BattiError
from .home import Home
from .language.items import ALL, HERE, REST, UNDO
from .language.plan import Action, Plan, Question, lights_of
from .words.fold import fold_name

_MOST_NAMES = 6
# Lights that were called, but for which "done" would say too much; each has a text of its own.
_HALF_DONE = ("only_on", "waiting")


class Script(StrEnum):
    """How a sentence is written."""

    ROMAN = "roman"
    DEVANAGARI = "devanagari"
    ENGLISH = "english"


@dataclass(frozen=True)
class Unable:
    """A light that did not do all that was asked, and why.

    `what`: brightness, color, color_temp, unavailable, unauthorized, failed, waiting (it was told, and has not reported yet)
    or only_on (it cannot be dimmed, so it was only turned on).
    """

    entity_id: str
    name: str
    what: str


@dataclass(frozen=True)
class Description:
    """The state of some lights.

    Attributes:
        said: what the speaker called them.
        on: the names of those that are on.
        count: how many there are, without those that cannot be reached.
        unreachable: the names of those that cannot be reached.
        ask: what was asked: nothing (whether they are on), count, brightness or color.
        shown: for brightness (`40%`) and color (`red`, `2700 K`), what each light in `on` shows, as text.
    """

    said: tuple[str, ...]
    on: tuple[str, ...]
    count: int
    unreachable: tuple[str, ...] = ()
    ask: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The result of a plan.

    Attributes:
        changed: the entity ids of the lights that were called.
        unable: lights that did not do all that was asked.
        described: lights that were asked about.
        now_pct: the brightness of each light that was made brighter or dimmer, after that; 0 is off.
    """

    changed: tuple[str, ...] = ()
    unable: tuple[Unable, ...] = ()
    described: tuple[Description, ...] = ()
    now_pct: Mapping[str, int] = field(default_factory=dict)


@cache
def _texts() -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / "replies.yaml").read_text(encoding="utf-8")
    data: dict[str, dict[str, str]] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (on and off stay words)
    return data


@cache
def _typical_words(script: str) -> frozenset[str]:
    return frozenset(fold_name(_texts()["telling"][script]))


def script_of(text: str, language: str = "") -> Script:
    """The script of a sentence; for a mixed one, the best script for the answer.

    Args:
        text: the sentence.
        language: the language that the assistant is set to (`ne`, `en-GB`); it decides where the words do not.

    >>> script_of("sofa lamp blue", "en"), script_of("sofa lamp blue", "ne"), script_of("sofa lamp nilo", "en")
    (<Script.ENGLISH: 'english'>, <Script.ROMAN: 'roman'>, <Script.ROMAN: 'roman'>)
    """
    devanagari = sum("\u0900" <= character <= "\u097f" for character in text)
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if devanagari and 2 * devanagari >= latin:
        return Script.DEVANAGARI
    words = fold_name(text)
    # Romanised Nepali often has English words (light off gara); English sentences have no Nepali words.
    nepali = 2 * sum(word in _typical_words("roman") for word in words)
    english = sum(word in _typical_words("english") for word in words)
    if english == nepali == 0:
        return Script.ENGLISH if language.lower().partition("-")[0] == "en" else Script.ROMAN
    return Script.ENGLISH if english > nepali else Script.ROMAN


def reply(text: str, plan: Plan, outcome: Outcome, home: Home, language: str = "") -> str:
    """Say what was done, what was not, and why.

    Args:
        text: the sentence to answer; it decides the script.
        plan: what was understood.
        outcome: the result of the plan.
        home: the home that the plan is for.
        language: the language that the assistant is set to; it decides the script where the sentence does not.
    """
    say = _Sayer(script_of(text, language))
    if plan.question:
        return say.question(plan.question)
    if plan.refusal:
        return say.texts[plan.refusal.value]
    if any(action.action == UNDO for action in plan.actions):
        return say.texts["undo"]
    parts = [
        say.done(action, _now(action, done, outcome)) for action in plan.calls if (done := _done(action, outcome, home))
    ]
    parts += map(say.description, outcome.described)
    parts += [say.text("unknown", what=say.lights((heard,)) if heard else say.texts["all"]) for heard in plan.unknown]
    parts += say.unable(outcome.unable)
    if plan.left_out:
        parts.append(say.texts["left_out"])
    return say.sentence(parts or [say.texts["nothing"]])


def error_reply(text: str, error: BattiError | str, language: str = "") -> str:
    """Say that something went wrong, and what to do; `language` is that of the assistant."""
    texts = _texts()[script_of(text, language).value]
    return texts.get(error if isinstance(error, str) else type(error).__name__, texts["error"])


class _Sayer:
    """Makes the texts of one script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.texts = _texts()[script.value]

    def text(self, key: str, **slots: object) -> str:
        """A text with its slots filled; values may contain braces, so nothing is formatted twice."""
        return self.texts[key].format(**slots)

    def done(self, action: Action, now: Collection[int] = ()) -> str:
        """Say that one action was done; `now` has the brightness of its lights after it, where that is of interest."""
        what = self.lights(action.said, named=action.target.keys() <= {"entity_id"})
        data = dict(action.data)
        lit = sorted(pct for pct in now if pct)
        if (step := data.get("brightness_step_pct")) is not None:
            if now and not lit:
                return self.text("are_off", what=what)
            done = self.text("brighter" if int(step) > 0 else "dimmer", what=what, percent=f"{abs(int(step))}%")
            done = self._rounded(done, action)
            return f"{done}, {self.text('now', percent=self._percent(lit))}" if lit else done
        for key in ("color_name", "color_temp_kelvin"):
            if key in data:
                return self.text(key, what=what, n=data[key], colour=self._colour(str(data[key])))
        if "brightness_pct" in data:
            percent = self._percent(lit or [int(data["brightness_pct"])])
            return self._rounded(self.text("brightness_pct", what=what, percent=percent), action)
        return self.text(action.action.partition(".")[2], what=what)

    def unable(self, unable: Iterable[Unable]) -> list[str]:
        """Say what could not be done, once for all lights with the same reason."""
        names: dict[str, list[str]] = {}
        for one in unable:
            names.setdefault(one.what, []).append(one.name)
        return [self.text(what, name=self._names(dict.fromkeys(several))) for what, several in names.items()]

    def description(self, description: Description) -> str:
        """Say what was asked about lights: whether they are on, how many are, how bright, in which colour."""
        reached, unreachable = description.count, description.unreachable
        what = self.lights(description.said, named=reached + len(unreachable) == 1)
        if not reached and not unreachable:
            return self.text("unknown", what=what)
        parts = [self._state(description, what)] if reached else []
        if unreachable:
            # The name that the speaker used, where it is clear which light that is.
            alone = not reached and len(unreachable) == 1
            parts.append(self.text("unavailable", name=what if alone else self._names(unreachable)))
        return ", ".join(parts)

    def _state(self, description: Description, what: str) -> str:
        """The state of the lights that can be reached; there are some."""
        on, count = description.on, description.count
        if description.ask == "count":
            return self.text("count_is", what=what, n=len(on), count=count)
        if not on:
            return self.text("are_off", what=what)
        if any(description.shown):
            return self._shown(description, what)
        if len(on) == count:
            return self.text("are_on", what=what)
        return self.text("some_on", what=what, names=self._names(on))

    def _shown(self, description: Description, what: str) -> str:
        """How bright lights are or in which colour, once for all that show the same."""
        lights: dict[str, list[str]] = {}
        for name, shown in zip(description.on, description.shown, strict=True):
            lights.setdefault(shown, []).append(name)

        def one(names: str, shown: str) -> str:
            if not shown:  # a lamp that can only be on or off
                return self.text("are_on", what=names)
            return self.text(f"{description.ask}_is", what=names, shown=self._colour(shown))

        if len(lights) == 1 and len(description.on) == description.count:
            return one(what, description.shown[0])
        groups = list(lights.items())
        more = sum(len(names) for _, names in groups[_MOST_NAMES:])
        parts = [one(self._names(names), shown) for shown, names in groups[:_MOST_NAMES]]
        return f"{what}: " + ", ".join(parts) + (f" +{more}" if more else "")

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
        options = question.options[:_MOST_NAMES]
        return self._tidy(self.text(question.asking.value, heard=question.heard, options=", ".join(options)))

    def sentence(self, parts: list[str]) -> str:
        """Join parts into one sentence."""
        text = self._tidy(", ".join(parts))
        return text + ("।" if self.script is Script.DEVANAGARI else ".")

    def _names(self, names: Collection[str]) -> str:
        """The first names, and how many more there are: nobody listens to a long list."""
        more = len(names) - _MOST_NAMES
        return ", ".join(list(names)[:_MOST_NAMES]) + (f" +{more}" if more > 0 else "")

    def _percent(self, several: Sequence[int]) -> str:
        """One brightness, or from the lowest to the highest of several."""
        low, high = min(several), max(several)
        return f"{low}%" if low == high else self.text("range", low=low, high=high)

    def _rounded(self, done: str, action: Action) -> str:
        return self.text("rounded", done=done, heard=action.rounded) if action.rounded else done

    def _colour(self, name: str) -> str:
        """The colour in the speaker's language; what is not the name of one (`40%`, `2700 K`) stays."""
        if self.script is Script.ENGLISH or name not in lexicon.COLOURS:
            return name
        key = "romanised" if self.script is Script.ROMAN else "devanagari"
        return str(lexicon.load("colours")[name][key][0])

    @staticmethod
    def _tidy(text: str) -> str:
        text = " ".join(text.split()).replace("? ?", "?").replace("??", "?")
        return text[:1].upper() + text[1:]


def _done(action: Action, outcome: Outcome, home: Home) -> set[str]:
    """The lights of an action that did all that was asked."""
    half_done = {unable.entity_id for unable in outcome.unable if unable.what in _HALF_DONE}
    return set(lights_of(action, home)).intersection(outcome.changed) - half_done


def _now(action: Action, done: Iterable[str], outcome: Outcome) -> set[int]:
    """The brightness of lights after an action that did not say it as a number."""
    if action.dims:
        asked = int(action.data["brightness_pct"])
        return {outcome.now_pct.get(light, asked) for light in done}
    if "brightness_step_pct" in action.data:
        return {outcome.now_pct[light] for light in done if light in outcome.now_pct}
    return set()
