"""From a plan back to words: finds the labels of a sentence that the model must write to get this plan.

It is the inverse of `interpreter/resolve.py`, and tries labels until `resolve` gives the plan.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import ALL, HERE, UNDO, Refusal, action_line, refusal_line
from custom_components.batti.interpreter.language.plan import Action, Plan, joined, lights_of
from custom_components.batti.interpreter.names.mentions import Marked, Mention
from custom_components.batti.interpreter.resolve import resolve
from custom_components.batti.interpreter.words.fold import fold

from ..data import seeds
from ..data.answers import Clause, lines_of
from ..data.phrasebook import TRAIN, is_devanagari
from ..data.seeds import Seed, Wanted

_MAX_NAMES = 4  # names in one action
_VERB_OF = {"light.turn_on": "on", "light.turn_off": "off", "light.toggle": "toggle", "batti.describe": "describe"}
_SLOTS = {"area": seeds.PLACES, "floor": seeds.FLOORS, "light": seeds.LAMPS}
_PERCENT = r"\s*(?:%|percent|pratishat|pratisat|प्रतिशत)"
_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")

Same = Callable[[Action, Action, Home], bool]


class _Choice(NamedTuple):
    """Labels that an action may have."""

    targets: tuple[str, ...]
    places: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


# -- which labels


def clauses_of(plan: Plan, marked: Marked, home: Home, area_id: str | None) -> list[Clause] | None:
    """The clauses that the model must write; None if no labels of the sentence give this plan.

    The plan has only what is done at once (see `corrections.py`).
    """
    if any(action.action == UNDO for action in plan.actions):
        return []
    ways: tuple[Same, ...] = (lambda one, other, _: one == other, _same_lights)
    choices = _choices(list(marked.labels)), _choices_within(list(marked.labels))
    several = [choices[0], [*choices[0], *choices[1]]]
    found = (_search(plan, marked, home, area_id, same, tried) for tried in several for same in ways)
    return next((clauses for clauses in found if clauses is not None), None)


def labels_of(clauses: Iterable[Clause]) -> set[str]:
    """All labels that the clauses have."""
    return {name for clause in clauses for name in (*clause.names, *clause.places, *clause.exceptions)}


def _same_lights(one: Action, other: Action, home: Home) -> bool:
    alike = (one.action, one.data) == (other.action, other.data)
    return alike and set(lights_of(one, home)) == set(lights_of(other, home))


def _search(
    plan: Plan, marked: Marked, home: Home, area_id: str | None, same: Same, choices: Sequence[_Choice]
) -> list[Clause] | None:
    clauses: list[Clause] = []
    for index, action in enumerate(plan.actions):
        wanted = Plan(joined(plan.actions[: index + 1])).actions
        data = [f"    {key}: {value}\n" for key, value in action.to_dict().get("data", {}).items()]
        for names, places, exceptions in choices:
            clause = Clause(action.action, list(names), "", data, list(exceptions), list(places))
            found = resolve(_written([*clauses, clause]), marked, home, area_id)
            if len(found.actions) == len(wanted) and all(
                same(one, other, home) for one, other in zip(found.actions, wanted, strict=True)
            ):
                clauses.append(clause)
                break
        else:
            return None
    return clauses


def _choices(labels: list[str]) -> list[_Choice]:
    """Combinations of targets and exceptions, the simplest first."""
    found = [_Choice(names) for names in _some([*labels, HERE])]
    found.append(_Choice((ALL,)))
    for whole in (ALL, HERE, *labels):
        found += [_Choice((whole,), (), left) for left in _some(one for one in labels if one != whole)]
        if whole == ALL:
            found.append(_Choice((ALL,), (), (HERE,)))
    return found


def _choices_within(labels: list[str]) -> list[_Choice]:
    """Lights in a place, for a sentence that names both."""
    return [
        _Choice(names, (place,)) for place in (*labels, HERE) for names in _some(one for one in labels if one != place)
    ]


def _some(labels: Iterable[str]) -> Iterator[tuple[str, ...]]:
    several = list(labels)
    for count in range(1, _MAX_NAMES + 1):
        yield from combinations(several, count)


def _written(clauses: Sequence[Clause]) -> str:
    names = {name: name for name in labels_of(clauses)}
    return "".join(line for clause in clauses for line in lines_of(clause, names))


def answer_of(clauses: Sequence[Clause], plan: Plan, why: Refusal) -> str:
    """The model's lines for a plan."""
    if clauses:
        return _written(clauses)
    return action_line(UNDO) if plan.actions else refusal_line(why)


# -- the shape of the sentence


def seed_of(marked: Marked, clauses: Sequence[Clause], plan: Plan, why: Refusal) -> Seed:
    """The sentence with slots instead of the names in its answer, so that it can be said of other things.

    Raises:
        ValueError: it has more names than there are slots.
    """
    slot_of = _slots(marked, labels_of(clauses))
    text = _with_slots(marked, slot_of)
    wanted = []
    for clause in clauses:
        data = []
        for line in clause.data:
            text, piece = _data(text, line.strip())
            data.append(piece)
        targets, places, exceptions = (
            tuple(slot_of[name] for name in names) for names in (clause.names, clause.places, clause.exceptions)
        )
        verb = _VERB_OF[clause.action]
        wanted.append(Wanted(verb, "", targets, places, exceptions, tuple(data)))
    refusal = "" if clauses else "undo" if plan.actions else why.value.replace(" ", "_")
    return Seed(script_of(marked), text, tuple(wanted), refusal, follows=False)


def _slots(marked: Marked, used: set[str]) -> dict[str, str]:
    free = {kind: iter(slots) for kind, slots in _SLOTS.items()}
    slot_of = {HERE: "here", ALL: "all"}
    for label, mention in marked.labels.items():
        if label in used:
            slot = next(free[_kind(mention)], None)
            if slot is None:
                raise ValueError("it names too many things at once; keep a shorter sentence")
            slot_of[label] = slot
    return slot_of


def _kind(mention: Mention) -> str:
    kinds = {thing.kind for thing in mention.things}
    return next(kind for kind in ("floor", "area", "light") if kind in kinds)


def _with_slots(marked: Marked, slot_of: Mapping[str, str]) -> str:
    text, at = "", 0
    original, words = marked.folded.original.replace("{", "(").replace("}", ")"), marked.folded.words
    for mention in marked.mentions:
        if mention.label in slot_of:
            text += f"{original[at : words[mention.first].start]}{{{slot_of[mention.label]}}}"
            at = words[mention.last].end
    return text + original[at:]


def _data(text: str, line: str) -> tuple[str, str]:
    """The text, and one data line in the notation of `data/seeds.py`; a percentage in the text becomes a slot."""
    key, _, value = line.partition(": ")
    if key.startswith("brightness"):
        sign = "=" if key == "brightness_pct" else "-" if value[0] == "-" else "+"
        number = value.lstrip("-")
        said = re.sub(rf"(?<![\w.])(?:{number}|{number.translate(_DIGITS)}){_PERCENT}", "{p}", text, count=1)
        return (text, f"{sign}{number}") if said == text or "{p}" in text else (said, f"{sign}p")
    short = {"color_name": f"colour:{value}", "color_temp_kelvin": f"kelvin:{value}", "flash": "flash"}
    return text, short.get(key, f"{key}:{value}")


def script_of(marked: Marked) -> str:
    """Whether a sentence is romanised Nepali (r), Devanagari (d) or English (e), by the words around its names."""
    if is_devanagari(marked.folded.original):
        return "d"
    named = {index for one in marked.mentions for index in range(one.first, one.last + 1)}
    words = [word.text for index, word in enumerate(marked.folded.words) if index not in named and word.is_name]
    weights = _english_weights()
    return "e" if sum(weights.get(word, 0.0) for word in words) > 0 else "r"


@cache
def _english_weights() -> dict[str, float]:
    """For each folded word the log ratio of its frequency in English seeds to that in romanised ones."""
    counts: dict[str, Counter[str]] = {"r": Counter(), "e": Counter()}
    for seed in seeds.seeds(TRAIN):
        if seed.script in counts:
            counts[seed.script].update({word.text for word in fold(seed.text).words if word.is_name})
    english, nepali = counts["e"], counts["r"]
    whole = math.log((english.total() + 1) / (nepali.total() + 1))
    return {word: math.log((english[word] + 1) / (nepali[word] + 1)) - whole for word in english | nepali}
