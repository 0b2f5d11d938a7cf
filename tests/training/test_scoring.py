"""Scores: the same effect is the same, classes, slices, intervals and what a confidence is worth."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import (
    DATA_LINE,
    EXCEPT_LINE,
    TARGET_LINE,
    action_line,
    label_line,
)
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.resolve import resolve
from custom_components.batti.interpreter.words.fold import fold
from training.evaluate import effects, scoring

ON, OFF, TOGGLE = "light.turn_on", "light.turn_off", "light.toggle"
RED, DIM, STEP = "    color_name: red\n", "    brightness_pct: 30\n", "    brightness_step_pct: 20\n"
HOME = Home.from_dict(
    {
        "areas": [{"area_id": "bhansa", "name": "bhansa"}, {"area_id": "kotha", "name": "sutne kotha"}],
        "lights": [
            {"entity_id": "light.jhumar", "name": "jhumar", "area_id": "bhansa", "color_modes": ["hs"]},
            {"entity_id": "light.tube", "name": "tubelight", "area_id": "bhansa"},
            {"entity_id": "light.lamp", "name": "lampu", "area_id": "kotha", "color_modes": ["brightness"]},
        ],
    }
)
MARKED = NameIndex(HOME).mark(fold("bhansa, sutne kotha, jhumar"))
NAMES = (*MARKED.labels, "ALL", "bagaicha")  # the last is not in the home

Step = tuple[str, Sequence[str], Sequence[str], Sequence[str]]


def write(action: str, targets: Sequence[str], left_out: Sequence[str] = (), data: Sequence[str] = ()) -> str:
    lines = [action_line(action), TARGET_LINE, *map(label_line, targets)]
    lines += [EXCEPT_LINE, *map(label_line, left_out)] if left_out else []
    return "".join([*lines, DATA_LINE, *data] if data else lines)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (write(ON, "ab"), write(ON, "ba"), False),
        (write(ON, "aab"), write(ON, "ab"), True),
        (write(ON, "a") + write(ON, "b"), write(ON, "ab"), True),
        (write(TOGGLE, "a") + write(TOGGLE, "b"), write(TOGGLE, "ab"), False),
        (write(ON, "a", data=[STEP]) + write(ON, "b", data=[STEP]), write(ON, "ab", data=[STEP]), False),
        (write(OFF, "a") + write(ON, "c") + write(OFF, "b"), write(OFF, "ab") + write(ON, "c"), False),
        (write(OFF, "a", "b") + write(OFF, "c"), write(OFF, "ac", "b"), False),
        (write(OFF, ["garage"]), write(OFF, ["old garage"]), True),
        (write(OFF, ["garage"]), write(OFF, "a"), False),
        (write(OFF, ["garage"]), write(ON, ["garage"]), False),
        ("[]  # later\n", "[]  # unclear\n", False),
    ],
)
def test_what_makes_no_difference_to_the_yaml_is_exact(one: str, other: str, same: bool) -> None:
    assert (scoring.canonical(one, "abc") == scoring.canonical(other, "abc")) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (write(ON, "ab"), write(ON, "ba"), True),
        (write(ON, "aab"), write(ON, "ab"), True),
        (write(ON, "a") + write(ON, "b"), write(ON, "ab"), True),
        (write(ON, "a") + write(ON, "a"), write(ON, "a"), True),
        (write(ON, "a", data=[DIM, RED]), write(ON, "a", data=[RED, DIM]), True),
        (write(ON, "a", data=[DIM]) + write(ON, "b", data=[RED]), write(ON, "ab", data=[DIM]), False),
        (write(ON, "a"), write(OFF, "a"), False),
        (write(ON, "a"), write(ON, "ab"), False),
        (write(OFF, ["ALL"], "a"), write(OFF, ["ALL"], "b"), False),
        (write(OFF, ["ALL"], "a") + write(OFF, "a"), write(OFF, ["ALL", "a"], "a"), False),
        (write(OFF, ["a", "ALL"]), write(OFF, ["ALL"]), True),
        (write(ON, "a") + write(OFF, "b"), write(OFF, "b") + write(ON, "a"), False),
        (write(ON, "a", data=[STEP]) * 2, write(ON, "a", data=[STEP]), False),
        ("[]  # later\n", "[]  # forbidden\n", True),
        ("[]  # later\n", "- action: batti.undo\n", True),
        ("[]  # later\n", write(ON, "a"), False),
        (write("batti.describe", "a") + write(ON, "a"), write(ON, "a"), True),
    ],
)
def test_same_effect(one: str, other: str, same: bool) -> None:
    assert scoring.same_effect(one, other) is same
    assert scoring.same_effect(other, one) is same


def test_an_action_on_what_the_home_has_not_is_none() -> None:
    known = ["a"]
    assert scoring.same_effect(write(ON, "x"), "[]  # unclear\n", known)
    assert scoring.same_effect(write(ON, "a") + write(ON, "x"), write(ON, "a"), known)
    assert not scoring.same_effect(write(ON, "ax"), write(ON, "a"), known)
    assert scoring.same_effect(write(ON, ["HERE", "ALL"]), write(ON, ["ALL"]), known)


names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)
steps = st.lists(
    st.tuples(
        st.sampled_from([ON, OFF, TOGGLE]), names, st.one_of(st.just([]), names), st.sampled_from([[], [DIM], [STEP]])
    ),
    min_size=1,
    max_size=3,
)


def said_otherwise(several: Sequence[Step], rng: random.Random) -> str:
    """The same in other lines, or nearly so: labels in another order and twice, actions split in two, or one left out."""
    lines = ""
    for action, targets, left_out, data in several:
        split = rng.randint(0, len(targets))
        for part in (targets[:split], targets[split:]):
            if part and rng.random() < 0.95:
                lines += write(action, rng.sample([*part, part[0]], len(part) + 1), left_out, data)
    return lines or "[]  # unclear\n"


@settings(max_examples=300, deadline=None)
@given(steps, st.randoms(use_true_random=False), st.lists(st.sampled_from([light.entity_id for light in HOME.lights])))
def test_what_counts_as_the_same_effect_is_the_same_in_a_home(
    several: list[Step], rng: random.Random, lit: list[str]
) -> None:
    several = [(action, targets, out, data if action == ON else []) for action, targets, out, data in several]
    one, other = "".join(write(*step) for step in several), said_otherwise(several, rng)
    states = effects.before(HOME, {entity_id: {"brightness_pct": 40} for entity_id in lit if entity_id != "light.tube"})
    assume(scoring.same_effect(one, other, list(MARKED.labels)))  # hypothesis complains where it hardly ever is
    found = [effects.after(resolve(text, MARKED, HOME, None), HOME, states) for text in (one, other)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (write(ON, "a"), "turn_on"),
        (write(OFF, "a"), "turn_off"),
        (write(TOGGLE, "a"), "toggle"),
        (write(ON, "a", data=[DIM]), "brightness"),
        (write(ON, "a", data=[STEP]), "step"),
        (write(ON, "a", data=[DIM, RED]), "colour"),
        (write(ON, "a") + write(ON, "b"), "turn_on"),
        (write(ON, "a") + write(OFF, "b"), "several"),
        (write("batti.describe", "a"), "describe"),
        ("- action: batti.undo\n", "undo"),
        ("[]  # not for lights\n", "not for lights"),
    ],
)
def test_classes(answer: str, kind: str) -> None:
    assert scoring.class_of(answer) == kind
    assert kind in scoring.CLASSES


def test_partial_match() -> None:
    assert scoring.partial_match(write(ON, "a"), write(ON, "a")) == 1
    assert scoring.partial_match(write(ON, "a"), write(ON, "b")) == pytest.approx(2 / 4)
    assert scoring.partial_match("", "[]  # later\n") == 0


def test_slices_of_a_generated_line() -> None:
    line = {"messages": [{}, {}, {"content": write(ON, "a") + write(OFF, "b")}], "script": "r"}
    line |= {"intent": "turn_on+turn_off, later turn", "previous": write(ON, "a")}
    expected = ["all", "script romanised", "intent turn_on+turn_off", "actions 2", "turn later"]
    assert scoring.slices_of_line(line) == expected
    more = scoring.slices_of_line(line | {"noisy": False, "invented": True, "lights": 40})
    assert more == [*expected, "spelling clean", "names invented", "home 21-40 lights"]
    assert scoring.in_order(more)[:2] == ["all", "script romanised"]


def test_slices_of_a_case() -> None:
    assert scoring.slices_of_case({"tags": ["mixed", "chat"], "why": "time"}, 41) == [
        "all",
        "script mixed",
        "tag chat",
        "why time",
        "home 41+ lights",
    ]
    assert "commands" in scoring.slices_of_case({}, 1)


def test_intervals() -> None:
    # Wilson's for 8 of 10, as in Agresti and Coull (1998).
    assert scoring.interval([1] * 8 + [0] * 2) == pytest.approx(
        {"n": 10, "share": 0.8, "low": 0.490, "high": 0.943}, abs=1e-3
    )
    assert scoring.interval([True] * 20)["low"] == pytest.approx(0.839, abs=1e-3)
    assert scoring.interval([0.5] * 10) == {"n": 10, "share": 0.5, "low": 0.5, "high": 0.5}
    assert scoring.interval([0.5])["n"] == 1


def test_calibration() -> None:
    found = scoring.calibration([(i / 1000, i >= 300) for i in range(1000)])
    assert [row["n"] for row in found["bins"]] == [100] * 10
    assert [row["share"] for row in found["bins"]] == [0] * 3 + [1] * 7
    at_half = next(row for row in found["thresholds"] if row["threshold"] == 0.5)
    assert (at_half["coverage"], at_half["share"]) == (0.5, 1)
    # 700 right ones carry seven wrong ones.
    assert found["enough"]["threshold"] == pytest.approx(0.293)
    assert found["enough"]["share"] >= scoring.ENOUGH
    assert found["error"] == pytest.approx((0.0495 + 0.1495 + 0.2495 + sum(0.6505 - i / 10 for i in range(7))) / 10)


def test_equal_confidences_are_above_a_threshold_together() -> None:
    assert scoring.calibration([(0.9, True), (0.9, False), (0.5, True)])["enough"] is None


def test_nothing_was_measured() -> None:
    assert scoring.calibration([]) == {"bins": [], "thresholds": [], "enough": None, "error": 0}
