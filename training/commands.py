"""What people may want of a home, said in words: sentences with the lines that the model is to write for them.

A sentence is built from parts that carry their names between two private characters, so that after typos and folding it
is still known which words were meant as names. What the model must write for a name is what the house will offer it: the
marked words where the house recognises them, else the words as said (a name that the home has not).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custom_components.batti.interpreter.fold import fold
from custom_components.batti.interpreter.grammar import (
    ALL,
    DATA_LINE,
    EXCEPT_LINE,
    HERE,
    ON,
    TARGET_LINE,
    action_line,
    label_line,
    refusal_line,
)
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.labels import Labels, Marked
from custom_components.batti.interpreter.vocabulary import CONNECTIVES

from . import spelling, values
from .homes import area_name, light_name
from .naming import say_kind, say_name, trained_rooms
from .phrasebook import TEST, Phrasebook

# Around a name in a sentence that is being built, with a character between that counts the names.
OPEN, CLOSE, FIRST = "\ue000", "\ue001", 0xE100
_MARKED_NAME = re.compile(f"{OPEN}(.)|{CLOSE}")


@dataclass(frozen=True)
class Example:
    """One sentence: as typed, as the model sees it, what the model is to write, and how to count it in slices."""

    text: str
    marked: str
    labels: tuple[str, ...]
    answer: str
    intent: str
    script: str
    forms: tuple[str, ...]  # sentence forms and verb forms that it was made of


@dataclass
class Clause:
    """One thing to do: an action, what it is done to (as said, between private characters) and its data line."""

    action: str
    names: list[str]
    kind: str  # place | lamp | everything | here
    data: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)


class Speaker:
    """Somebody in a home, who says things.

    Args:
        split: train or test; decides which words and forms this speaker knows.
    """

    def __init__(self, rng: random.Random, home: Home, split: str) -> None:
        """One speaker says many sentences about one home."""
        self.rng, self.home, self.split = rng, home, split
        self.labels = Labels(home)
        self.book = Phrasebook(rng, split)

    def say(self) -> Example:
        """One sentence, and what the model is to make of it."""
        while True:
            example = self._try()
            # A slip can eat a whole name; then there is nothing that could be meant.
            if label_line("") not in example.answer and example.marked and not self._leaks(example):
                return example

    def _leaks(self, example: Example) -> bool:
        """A slip can also turn a spelling that is held out into one that is not."""
        return self.split == TEST and any(label_line(room) in example.answer for room in trained_rooms())

    def _try(self) -> Example:
        script = self.rng.choices("rde", (52, 26, 22))[0]
        self._mix = self.rng.choice((0.0, 0.0, 0.0, 0.1, 0.3)) if script != "e" else 0.0
        self._english_names = self.rng.random() < 0.4
        self.script, self._said = script, 0
        self.book.used.clear()
        draw = self.rng.random()
        if draw < 0.21:
            return self._refusal()
        clauses, text = self._command(1 if draw < 0.74 else 2 if draw < 0.96 else 3)
        return self._example(self._surrounded(self._beside(text)), clauses)

    def _beside(self, text: str) -> str:
        """Now and then something else is said with a command that changes nothing: what not to do, or small talk."""
        draw = self.rng.random()
        if draw < 0.035:
            other, between = (
                self._filled("forbidden"),
                self.rng.choice((", ", " ", f" {self.book.word('then', self.script)} ")),
            )
        elif draw < 0.11:
            other, between = self._filled("not_for_lights"), self.rng.choice((", ", " ", ". ", "! "))
        else:
            return text
        return f"{other}{between}{text}" if self.rng.random() < 0.5 else f"{text}{between}{other}"

    def _word_script(self) -> str:
        if self.script != "e" and self.rng.random() < self._mix:
            return "d" if self.script == "r" else "r"
        return self.script

    # -- commands

    def _command(self, count: int) -> tuple[list[Clause], str]:
        clauses: list[Clause] = []
        text = ""
        # Nepali may do two things with one sentence: nibhaera …, without a word for and.
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
        intent = self.rng.choices(intents, (50, 17, 8, 14, 8, 3))[0]
        kind = self.rng.choices(("place", "lamp", "everything", "here"), (58, 20, 11, 11) if alone else (64, 28, 4, 4))[
            0
        ]
        if intent == "switch" and kind == "here" and alone and self.rng.random() < 0.12:
            return Clause(ON, [HERE], "here"), self.book.form("statement", self.script)
        clause = Clause(ON, self._targets(kind), kind)
        phrase = self._noun_phrase(clause)
        # All but a room; now and then a room or a floor but something in it.
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
        """`A`, `A ra B`, `A, B ra C`, now and then with the postposition after each, or with both."""
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

    # -- names

    def _targets(self, kind: str) -> list[str]:
        if kind == "everything":
            return [ALL]
        if kind == "here":
            return [HERE]
        draw = self._place_name if kind == "place" else self._light_name
        names = [draw() for _ in range(self.rng.choices((1, 2, 3, 4), (74, 18, 6, 2))[0])]
        for index in range(1, len(names)):
            # `bedroom 1 ra 3`: what is the same is said once.
            first, same = names[0].rpartition(" ")[0], names[index].rpartition(" ")
            if first and first == same[0] and same[2].isdigit() and self.rng.random() < 0.7:
                names[index] = same[2]
        return [self._name(name) for name in names]

    def _name(self, name: str) -> str:
        name = spelling.respell(self.rng, name) if self.rng.random() < 0.3 else name
        if self.rng.random() < 0.3:
            name = name.lower()
        self._said += 1
        return f"{OPEN}{chr(FIRST + self._said)}{name}{CLOSE}"

    def _name_script(self) -> str:
        if self.script == "e":
            return self.rng.choice("eeeeer")
        return self.rng.choice(f"{self.script}e") if self._english_names else self._word_script()

    def _place_name(self) -> str:
        """An area or a floor of the home as one might call it; one time in eight it is not there."""
        script = self._name_script()
        if self.rng.random() < 0.12:
            return area_name(self.rng, script, self.split)
        if self.home.floors and self.rng.random() < 0.18:
            floor = self.rng.choice(self.home.floors)
            if self.rng.random() < 0.5:
                return floor.name
            return say_kind(
                self.rng,
                "floors",
                ("ground", "first", "second", "third", "fourth")[floor.level or 0],
                script,
                self.split,
            )
        area = self.rng.choice(self.home.areas)
        return self._in_other_words(self.rng.choice((area.name, area.name, *area.aliases)), script)

    def _light_name(self) -> str:
        script = self._name_script()
        area = self.rng.choice(self.home.areas)
        if self.rng.random() < 0.12:
            return light_name(self.rng, script, self.split, area)
        light = self.rng.choice(self.home.lights)
        name = self._in_other_words(self.rng.choice((light.name, light.name, *light.aliases)), script)
        if self.rng.random() < 0.2 and light.area_id:
            where = next(area.name for area in self.home.areas if area.area_id == light.area_id)
            joint = " " if script == "e" else f" {self.book.word('ko', 'r' if script == 'e' else script)} "
            return f"{self._in_other_words(where, script)}{joint}{name}"
        return name

    def _in_other_words(self, name: str, script: str) -> str:
        """The name itself, or what its kind is called elsewhere."""
        kind = values.kind_of(name)
        if kind is None or self.rng.random() < 0.4:
            return name
        return say_kind(self.rng, *kind, script, self.split)

    # -- sentences that change nothing

    def _refusal(self) -> Example:
        section = self.rng.choices(
            ("forbidden", "later", "not_for_lights", "unclear", "describe", "undo"), (24, 18, 34, 10, 10, 4)
        )[0]
        form = self.book.phrase("negatives", section, self.script)
        if section == "later" and self.rng.random() < 0.35:
            _, command = self._command(1)
            form = values.delayed(self.rng, self.script, command)
        text = self._fill_refused(form)
        if section in ("forbidden", "not_for_lights") or self.rng.random() < 0.2:
            text = self._surrounded(text, often=0.5)
        refusal = values.REFUSAL_OF[section]
        text = spelling.typos(self.rng, _MARKED_NAME.sub("", text))
        marked = self.labels.mark(fold(text))
        return Example(
            text, marked.text, tuple(marked.labels), refusal_line(refusal), section, self.script, tuple(self.book.used)
        )

    def _filled(self, section: str) -> str:
        return self._fill_refused(self.book.phrase("negatives", section, self.script))

    def _fill_refused(self, form: str) -> str:
        """A sentence of the negatives, with names that nothing is to be done to."""
        name = self._place_name() if self.rng.random() < 0.8 else self._light_name()
        slots = {"T": name, "N": str(self.rng.randint(1, 100)), "device": self.book.device(self.script)}
        slots["colour"] = values.colour(self.rng, self.script, self.split)[1]
        return self.book.fill(form, self._word_script, slots)

    def _surrounded(self, text: str, often: float = 1.0) -> str:
        """Chatter, politeness and punctuation around a command."""
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

    # -- what the model is to write

    def _example(self, typed: str, clauses: list[Clause]) -> Example:
        text, spans = _cut_out(spelling.typos(self.rng, typed))
        marked = self.labels.mark(fold(text))
        labels = {name: _label(marked, *span) for name, span in spans.items()} | {HERE: HERE, ALL: ALL}
        lines = "".join(line for clause in clauses for line in _lines(clause, labels))
        actions = "+".join(dict.fromkeys(clause.action.partition(".")[2] for clause in clauses))
        return Example(text, marked.text, tuple(marked.labels), lines, actions, self.script, tuple(self.book.used))


def _cut_out(text: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """The text without private characters, and where each name stood, by the character that counts it."""
    plain = ""
    spans: dict[str, tuple[int, int]] = {}
    at, name, begun = 0, "", 0
    for match in _MARKED_NAME.finditer(text):
        plain += text[at : match.start()]
        if match[1]:
            name, begun = match[1], len(plain)
        else:
            spans.setdefault(name, (begun, len(plain)))
        at = match.end()
    return plain + text[at:], spans


def _label(marked: Marked, start: int, end: int) -> str:
    """What the house will call a stretch of text: the mention that holds it, else the words themselves."""
    words = marked.folded.words
    inside = [i for i, word in enumerate(words) if word.start < end and word.end > start and word.is_name]
    content = [i for i in inside if words[i].text not in CONNECTIVES]
    if not content:
        return ""
    for mention in marked.mentions:
        if mention.first <= content[0] and content[-1] <= mention.last:
            return mention.label
    # Names that are not there are copied without a postposition at either end.
    return " ".join(word.text for word in words[content[0] : content[-1] + 1] if word.is_name)


def _lines(clause: Clause, labels: dict[str, str]) -> Iterator[str]:
    yield action_line(clause.action)
    yield TARGET_LINE
    yield from dict.fromkeys(label_line(labels[_key(name)]) for name in clause.names)
    if clause.exceptions:
        yield EXCEPT_LINE
        yield from dict.fromkeys(label_line(labels[_key(name)]) for name in clause.exceptions)
    if clause.data:
        yield DATA_LINE
        yield from clause.data


def _key(name: str) -> str:
    return name if name in (HERE, ALL) else name[1]
