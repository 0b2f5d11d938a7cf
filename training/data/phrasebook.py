"""Random words, verb forms and sentence forms of one split, from `phrases/*.yaml`.

A script is `r` (romanised Nepali), `d` (Devanagari) or `e` (English). The test split uses the held-out phrases, if there
are any, so that it shares no verb form and no sentence form with training.
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
_PLAIN = 0.35  # share of plain imperatives among verb forms in training
_SLOT = re.compile(r"\{(\w+)\}")


@cache
def load(name: str) -> Any:
    """One file of phrases, by its name without `.yaml`."""
    # BaseLoader: `on` and `off` are strings here, not booleans.
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506


def split_of(entry: Mapping[str, Any], split: str) -> Any:
    """The part of an entry (`train` or `held_out`) that a split may use."""
    return entry["held_out"] if split == TEST and entry.get("held_out") else entry["train"]


class Phrasebook:
    """Draws random phrases for one split."""

    def __init__(self, rng: random.Random, split: str = TRAIN) -> None:
        """Keep the random generator: with one generator for all, a seed gives the same data set again."""
        self.rng, self.split = rng, split
        self.used: list[str] = []  # forms and verb forms drawn since the last sentence, for the leak check

    def word(self, key: str, script: str) -> str:
        """A spelling of a short word (`ko`, `and`, `then` …)."""
        entry = load("words")[key]
        return str(self.rng.choice(entry.get(script) or entry["r"]))

    def form(self, section: str, script: str) -> str:
        """A sentence form of a section (`switch`, `place` …)."""
        entry = load("forms")[section]
        language = "english" if script == "e" else "nepali"
        forms = split_of(entry[language], self.split)
        if section == "statement" and language == "nepali":
            forms = [form for form in forms if is_devanagari(form) == (script == "d")]
        return self._note(self.rng.choice(forms))

    def verb(self, meaning: str, script: str, joining: bool = False) -> str:
        """A form of a verb with this meaning; `script` is r or d. `joining`: another command follows it."""
        verbs = load("verbs")
        first, stem = self.rng.choice(split_of(verbs["meanings"][meaning], self.split))
        romanised, devanagari, paradigm = verbs["stems"][stem]
        joined = verbs["joining"][paradigm]
        several = joined if joining else split_of(verbs["paradigms"][paradigm], self.split)
        # The plain imperative is by far the most common form. Drawn like any other it would be rarer in commands than in
        # sentences to refuse, and the model would learn to refuse it.
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
        """Fill the braces of a form; `script` is called for each word, so that scripts can mix."""

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
        # Words of politeness are no sentence form, so both splits may use the same ones.
        return str(phrase) if section == "politeness" else self._note(phrase)

    def _note(self, drawn: object) -> str:
        self.used.append(str(drawn))
        return str(drawn)

    def device(self, script: str) -> str:
        """A device that is not a light."""
        return str(self.rng.choice(load("negatives")["device"][script]))


def is_devanagari(text: str) -> bool:
    """Whether a text contains a Devanagari letter."""
    return any("\u0900" <= character <= "\u097f" for character in text)
