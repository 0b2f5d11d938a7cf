"""The phrases of `phrases/*.yaml`, ready to be drawn from: words, verb forms and sentence forms of one split.

A script is `r` (romanised Nepali), `d` (Devanagari) or `e` (English). The test split draws from what is held out, where
something is, so that it shares no verb form and no sentence form with training.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "phrases"
TRAIN, VALIDATION, TEST = "train", "validation", "test"
_PLAIN = 0.35  # of verb forms in training
_SLOT = re.compile(r"\{(\w+)\}")


@cache
def load(name: str) -> Any:
    """One file of phrases, by its name without `.yaml`."""
    # BaseLoader: on and off are words here, not truth values.
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506


def split_of(entry: Mapping[str, Any], split: str) -> Any:
    """What a split may draw from, of an entry with `train` and `held_out`."""
    return entry["held_out"] if split == TEST and entry.get("held_out") else entry["train"]


class Phrasebook:
    """Draws phrases for one split with one source of randomness."""

    def __init__(self, rng: random.Random, split: str = TRAIN) -> None:
        """Keep the source of randomness, so that one seed gives one data set."""
        self.rng, self.split = rng, split
        self.used: list[str] = []  # forms and verb forms drawn since the last sentence, for the leak check

    def word(self, key: str, script: str) -> str:
        """One of the ways to write a little word."""
        entry = load("words")[key]
        return str(self.rng.choice(entry.get(script) or entry["r"]))

    def form(self, section: str, script: str) -> str:
        """One of the sentence forms of a section (`switch`, `place` …)."""
        entry = load("forms")[section]
        language = "english" if script == "e" else "nepali"
        forms = split_of(entry[language], self.split)
        if section == "statement" and language == "nepali":
            forms = [form for form in forms if is_devanagari(form) == (script == "d")]
        return self._note(self.rng.choice(forms))

    def verb(self, meaning: str, script: str, joining: bool = False) -> str:
        """One form of one verb that has the meaning; `script` is r or d. `joining`: what follows is done after it."""
        verbs = load("verbs")
        first, stem = self.rng.choice(split_of(verbs["meanings"][meaning], self.split))
        romanised, devanagari, paradigm = verbs["stems"][stem]
        joined = verbs["joining"][paradigm]
        several = joined if joining else split_of(verbs["paradigms"][paradigm], self.split)
        # The plain imperative is by far the most said. Drawn like any other form it would be rarer in commands than in what
        # is refused, and a model learns from that to refuse it.
        plain = self.split == TRAIN and not joining and self.rng.random() < _PLAIN
        endings = several[0] if plain else self.rng.choice(several)
        column = 1 if script == "d" else 0
        verb = (devanagari if script == "d" else romanised) + endings[column]
        if not joining:
            self._note(f"{stem}: {verb}")
        if not first:
            return str(verb)
        return f"{self.rng.choice(verbs['words'][first])[column]} {verb}".strip()

    def fill(self, form: str, script: Callable[[], str], slots: Mapping[str, str]) -> str:
        """Put words into the braces of a form; `script` is asked for each word, so that scripts can mix."""

        def put(match: re.Match[str]) -> str:
            name = match[1]
            return slots[name] if name in slots else self.word(name, script())

        return _SLOT.sub(put, form)

    def phrase(self, file: str, section: str, script: str) -> str:
        """A whole phrase of a file that lists them by script (`negatives`, `fillers`)."""
        entry = load(file)[section]
        if self.split == TEST and entry.get("held_out", {}).get(script):
            entry = entry["held_out"]
        phrase = self.rng.choice(entry[script])
        # Little words of politeness are the same for everybody; they are no form of a sentence.
        return str(phrase) if section == "politeness" else self._note(phrase)

    def _note(self, drawn: object) -> str:
        self.used.append(str(drawn))
        return str(drawn)

    def device(self, script: str) -> str:
        """Something in a home that is no light."""
        return str(self.rng.choice(load("negatives")["device"][script]))


def is_devanagari(text: str) -> bool:
    """Whether a text has a Devanagari letter."""
    return any("\u0900" <= character <= "\u097f" for character in text)
