"""Sentences that people wrote (`seeds.py`), said in a home: alone, two joined, or after another sentence.

They are two thirds of the data set; the rest is built from parts (`commands.py`). A sentence after another one gets the
plan of that one in its prompt, as in the integration.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import (
    ALL,
    CANCEL,
    CHANGE,
    DATA_FAMILIES,
    DESCRIBE,
    EVERY_LINE,
    EXCEPT_LINE,
    HERE,
    IN_LINE,
    LABEL_PREFIX,
    LIST,
    OFF,
    ON,
    PAUSE,
    REST,
    RESUME,
    SPECIAL_LABELS,
    TEACH,
    TOGGLE,
    UNDO,
    Asking,
    action_line,
    asked_line,
    label_line,
)
from custom_components.batti.interpreter.resolve import has_meaning, renamed_before

from . import seeds, values
from .answers import CLOSE, FIRST, MARKED_NAME, OPEN, Clause
from .commands import Example, Speaker
from .phrasebook import TRAIN, VALIDATION
from .seeds import Seed, Wanted

ACTION_OF = {
    "on": ON,
    "off": OFF,
    "toggle": TOGGLE,
    "describe": DESCRIBE,
    "undo": UNDO,
    "teach": TEACH,
    "list_routines": LIST,
    "cancel": CANCEL,
    "pause": PAUSE,
    "resume": RESUME,
    "change": CHANGE,
}
MEANING_OF = {
    "on": "turn_on",
    "off": "turn_off",
    "toggle": "toggle",
    "keep": "keep",
    "make": "make",
    "brighter": "brighter",
    "dimmer": "dimmer",
}
_EXPLICIT_HERE = ("yaha", "yo kotha", "here", "this room", "यहाँ", "यो कोठा", "yo room", "यो रुम")
_LIGHT_BEFORE = re.compile(r"(light|lights|lamp|batti|bati|बत्ती\w*|लाइट\w*|\{light\})( ko| lai| का| को| to| a| in)* $")
_FAMILY = {line.partition(":")[0]: index for index, family in enumerate(DATA_FAMILIES) for line in family}


@dataclass
class _Filling:
    """What fills the slots of one sentence: names as said (marked), numbers, data lines of colours, times."""

    names: dict[str, list[str]]
    numbers: dict[str, int]
    colours: dict[str, str]
    times: dict[str, str]  # durations and clock times as the model writes them


class Voice(Speaker):
    """A speaker who uses both sources: sentences that people wrote, and sentences built from parts."""

    def __init__(self, rng: random.Random, home: Home, split: str) -> None:
        """Validation uses the words of training, but other sentences that people wrote."""
        super().__init__(rng, home, TRAIN if split == VALIDATION else split)
        self._seeds = seeds.seeds(split)

    def _try(self) -> Example:
        draw = self.rng.random()
        if draw < 0.1:
            return self._follow_up()
        if draw < 0.12:
            return self._reply()
        if draw < 0.2:
            return self._written(often=lambda seed: not seed.is_plain and not seed.refusal)
        example = self._written() if draw < 0.8 else super()._try()
        if self.rng.random() < 0.14 and _stands_alone(example):
            return self._after_another(example)
        return example

    # -- sentences that people wrote

    def _written(self, often: Callable[[Seed], bool] | None = None) -> Example:
        """A sentence that somebody wrote; `often`: of these kinds, which are rarer among the seeds than in a home."""
        draw = self.rng.random()
        if often is None and draw < 0.14:
            return self._two_commands()
        refused = draw < 0.23  # more refusals than people wrote: at least 15% of all sentences must be refused

        def fits(seed: Seed) -> bool:
            wanted = often(seed) if often else bool(seed.refusal) or not refused
            return wanted and not seed.follows and not seed.asked

        return self._say_seed(self._seed(fits), often=0.55)

    def _seed(self, fits: Callable[[Seed], bool]) -> Seed:
        while not fits(seed := self.rng.choice(self._seeds)):
            pass
        self._start_sentence(seed.script)
        return seed

    def _start_sentence(self, script: str) -> None:
        self.script, self._said = script, 0
        self._mix = self.rng.choice((0.0, 0.0, 0.0, 0.1, 0.3)) if script != "e" else 0.0
        self._english_names = self.rng.random() < 0.4
        self.book.used.clear()

    def _say_seed(self, seed: Seed, often: float) -> Example:
        text, filling = self._fill_seed(seed)
        if seed.refusal:
            return self._refuse_seed(seed, self._surrounded(text, often=often * 0.5))
        clauses = [self._clause_of(wanted, filling, []) for wanted in seed.wanted]
        return self._example(self._surrounded(text, often=often if seed.is_plain else often * 0.4), clauses)

    def _two_commands(self) -> Example:
        """Two commands in one sentence."""
        first = self._seed(lambda seed: seed.is_command)
        text, filling = self._fill_seed(first)
        clauses = [self._clause_of(wanted, filling, []) for wanted in first.wanted]
        second = self._seed_like(first, lambda seed: seed.is_command)
        other, filling = self._fill_seed(second)
        clauses += [self._clause_of(wanted, filling, []) for wanted in second.wanted]
        joint = self.book.word("then", self.script)
        return self._example(self._surrounded(f"{text.rstrip('.!?। ')} {joint} {other}", often=0.3), clauses)

    def _seed_like(self, first: Seed, fits: Callable[[Seed], bool]) -> Seed:
        said, used = self._said, list(self.book.used)
        while (second := self._seed(lambda seed: fits(seed) and seed.script == first.script)) is first:
            pass
        self._said, self.book.used[:] = said, used
        return second

    def _fill_seed(self, seed: Seed) -> tuple[str, _Filling]:
        filling = _Filling({}, {}, {}, {})
        slots = {slot: self._slot(slot, filling, seed.text) for slot in seed.slots}
        text = seed.text
        for words in seed.quoted:
            self._said += 1
            name = f"{OPEN}{chr(FIRST + self._said)}{words}{CLOSE}"
            filling.names[f"'{words}'"] = [name]
            if match := seeds.whole_words(words).search(text):
                text = text[: match.start()] + name + text[match.end() :]
        for word, meaning in MEANING_OF.items():
            if f"{{{word}}}" in seed.text:
                slots[word] = self.book.verb(meaning, self._word_script() if seed.script != "e" else "r")
        self.book.used.append(f"{seed.script}: {seed.text}")
        return self.book.fill(text, self._word_script, slots), filling

    def _slot(self, slot: str, filling: _Filling, text: str) -> str:
        if slot in seeds.PERCENTS:
            number = self.rng.randint(1, 100) if self.rng.random() < 0.3 else self.rng.randrange(5, 101, 5)
            filling.numbers[slot] = number
            return values.percent(self.rng, self.book, number, self._word_script(), self.split)
        if slot in seeds.COLOURS:
            after_light = bool(_LIGHT_BEFORE.search(text.partition(f"{{{slot}}}")[0]))
            line, said = values.colour(self.rng, self.script, self.split, after_light)
            filling.colours[slot] = line
            return said
        if slot in (*seeds.DURATIONS, *seeds.CLOCKS):
            draw = values.duration if slot in seeds.DURATIONS else values.clock
            filling.times[slot], said = draw(self.rng, self.script, self.split)
            return said
        if slot in seeds.NUMBERS:
            filling.numbers[slot] = self.rng.choice(
                (1, 2, 3, 5, 5, 10, 10, 15, 20, 30, 45, 60, self.rng.randint(1, 60))
            )
            return str(filling.numbers[slot])
        # Sometimes two names fill one slot.
        count = 2 if slot not in seeds.FLOORS and self.rng.random() < 0.05 else 1
        names = [self._unused_name(slot, filling) for _ in range(count)]
        filling.names[slot] = [self._name(name) for name in names]
        return f" {self.book.word('and', self._word_script())} ".join(filling.names[slot])

    def _unused_name(self, slot: str, filling: _Filling) -> str:
        """A name that is not in the sentence yet, if the home has enough names."""
        taken = {MARKED_NAME.sub("", name).lower() for names in filling.names.values() for name in names}
        for _ in range(6):
            name = self._floor_name() if slot in seeds.FLOORS else self._name_for(slot)
            if name.lower() not in taken:
                break
        return name

    def _name_for(self, slot: str) -> str:
        """A place or a lamp, as the slot says; one time in eight the other."""
        lamp = (slot in seeds.LAMPS) != (self.rng.random() < 0.12)
        return self._light_name() if lamp else self._place_name()

    def _clause_of(self, wanted: Wanted, filling: _Filling, before: list[str]) -> Clause:
        """The clause of one item; `before`: the labels that `it` stands for."""
        name = f"{wanted.verb} {wanted.kind}" if wanted.verb in ("when", "if", "answer") else wanted.verb
        clause = Clause(ACTION_OF.get(name, name), list(_names(wanted.targets, filling, before)))
        clause.places = list(_names(wanted.places, filling, before))
        clause.exceptions = list(_names(wanted.exceptions, filling, before))
        lines = [_line(data, filling) for data in wanted.data]
        clause.data = sorted(lines, key=lambda line: _FAMILY[line.partition(":")[0]])
        clause.times = [line for time in wanted.times for line in _time_lines(time, filling)]
        if wanted.verb == "after":
            clause.value = f" {_amount(wanted.kind, filling)}\n"
        if wanted.name:
            clause.called = filling.names[f"'{wanted.name}'"][0]
        return clause

    def _refuse_seed(self, seed: Seed, text: str) -> Example:
        if seed.refusal == "undo":
            return self._refused(text, action_line(UNDO), "undo")
        return self._refused(text, values.refusal(seed.refusal), seed.refusal)

    # -- sentences after another

    def _follow_up(self) -> Example:
        """A sentence that follows on from another; in one of five nothing came before it."""
        seed = self._seed(lambda seed: seed.follows)
        corrects = seed.wanted[:1] == (Wanted(seeds.UNDO),)
        used, said, script = list(self.book.used), self._said, self.script
        before = None if self.rng.random() < 0.2 and not corrects else self._previous_command()
        self.script, self._said, self.book.used[:] = script, said, used
        text, filling = self._fill_seed(seed)
        return self._after_seed(seed, text, filling, before)

    def _reply(self) -> Example:
        """An answer to a question of the house, or a new command instead of one."""
        seed = self._seed(lambda seed: seed.asked is not None)
        used, said, script = list(self.book.used), self._said, self.script
        before = self._previous_command()
        self.script, self._said, self.book.used[:] = script, said, used
        answer = before.answer
        if seed.asked is Asking.WHICH_ROOM:
            labels = [line for line in answer.splitlines(keepends=True) if line.startswith(LABEL_PREFIX)]
            answer = answer.replace("".join(labels), label_line(HERE), 1) if "".join(labels) in answer else answer
        before = replace(before, answer=answer)
        text, filling = self._fill_seed(seed)
        example = self._after_seed(seed, text, filling, before)
        return replace(example, previous=f"{asked_line(seed.asked)}{example.previous}") if seed.asked else example

    def _after_seed(self, seed: Seed, text: str, filling: _Filling, before: Example | None) -> Example:
        """What a sentence asks for after another one."""
        if seed.refusal:
            example = self._refuse_seed(seed, text)
            return _after(example, before) if before else example
        kept = renamed_before(before.answer) if before else None
        labels = _labels_in(kept[0]) if kept else []
        clauses = []
        for wanted in seed.wanted:
            if wanted.verb == seeds.SAME:
                if (
                    before is None
                    or kept is None
                    or before.answer.count("- action") > 1
                    or EXCEPT_LINE in before.answer
                ):
                    return self._try()
                clauses.append(self._same(kept[0], wanted, filling, labels))
            else:
                clauses.append(self._clause_of(wanted, filling, labels if before else [HERE]))
        example = self._example(self._surrounded(text, often=0.4), clauses, labels)
        return _after(example, before) if before else example

    def _same(self, answer: str, wanted: Wanted, filling: _Filling, before: list[str]) -> Clause:
        lines = answer.splitlines(keepends=True)
        clause = Clause(lines[0].split()[-1], list(_names(wanted.targets, filling, before)))
        clause.places = list(_names(wanted.places, filling, before))
        clause.data = [line for line in lines if line.startswith("    ") and ":" in line]
        return clause

    def _previous_command(self) -> Example:
        """A command for a few lights, done at once, which another sentence can follow on from."""
        while True:
            example = self._written() if self.rng.random() < 0.7 else super()._try()
            at_once = example.answer.startswith("- action: light") and has_meaning(example.answer)
            # `it` would take in the place or the exception too.
            named = not any(line in example.answer for line in (label_line(""), ALL, REST, IN_LINE, EXCEPT_LINE))
            few = len(_labels_in(example.answer)) < 4
            if at_once and named and few and example.marked and not example.previous:
                return example

    def _after_another(self, example: Example) -> Example:
        """The same sentence after an unrelated one."""
        return _after(example, self._previous_command())


def _stands_alone(example: Example) -> bool:
    """Whether a sentence means the same after any other: `batti bala` alone may mean the room of the sentence before."""
    if example.previous:
        return False
    return HERE not in example.answer or any(words in example.text.lower() for words in _EXPLICIT_HERE)


def _after(example: Example, before: Example) -> Example:
    kept = renamed_before(before.answer)
    if kept is None:
        return example
    lines, markers = kept
    names = dict(example.names) | {marker: before.names.get(label, label) for label, marker in markers.items()}
    return replace(example, previous=lines, names=names, intent=f"{example.intent}, later turn")


def _labels_in(answer: str) -> list[str]:
    lines = answer.splitlines()
    return list(dict.fromkeys(line.removeprefix(LABEL_PREFIX) for line in lines if line.startswith(LABEL_PREFIX)))


def _names(targets: tuple[str, ...], filling: _Filling, before: list[str]) -> Iterator[str]:
    for target in targets:
        if target == seeds.IT:
            yield from before
        elif target.upper() in SPECIAL_LABELS and len(target) > 1:
            yield target.upper()
        else:
            yield from filling.names[target]


def _line(data: str, filling: _Filling) -> str:
    """The data line of one piece of the notation."""
    head, _, value = data.partition(":")
    if data[0] in "=+-":
        number = filling.numbers[data[1:]] if data[1:].isalpha() else int(data[1:])
        if data[0] == "=":
            return values.brightness(number)
        return f"    brightness_step_pct: {'-' if data[0] == '-' else ''}{number}\n"
    if data == "flash":
        return "    flash: short\n"
    if head == "colour":
        return filling.colours.get(value, f"    color_name: {value}\n")
    key = {"kelvin": "color_temp_kelvin"}.get(head, head)
    return f"    {key}: {filling.numbers.get(value, value)}\n"


def _time_lines(time: str, filling: _Filling) -> Iterator[str]:
    """The lines of one piece of the notation for times."""
    key, _, value = time.partition(":")
    if key == "every":
        yield EVERY_LINE
        yield from (f"{LABEL_PREFIX}{day}\n" for day in value.split("+"))
    elif key in ("for", "offset"):
        said = filling.times.get(value) or _amount(re.sub(r"(-?(?:\d+|n))([a-z]+)", r"\1 \2", value), filling)
        yield f"  {key}: {said}\n"
    else:
        yield f"  {key}: {filling.times.get(value, value)}\n"


def _amount(said: str, filling: _Filling) -> str:
    """`5 minutes`, from itself, a slot for a number (`n minutes`) or one for the whole (`t`)."""
    number, _, unit = said.partition(" ")
    if not unit:
        return filling.times[number]
    return f"{filling.numbers.get(number, number)} {unit}"
