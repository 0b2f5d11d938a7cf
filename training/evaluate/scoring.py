"""Scores: compares two answers, names the fault of a wrong one, sorts sentences into slices, and has shares with intervals.

Effect of a generated sentence: the same lights and data, in any order of lines. The data set does not have the homes, so
answers are compared by their labels: see `same_effect`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

from custom_components.batti.interpreter.language.items import (
    ALL,
    DATA_LINE,
    DESCRIBE,
    EVERY_LINE,
    EXCEPT_LINE,
    HERE,
    IN_LINE,
    LABEL_PREFIX,
    LIGHT_ACTIONS,
    ONE,
    REST,
    SPECIAL_LABELS,
    TARGET_LINE,
    TOGGLE,
    UNDO,
    WRITTEN_REFUSALS,
)
from custom_components.batti.interpreter.resolve import has_meaning


class Fault(StrEnum):
    """What is wrong with the effect of an answer."""

    REFUSED = "refused"  # nothing changes, though something should
    WIDER = "wider or reversed"  # the worst: what should stay is changed, or a light does the opposite
    OTHER = "other wrong"  # fewer lights than wanted, or another value


WRONG_ACTIONS = (Fault.WIDER, Fault.OTHER)
ENOUGH = 0.99  # share of right answers above a threshold that makes it reliable
METRICS = (
    *("effect", *(fault.value for fault in WRONG_ACTIONS), "exact match", "partial match"),
    *("refusal recall", "refusal precision"),
)
THRESHOLDS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
CLASSES = (
    *("turn_on", "turn_off", "toggle", "brightness", "step", "colour", "several", "describe", "undo"),
    "conversation or routine",
    *(reason.value for reason in WRITTEN_REFUSALS),
)
_ACTION = "- action: "
_KEYS = "keys"  # lines of an item that stand in no block, such as `for: 10 minutes`
_BINS = 10
_Z = 1.96  # of a 95% interval
_HOME_SIZES = ((10, "1-10"), (20, "11-20"), (40, "21-40"))
_SCRIPTS = {"r": "romanised", "d": "devanagari", "e": "english"}
_GROUPS = ("all", "commands", "script", "intent", "actions", "spelling", "turn", "names", "home", "why", "tag")
_BY_ANSWER = ("commands", "intent", "actions", "why")  # groups of slices that depend on the expected answer

Figures = dict[str, float]  # n, share, low, high


# -- answers


@dataclass
class Step:
    """One item of an answer, with labels as targets; repeated lines count once."""

    action: str
    parts: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))  # dict as ordered set

    @property
    def data(self) -> frozenset[str]:
        """Its data lines."""
        return frozenset(self.parts[DATA_LINE])

    @property
    def keys(self) -> set[str]:
        """The keys of its data."""
        return {line.partition(":")[0].strip() for line in self.data}

    @property
    def labels(self) -> set[str]:
        """All labels that it names, places and exceptions too."""
        return {*self.parts[TARGET_LINE], *self.parts[IN_LINE], *self.parts[EXCEPT_LINE]}

    @property
    def rest(self) -> tuple[frozenset[str], ...]:
        """What it has besides targets and exceptions: places, data, times, and the name that is taught."""
        return tuple(frozenset(self.parts[part]) for part in (IN_LINE, DATA_LINE, EVERY_LINE, _KEYS))

    def with_known(self, known: Collection[str]) -> Step:
        """The same with `?` for every name that the home does not have."""
        parts: dict[str, dict[str, None]] = defaultdict(dict)
        for part, lines in self.parts.items():
            named = part in (TARGET_LINE, IN_LINE, EXCEPT_LINE)
            parts[part] = {line if line in known or not named else "?": None for line in lines}
        return Step(self.action, parts)

    @property
    def can_be_said_twice(self) -> bool:
        """Whether repeating it changes nothing, so that a light may be named twice."""
        return self.action != TOGGLE and "brightness_step_pct" not in self.keys


def steps_of(answer: str) -> list[Step]:
    """The items of an answer; none if it refuses."""
    steps: list[Step] = []
    part = TARGET_LINE
    for line in answer.splitlines(keepends=True):
        if line.startswith("- "):
            steps.append(Step(line.removeprefix(_ACTION).strip()))
            part = TARGET_LINE
        elif line in (TARGET_LINE, IN_LINE, EXCEPT_LINE, DATA_LINE, EVERY_LINE):
            part = line
        elif steps and line.startswith("    "):
            steps[-1].parts[part][line.removeprefix(LABEL_PREFIX).strip()] = None
        elif steps:
            steps[-1].parts[_KEYS][line.strip()] = None
    return steps


def same_effect(found: str, wanted: str, labels: Collection[str] | None = None) -> bool:
    """Whether two answers do the same to the lights, as far as their lines show.

    Ignored: the order of labels and of data lines, repeated labels, and whether the same action on several targets is
    written once or several times in a row. All answers that change no light now are equal: refusals, questions, undo, and
    what the house cannot do yet (`resolve.has_meaning`). The order of different actions counts. So does the grouping of
    toggles and steps, because two labels may share a light. Two labels for the same thing count as different: so the score
    is rather a little too low than too high.

    >>> same_effect("- action: light.turn_on\\n  target:\\n    - a\\n- action: light.turn_on\\n  target:\\n    - b\\n",
    ...             "- action: light.turn_on\\n  target:\\n    - b\\n    - a\\n")
    True
    >>> same_effect("- action: light.toggle\\n  target:\\n    - a\\n- action: light.toggle\\n  target:\\n    - a\\n",
    ...             "- action: light.toggle\\n  target:\\n    - a\\n")
    False
    >>> same_effect("[]  # unclear\\n", "- action: batti.describe\\n  target:\\n    - a\\n")
    True

    Args:
        found: what the model wrote.
        wanted: what it should have written.
        labels: the home's names; the integration skips an action with any other name. None: the home has all names.
    """
    return _effect(found, labels) == _effect(wanted, labels)


def fault_of(found: str, wanted: str, labels: Collection[str] | None = None) -> Fault | None:
    """What is wrong with the effect of an answer; None if it is the same. Arguments as in `same_effect`.

    It is wider or reversed if any of its targets is not wanted with this action, in these places and without these
    exceptions. ALL, where it is wanted, has all labels in it. Otherwise a label in another is not known to be in it, and
    toggling counts as the opposite of both others: so this count is rather a little too high than too low.

    >>> on = "- action: light.turn_on\\n  target:\\n"
    >>> answers = ("[]  # unclear\\n", f"{on}    - ALL\\n", f"{on}    - b\\n")
    >>> [str(fault_of(answer, f"{on}    - a\\n    - b\\n")) for answer in answers]
    ['refused', 'wider or reversed', 'other wrong']
    """
    ours, theirs = _effect(found, labels), _effect(wanted, labels)
    if ours == theirs:
        return None
    if not ours:
        return Fault.REFUSED
    allowed = list(_targets(theirs))
    return Fault.OTHER if all(any(map(one.is_within, allowed)) for one in _targets(ours)) else Fault.WIDER


@dataclass(frozen=True)
class _Target:
    """One target of an action, with its places and exceptions."""

    action: str
    label: str
    places: frozenset[str]
    left_out: frozenset[str]

    def is_within(self, other: _Target) -> bool:
        """Whether it reaches no light that the other does not reach, with the same action."""
        if self.action != other.action:
            return False
        if other.label == ALL and not other.places and self.label not in (ALL, REST):
            return self.label not in other.left_out
        same = self.label == other.label or (self.label, other.label) == (REST, ALL)
        inside = not other.places or frozenset() < self.places <= other.places
        return same and inside and self.left_out >= other.left_out


def _targets(effect: list[Any]) -> Iterator[_Target]:
    for action, (places, *_), parts in effect:
        for left_out, labels in parts.items():
            yield from (_Target(action, label, places, left_out) for label in labels)


def _effect(answer: str, labels: Collection[str] | None) -> list[Any]:
    runs: list[tuple[Step, dict[frozenset[str], set[str]]]] = []
    for step in steps_of(answer) if has_meaning(answer) else ():
        if step.action not in LIGHT_ACTIONS or (
            labels is not None and not step.labels <= {*labels, HERE, ALL, REST, ONE}
        ):
            continue
        last = runs[-1][0] if runs else None
        if not (last and step.can_be_said_twice and (last.action, last.rest) == (step.action, step.rest)):
            runs.append((step, defaultdict(set)))
        # Only targets with the same exceptions may be merged.
        runs[-1][1][frozenset(step.parts[EXCEPT_LINE])] |= step.parts[TARGET_LINE].keys()
    return [
        (
            step.action,
            step.rest,
            {left_out: {ALL} if ALL in targets else targets for left_out, targets in parts.items()},
        )
        for step, parts in runs
    ]


def canonical(answer: str, labels: Collection[str]) -> list[Any]:
    """An answer without differences that do not change its YAML; the order is kept.

    All names that the home does not have are equal: for a missing garage the integration does nothing, whether the model
    copied `garage` or `old garage`. The same action on several targets in a row is one action (`plan.joined`).

    >>> on = "- action: light.turn_on\\n  target:\\n    - "
    >>> canonical(f"{on}a\\n{on}my garage\\n", ["a"])[0][:2]
    ['light.turn_on', ('a', '?')]
    """
    known = {*labels, *SPECIAL_LABELS}
    if not (steps := steps_of(answer)):
        return [answer]

    found: list[Any] = []
    before: Step | None = None
    for step in (one.with_known(known) for one in steps):
        targets, left_out = tuple(step.parts[TARGET_LINE]), tuple(step.parts[EXCEPT_LINE])
        joins = before and step.can_be_said_twice and (before.action, before.rest) == (step.action, step.rest)
        if joins and not left_out and not found[-1][2]:
            targets = tuple(dict.fromkeys((*found.pop()[1], *targets)))
        found.append([step.action, targets, left_out, step.rest])
        before = step
    return found


def class_of(answer: str) -> str:
    """The kind of an answer, one of `CLASSES`; `several`: it has actions of different kinds.

    >>> class_of("- action: light.turn_on\\n  target:\\n    - a\\n  data:\\n    color_name: red\\n")
    'colour'
    >>> class_of("[]  # forbidden\\n")
    'forbidden'
    """
    if answer.startswith("["):
        return answer.partition("#")[2].strip()
    if not has_meaning(answer) and "- action: light" in answer:
        return "conversation or routine"
    kinds = {_kind(step) for step in steps_of(answer)}
    return kinds.pop() if len(kinds) == 1 else "several"


def _kind(step: Step) -> str:
    if step.action not in LIGHT_ACTIONS:
        return step.action.partition(".")[2] if step.action in (DESCRIBE, UNDO) else "conversation or routine"
    by_key = {"color_name": "colour", "color_temp_kelvin": "colour", "brightness_step_pct": "step"}
    by_key["brightness_pct"] = "brightness"
    plain = step.action.partition(".")[2]
    return next((kind for key, kind in by_key.items() if key in step.keys), plain)


def partial_match(found: str, wanted: str) -> float:
    """The lines that both answers have, as a share of all lines of either, in any order."""
    ours, theirs = Counter(found.splitlines()), Counter(wanted.splitlines())
    return (ours & theirs).total() / max(1, (ours | theirs).total())


# -- slices


def slices_of_line(line: Mapping[str, Any]) -> list[str]:
    """The slices of a generated sentence; if a line lacks `noisy`, `invented` or `lights`, it has no such slice."""
    count = sum(step.action in LIGHT_ACTIONS for step in steps_of(line["messages"][2]["content"]))
    slices = ["all", f"script {_SCRIPTS.get(line['script'], line['script'])}"]
    slices += [f"intent {line['intent'].removesuffix(', later turn')}", f"actions {count if count < 3 else '3+'}"]
    slices.append(f"turn {'later' if line.get('previous') else 'first'}")
    if "noisy" in line:
        slices.append(f"spelling {'with slips' if line['noisy'] else 'clean'}")
    if "invented" in line:
        slices.append(f"names {'invented' if line['invented'] else 'usual'}")
    return [*slices, _home_size(line["lights"])] if line.get("lights") else slices


def slices_of_case(case: Mapping[str, Any], lights: int) -> list[str]:
    """The slices of a sentence written by hand, said in a home with this number of lights."""
    tags = case.get("tags", ())
    by_tag = [f"{'script' if tag in (*_SCRIPTS.values(), 'mixed') else 'tag'} {tag}" for tag in tags]
    return ["all", *by_tag, f"why {case['why']}" if case.get("why") else "commands", _home_size(lights)]


def in_order(names: Collection[str]) -> list[str]:
    """Slices in the order of the tables."""
    return sorted(names, key=lambda name: (_GROUPS.index(name.partition(" ")[0]), name))


def by_sentence(names: Collection[str]) -> list[str]:
    """The slices that do not depend on the expected answer: in the others, refusals are all right or all wrong."""
    return [name for name in names if name.partition(" ")[0] not in _BY_ANSWER]


def _home_size(lights: int) -> str:
    return f"home {next((name for most, name in _HOME_SIZES if lights <= most), '41+')} lights"


# -- figures


def interval(values: Sequence[float]) -> Figures:
    """The mean and its 95% interval: Wilson's (1927) if all values are 0 or 1, otherwise the normal one."""
    n = len(values)
    mean = sum(values) / n
    if set(values) <= {0, 1}:
        centre = (mean + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(mean * (1 - mean) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    else:
        centre, half = mean, _Z * math.sqrt(sum((value - mean) ** 2 for value in values) / max(1, n - 1) / n)
    return {"n": n, "share": mean, "low": max(0.0, centre - half), "high": min(1.0, centre + half)}


def calibration(answers: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """How well confidence predicts whether an answer is right.

    Args:
        answers: the confidence of each answer, and whether it was right.

    Returns:
        `bins` of equal count (mean confidence, share right); `thresholds` with `coverage`, the share of answers at or
        above each, and the share right of these; `enough`, the same for the smallest threshold at which `ENOUGH` of the
        answers are right, or None; `error`, the mean difference between confidence and share right.
    """
    ordered, n = sorted(answers), len(answers)
    bins = [part for i in range(_BINS) if (part := ordered[i * n // _BINS : (i + 1) * n // _BINS])]
    rows = [
        {"confidence": sum(c for c, _ in part) / len(part)} | interval([right for _, right in part]) for part in bins
    ]
    above = [_above(ordered, threshold) for threshold in THRESHOLDS if ordered and ordered[-1][0] >= threshold]
    best, kept, right = None, 0, 0
    for confidence, group in groupby(reversed(ordered), key=lambda answer: answer[0]):
        hits = [hit for _, hit in group]
        kept, right = kept + len(hits), right + sum(hits)
        best = confidence if right >= ENOUGH * kept else best
    error = sum(row["n"] * abs(row["confidence"] - row["share"]) for row in rows) / max(1, n)
    enough = None if best is None else _above(ordered, best)
    return {"bins": rows, "thresholds": above, "enough": enough, "error": error}


def _above(answers: Sequence[tuple[float, bool]], threshold: float) -> Figures:
    kept = [right for confidence, right in answers if confidence >= threshold]
    return {"threshold": threshold, "coverage": len(kept) / len(answers)} | interval(kept)
