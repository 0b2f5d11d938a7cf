"""Sentences built from parts, with the answer that the model must write for each.

Names in the parts stand between two private-use characters (`answers.py`). For a name that the integration recognises the
model must write its marker; for any other (the home does not have it) the words as they were said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import (
    ALL,
    DESCRIBE,
    HERE,
    LABEL_PREFIX,
    ON,
    RECURRING,
    REFUSE,
    SPECIAL_LABELS,
    UNDO,
    action_line,
    label_line,
)
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.mentions import Marked
from custom_components.batti.interpreter.words.fold import fold

from . import misspelling, values
from .answers import CLOSE, MARKED_NAME, OPEN, Clause, cut_out, label_of, lines_of, said_of, words_of
from .calling import Caller
from .naming import say_name, trained_rooms
from .phrasebook import TEST

_ENDS = (", ", " ", ". ", "! ")
_ASKED = {  # what a question of negatives.yaml is about, besides whether lights are on
    "count": re.compile("how many|kati w?ota|कतिवटा"),
    "brightness": re.compile("how bright|percent|kati ujyalo|brightness|प्रतिशत|ब्राइटनेस"),
    "color": re.compile("kun rang|what colour|कुन रङ"),
}
_SAID_NAME = re.compile(f"{OPEN}(.*?){CLOSE}")


@dataclass(frozen=True)
class Example:
    """One sentence: as typed, as the model sees it, the answer it must write, and the slices it counts in.

    `names` has the folded words that each label stands for: those in the sentence, and those in the lines before.
    """

    text: str
    marked: str
    names: Mapping[str, str]
    answer: str
    intent: str
    script: str
    forms: tuple[str, ...]  # the sentence forms and verb forms in it
    previous: str = ""  # what was asked and the answer to the sentence before, if any
    noisy: bool = False  # whether it has typos
    lights: int = 0  # of the home

    @property
    def named(self) -> list[str]:
        """The folded words of all names in the answer."""
        lines = (line.removeprefix(LABEL_PREFIX) for line in self.answer.splitlines() if line.startswith(LABEL_PREFIX))
        labels = (label.split() for label in lines if label not in (*SPECIAL_LABELS, *RECURRING))
        return [" ".join(self.names.get(word, word) for word in words) for words in labels]


class Speaker(Caller):
    """A person in a home; one speaker says many sentences."""

    def __init__(self, rng: random.Random, home: Home, split: str) -> None:
        """Index the home's names, once for all sentences."""
        super().__init__(rng, home, split)
        self.index = NameIndex(home)

    def say(self) -> Example:
        """One sentence with its answer."""
        while True:
            example = self._try()
            # A typo can delete a whole name; then nothing is left that could be meant.
            if label_line("") not in example.answer and example.marked and not self._leaks(example):
                return example

    def _leaks(self, example: Example) -> bool:
        """Whether a test sentence names a room as training does: a typo can turn a held-out spelling into a trained one."""
        return self.split == TEST and not trained_rooms().isdisjoint(example.named)

    def _try(self) -> Example:
        script = self.rng.choices("rde", (52, 26, 22))[0]
        self._mix = self.rng.choice((0.0, 0.0, 0.0, 0.1, 0.3)) if script != "e" else 0.0
        self._english_names = self.rng.random() < 0.4
        self.script, self._said = script, 0
        self.book.used.clear()
        draw = self.rng.random()
        if draw < 0.18:
            return self._refusal()
        clauses, text = self._command(1 if draw < 0.66 else 2 if draw < 0.95 else 3)
        draw = self.rng.random()
        if draw < 0.02:
            text = self._beside(text, "forbidden")
        elif draw < 0.06:
            text = self._beside(text, "not_for_lights")
            clauses.append(Clause(REFUSE, []))
        return self._example(self._surrounded(text), clauses)

    def _beside(self, text: str, section: str) -> str:
        """A command together with a sentence that changes nothing."""
        then = f" {self.book.word('then', self.script)} "
        other, between = self._filled(section), self.rng.choice((", ", " ", then) if section == "forbidden" else _ENDS)
        return f"{other}{between}{text}" if self.rng.random() < 0.5 else f"{text}{between}{other}"

    # -- commands

    def _command(self, count: int) -> tuple[list[Clause], str]:
        clauses: list[Clause] = []
        text = ""
        # Nepali can join two commands by the verb form alone (nibhaera …), without a word for "and".
        joining = count == 2 and self.script != "e" and self.rng.random() < 0.2
        for index in range(count):
            bare = index > 0 and self.rng.random() < 0.3
            clause, part = self._clause(bare=bare, alone=count == 1, joining=joining and index == 0)
            clauses.append(clause)
            between = "" if joining and self.rng.random() < 0.8 else self.book.word("then", self._word_script())
            text = f"{text} {between} {part}" if index else part
        if count == 1 and self.rng.random() < 0.05:
            form = self.book.form("correction", self.script)
            text = self.book.fill(form, self._word_script, {"X": self._place_name(), "S": text})
        return clauses, text

    def _clause(self, bare: bool, alone: bool, joining: bool) -> tuple[Clause, str]:
        intents = ("switch", "percent", "degree", "colour", "step", "both")
        intent = self.rng.choices(intents, (47, 16, 8, 18, 8, 3))[0]
        kind = self.rng.choices(("place", "lamp", "everything", "here"), (54, 25, 10, 11) if alone else (62, 30, 4, 4))[
            0
        ]
        if intent == "switch" and kind == "here" and alone and self.rng.random() < 0.12:
            return Clause(ON, [HERE], "here"), self.book.form("statement", self.script)
        clause = Clause(ON, self._targets(kind), kind)
        phrase = self._noun_phrase(clause)
        # Everything except a room; sometimes a room or floor except something in it.
        if self.rng.random() < {"everything": 0.25, "place": 0.03}.get(kind, 0.0):
            draw = self._place_name if kind == "everything" or self.rng.random() < 0.5 else self._light_name
            clause.exceptions = [self._name(draw()) for _ in range(self.rng.choice((1, 1, 1, 2)))]
            form = self.book.form("except", self.script)
            joint = f" {self.book.word('and', self.script)} "
            phrase = self.book.fill(form, self._word_script, {"X": joint.join(clause.exceptions), "L": phrase})
        return clause, self._sentence(intent, clause, phrase, bare, joining)

    def _sentence(self, intent: str, clause: Clause, phrase: str, bare: bool, joining: bool) -> str:
        value = values.draw(self.rng, self.book, intent, self.script, self.split)
        clause.action = value.action
        english = self.script == "e"
        form = self.book.form(value.english_form if english else value.form, self.script)
        line = value.unsaid_line if "{V}" not in form and value.unsaid_line else value.line
        clause.data = [part for part in (line, value.colour_line) if part]
        slots = {"L": phrase, "V": value.said, "C": value.colour or value.said, "T": self._joined(clause)}
        if not english:
            slots["verb"] = self.book.verb(value.verb, self._word_script(), joining)
            if bare and value.said and not (value.unsaid_line or value.colour):
                form = self.rng.choice(("{L} {V}", "{L} {V} {ma}", "{L} {V} {verb}"))
            elif joining and "{verb}" in form:
                form = "{L} {verb}" if not value.said else "{L} {V} {verb}"
                form = "{L} {V} {C} {verb}" if value.colour else form
                clause.data = [part for part in (value.line, value.colour_line) if part]
        text = " ".join(self.book.fill(form, self._word_script, slots).split())
        return self.book.form("polite", "e").replace("{S}", text) if english and not bare else text

    def _noun_phrase(self, clause: Clause) -> str:
        form = self.book.form(clause.kind, self.script)
        return self.book.fill(form, self._word_script, {"T": self._joined(clause)})

    def _joined(self, clause: Clause) -> str:
        """`A`, `A ra B`, `A, B ra C`; sometimes with a postposition after each name, or with a word for "both"."""
        if clause.kind in ("everything", "here"):
            return ""
        each = f" {self.book.word('ko', self.script)}" if self.script != "e" and self.rng.random() < 0.25 else ""
        names = [name + (each if index + 1 < len(clause.names) else "") for index, name in enumerate(clause.names)]
        if len(names) == 1:
            return names[0]
        comma = self.rng.choice((", ", ", ", " ", f" {self.book.word('and', self.script)} "))
        text = f"{comma.join(names[:-1])} {self.book.word('and', self._word_script())} {names[-1]}"
        if len(names) == 2 and self.rng.random() < 0.12:
            both = self.book.word("both", self.script)
            text = f"both {text}" if self.script == "e" else f"{text} {both}"
        return text

    # -- sentences that change nothing

    def _refusal(self) -> Example:
        section = self.rng.choices(
            ("forbidden", "later", "not_for_lights", "unclear", "describe", "undo"), (24, 8, 34, 10, 10, 4)
        )[0]
        text = self._fill_refused(self.book.phrase("negatives", section, self.script))
        if section == "describe":
            return self._question(text)
        if section in ("forbidden", "not_for_lights") or self.rng.random() < 0.2:
            text = self._surrounded(text, often=0.5)
        return self._refused(text, action_line(UNDO) if section == "undo" else values.refusal(section), section)

    def _question(self, text: str) -> Example:
        names = [OPEN + name + CLOSE for name in dict.fromkeys(_SAID_NAME.findall(text))]
        asked = [f"    ask: {what}\n" for what, words in _ASKED.items() if words.search(text.lower())][:1]
        return self._example(self._surrounded(text, often=0.4), [Clause(DESCRIBE, names or [ALL], data=asked)])

    def _refused(self, text: str, answer: str, intent: str) -> Example:
        """An example whose names do not matter."""
        plain = MARKED_NAME.sub("", text)
        text = misspelling.typos(self.rng, plain)
        return self._build(text, self.index.mark(fold(text)), answer, intent, text != plain)

    def _build(self, text: str, marked: Marked, answer: str, intent: str, noisy: bool) -> Example:
        forms, lights = tuple(self.book.used), len(self.home.lights)
        return Example(
            text, marked.text, said_of(marked), answer, intent, self.script, forms, noisy=noisy, lights=lights
        )

    def _filled(self, section: str) -> str:
        return self._fill_refused(self.book.phrase("negatives", section, self.script))

    def _fill_refused(self, form: str) -> str:
        """A sentence from `phrases/negatives.yaml`, with its slots filled."""
        name = self._place_name() if self.rng.random() < 0.8 else self._light_name()
        slots = {"T": self._name(name), "N": str(self.rng.randint(1, 100)), "device": self.book.device(self.script)}
        slots["colour"] = values.colour(self.rng, self.script, self.split)[1]
        return self.book.fill(form, self._word_script, slots)

    def _surrounded(self, text: str, often: float = 1.0) -> str:
        """Add small talk, politeness and punctuation around a command."""
        script = self.script
        if self.rng.random() < 0.2 * often:
            text = f"{self.book.phrase('fillers', 'before', script)} {text}"
        elif self.rng.random() < 0.04 * often:
            text = f"{say_name(self.rng, 'people', script, self.split)} {text}"
        if self.rng.random() < 0.2 * often:
            text = f"{text}{self.rng.choice(('', '', ',', '.'))} {self.book.phrase('fillers', 'after', script)}"
        elif self.rng.random() < 0.12 * often:
            text = f"{text} {self.book.phrase('fillers', 'politeness', script)}"
        elif self.rng.random() < 0.2:
            text += self.rng.choice((".", "!", "?", "।", "...", ","))
        return text.upper() if script != "d" and self.rng.random() < 0.02 else text

    # -- what the model must write

    def _example(self, typed: str, clauses: list[Clause], before: Iterable[str] = ()) -> Example:
        """An example from a sentence and its clauses; `before`: labels of the previous answer that may be used."""
        slipped = misspelling.typos(self.rng, typed)
        text, spans = cut_out(slipped)
        marked = self.index.mark(fold(text))
        taught = {clause.called[1] for clause in clauses if clause.called}
        labels = {
            name: words_of(marked, *span) if name in taught else label_of(marked, *span) for name, span in spans.items()
        }
        labels |= {one: one for one in (*before, *SPECIAL_LABELS)}
        lines = "".join(line for clause in clauses for line in lines_of(clause, labels))
        kinds = (clause.action.rpartition(".")[2].partition(" ")[0] for clause in clauses)
        return self._build(text, marked, lines, "+".join(dict.fromkeys(kinds)), slipped != typed)
