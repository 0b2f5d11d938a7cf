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
    IN_LINE,
    TARGET_LINE,
    action_line,
    label_line,
)
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.resolve import resolve
from custom_components.batti.interpreter.words.fold import fold
from training.evaluate import effects, scoring
from training.evaluate.scoring import Fault

ON, OFF, TOGGLE = "light.turn_on", "light.turn_off", "light.toggle"
RED, DIM, STEP = "    color_name: red\n", "    brightness_pct: 30\n", "    brightness_step_pct: 20\n"
BRIEF, SOON, UNDONE = "  for: 10 minutes\n", "- after: 5 minutes\n", "- action: batti.undo\n"
DAILY = "- when: time\n  at: 6:00\n  part: evening\n  every:\n    - day\n"
LEFT_OUT = "- refuse: not for lights\n"
TAUGHT = "- action: batti.teach\n  target:\n    - A\n  name: jun bati\n"
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


def write(
    action: str,
    targets: Sequence[str],
    left_out: Sequence[str] = (),
    data: Sequence[str] = (),
    places: Sequence[str] = (),
    time: str = "",
) -> str:
    lines = [action_line(action), TARGET_LINE, *map(label_line, targets)]
    lines += [IN_LINE, *map(label_line, places)] if places else []
    lines += [EXCEPT_LINE, *map(label_line, left_out)] if left_out else []
    lines += [DATA_LINE, *data] if data else []
    return "".join([*lines, time])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (write(ON, "AB"), write(ON, "BA"), False),
        (write(ON, "AAB"), write(ON, "AB"), True),
        (write(ON, "A") + write(ON, "B"), write(ON, "AB"), True),
        (write(TOGGLE, "A") + write(TOGGLE, "B"), write(TOGGLE, "AB"), False),
        (write(ON, "A", data=[STEP]) + write(ON, "B", data=[STEP]), write(ON, "AB", data=[STEP]), False),
        (write(OFF, "A") + write(ON, "C") + write(OFF, "B"), write(OFF, "AB") + write(ON, "C"), False),
        (write(OFF, "A", "B") + write(OFF, "C"), write(OFF, "AC", "B"), False),
        (write(OFF, ["garage"]), write(OFF, ["old garage"]), True),
        (write(OFF, ["garage"]), write(OFF, "A"), False),
        (write(OFF, ["garage"]), write(ON, ["garage"]), False),
        (write(OFF, "C", places="A"), write(OFF, "C"), False),
        (write(OFF, "C", places="A"), write(OFF, "C", places="B"), False),
        (write(OFF, "A", places="C") + write(OFF, "B", places="C"), write(OFF, "AB", places="C"), True),
        (write(OFF, "A", time=BRIEF), write(OFF, "A"), False),
        (write(OFF, "A", time=BRIEF), write(OFF, "A", time="  for: 5 minutes\n"), False),
        (write(OFF, "A", time=BRIEF) + write(OFF, "B", time=BRIEF), write(OFF, "AB", time=BRIEF), True),
        (write(OFF, "A", time=BRIEF) + write(OFF, "B"), write(OFF, "AB", time=BRIEF), False),
        (SOON + write(OFF, "A"), write(OFF, "A"), False),
        (SOON + write(OFF, "A"), SOON.replace("5", "15") + write(OFF, "A"), False),
        (DAILY + write(OFF, "A"), DAILY.replace("- day", "- weekday") + write(OFF, "A"), False),
        (DAILY + write(OFF, "A"), DAILY.replace("- when", "- if") + write(OFF, "A"), False),
        ("- answer: yes\n", "- answer: no\n", False),
        ("- choose:\n    - A\n", "- choose:\n    - A\n    - A\n", True),
        ("- choose:\n    - A\n", "- choose:\n    - LAST\n", False),
        ("- choose:\n    - garage\n", "- choose:\n    - old garage\n", True),
        (TAUGHT, TAUGHT.replace("jun", "tara"), False),
        (UNDONE, UNDONE + write(OFF, "A"), False),
        ("[]  # later\n", "[]  # unclear\n", False),
        (write(ON, "A") + LEFT_OUT, write(ON, "A"), False),
        (write(ON, ["ONE"]), write(ON, "A"), False),
    ],
)
def test_what_makes_no_difference_to_the_yaml_is_exact(one: str, other: str, same: bool) -> None:
    assert (scoring.canonical(one, "ABC") == scoring.canonical(other, "ABC")) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (write(ON, "AB"), write(ON, "BA"), True),
        (write(ON, "AAB"), write(ON, "AB"), True),
        (write(ON, "A") + write(ON, "B"), write(ON, "AB"), True),
        (write(ON, "A") + write(ON, "A"), write(ON, "A"), True),
        (write(ON, "A", data=[DIM, RED]), write(ON, "A", data=[RED, DIM]), True),
        (write(ON, "A", data=[DIM]) + write(ON, "B", data=[RED]), write(ON, "AB", data=[DIM]), False),
        (write(ON, "A"), write(OFF, "A"), False),
        (write(ON, "A"), write(ON, "AB"), False),
        (write(OFF, ["ALL"], "A"), write(OFF, ["ALL"], "B"), False),
        (write(OFF, ["ALL"], "A") + write(OFF, "A"), write(OFF, ["ALL", "A"], "A"), False),
        (write(OFF, ["A", "ALL"]), write(OFF, ["ALL"]), True),
        (write(ON, "A") + write(OFF, "B"), write(OFF, "B") + write(ON, "A"), False),
        (write(ON, "A", data=[STEP]) * 2, write(ON, "A", data=[STEP]), False),
        ("[]  # later\n", "[]  # forbidden\n", True),
        ("[]  # later\n", "- action: batti.undo\n", True),
        ("[]  # later\n", write(ON, "A"), False),
        (write(OFF, "C", places="A"), write(OFF, "C"), False),
        (write(OFF, "C", places="A"), write(OFF, "C", places="B"), False),
        (write(OFF, "A", places="BC"), write(OFF, "A", places="CB"), True),
        (write(OFF, "A", places="C") + write(OFF, "B", places="C"), write(OFF, "BA", places="C"), True),
        # What the house cannot do yet changes nothing.
        (write(OFF, "A", time=BRIEF), write(OFF, "A"), False),
        (write(OFF, "A", time=BRIEF), "[]  # unclear\n", True),
        (SOON + write(OFF, "A"), write(OFF, "A"), False),
        (SOON + write(OFF, "A"), "[]  # later\n", True),
        (SOON + write(OFF, "A"), DAILY + write(ON, "B"), True),
        ("- answer: yes\n", "- choose:\n    - A\n", True),
        ("- answer: no\n" + write(ON, "A"), write(ON, "A"), False),
        (UNDONE + write(ON, "A"), write(ON, "A"), False),
        (TAUGHT, "- action: batti.list_routines\n", True),
        (write(ON, ["OTHER"]), "[]  # unclear\n", True),
        (write(ON, ["ONE"]), "[]  # unclear\n", False),
        (write(ON, ["ONE"]), write(ON, ["ALL"]), False),
        (write(ON, "A") + LEFT_OUT, write(ON, "A"), True),
        (write(ON, "A") + LEFT_OUT, LEFT_OUT, False),
        (write("batti.describe", "A") + write(ON, "A"), write(ON, "A"), True),
    ],
)
def test_same_effect(one: str, other: str, same: bool) -> None:
    assert scoring.same_effect(one, other) is same
    assert scoring.same_effect(other, one) is same


def test_an_action_on_what_the_home_has_not_is_none() -> None:
    known = ["A"]
    assert scoring.same_effect(write(ON, ["garaj"]), "[]  # unclear\n", known)
    assert scoring.same_effect(write(ON, "A") + write(ON, ["garaj"]), write(ON, "A"), known)
    assert scoring.same_effect(write(ON, "A", places=["garaj"]), "[]  # unclear\n", known)
    assert not scoring.same_effect(write(ON, ["A", "garaj"]), write(ON, "A"), known)
    assert scoring.same_effect(write(ON, ["HERE", "ALL"]), write(ON, ["ALL"]), known)


@pytest.mark.parametrize(
    ("found", "wanted", "fault"),
    [
        (write(ON, "BA"), write(ON, "AB"), None),
        ("[]  # unclear\n", write(ON, "A"), Fault.REFUSED),
        (SOON + write(ON, "A"), write(ON, "A"), Fault.REFUSED),
        (write(ON, ["garaj"]), write(ON, "A"), Fault.REFUSED),
        ("[]  # unclear\n", write(ON, ["ONE"]), Fault.REFUSED),
        (write(ON, ["ONE"]), "[]  # unclear\n", Fault.WIDER),
        (write(ON, ["ALL"]), write(ON, ["ONE"]), Fault.WIDER),
        (write(ON, "A") + LEFT_OUT, write(ON, "A"), None),
        (LEFT_OUT, write(ON, "A"), Fault.REFUSED),
        (write(ON, "A"), "[]  # forbidden\n", Fault.WIDER),
        (write(ON, "AB"), write(ON, "A"), Fault.WIDER),
        (write(ON, "B"), write(ON, "A"), Fault.WIDER),
        (write(ON, ["ALL"]), write(ON, "A"), Fault.WIDER),
        (write(OFF, "A"), write(ON, "A"), Fault.WIDER),
        (write(TOGGLE, "A"), write(ON, "A"), Fault.WIDER),
        (write(ON, "A") + write(OFF, "A"), write(ON, "A") + write(OFF, "B"), Fault.WIDER),
        (write(OFF, ["ALL"]), write(OFF, ["ALL"], "A"), Fault.WIDER),
        (write(OFF, "A"), write(OFF, ["ALL"], "A"), Fault.WIDER),
        (write(OFF, "C"), write(OFF, "C", places="A"), Fault.WIDER),
        (write(OFF, "C", places="B"), write(OFF, "C", places="A"), Fault.WIDER),
        (write(OFF, "A"), write(OFF, ["ALL"], places="B"), Fault.WIDER),
        (write(OFF, "C", places="A"), write(OFF, "C", places="AB"), Fault.OTHER),
        (write(ON, "A"), write(ON, "AB"), Fault.OTHER),
        (write(ON, "A", data=[DIM]), write(ON, "A", data=[RED]), Fault.OTHER),
        (write(OFF, "C", places="A"), write(OFF, "C"), Fault.OTHER),
        (write(OFF, ["ALL"], "A"), write(OFF, ["ALL"]), Fault.OTHER),
        (write(OFF, "B"), write(OFF, ["ALL"], "A"), Fault.OTHER),
        (write(OFF, ["REST"]), write(OFF, ["ALL"]), Fault.OTHER),
        (write(OFF, "B") + write(ON, "A"), write(ON, "A") + write(OFF, "B"), Fault.OTHER),
    ],
)
def test_faults(found: str, wanted: str, fault: Fault | None) -> None:
    assert scoring.fault_of(found, wanted, "ABC") is fault


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
        (write(ON, "A"), "turn_on"),
        (write(OFF, "A"), "turn_off"),
        (write(TOGGLE, "A"), "toggle"),
        (write(ON, "A", data=[DIM]), "brightness"),
        (write(ON, "A", data=[STEP]), "step"),
        (write(ON, "A", data=[DIM, RED]), "colour"),
        (write(ON, "A") + write(ON, "B"), "turn_on"),
        (write(ON, "A") + write(OFF, "B"), "several"),
        (write("batti.describe", "A"), "describe"),
        ("- action: batti.undo\n", "undo"),
        (write(OFF, "C", places="A"), "turn_off"),
        (write(OFF, "A", time=BRIEF), "conversation or routine"),
        (SOON + write(OFF, "A"), "conversation or routine"),
        (DAILY + write(OFF, "A") + write(ON, "B"), "conversation or routine"),
        (write(OFF, ["OTHER"]), "conversation or routine"),
        (write(OFF, ["ONE"]), "turn_off"),
        (write(OFF, ["ONE"], places="A"), "turn_off"),
        (write("batti.describe", "A", time="  ask: brightness\n"), "describe"),
        ("- answer: yes\n", "conversation or routine"),
        ("- choose:\n    - A\n", "conversation or routine"),
        (TAUGHT, "conversation or routine"),
        ("- action: batti.cancel\n  target:\n    - A\n  at: 6:00\n", "conversation or routine"),
        (UNDONE + write(ON, "A"), "conversation or routine"),
        ("[]  # not for lights\n", "not for lights"),
    ],
)
def test_classes(answer: str, kind: str) -> None:
    assert scoring.class_of(answer) == kind
    assert kind in scoring.CLASSES


def test_partial_match() -> None:
    assert scoring.partial_match(write(ON, "A"), write(ON, "A")) == 1
    assert scoring.partial_match(write(ON, "A"), write(ON, "B")) == pytest.approx(2 / 4)
    assert scoring.partial_match(SOON + write(ON, "A"), write(ON, "A")) == pytest.approx(3 / 4)
    assert scoring.partial_match("", "[]  # later\n") == 0


def test_the_items_of_an_answer() -> None:
    """Each with what belongs to it: labels, days, data, and lines that stand in no block."""
    soon, off, taught = scoring.steps_of(DAILY + write(OFF, "C", "B", places="A", time=BRIEF) + TAUGHT)
    assert (soon.action, off.action, taught.action) == ("- when: time", OFF, "batti.teach")
    assert [off.parts[part].keys() for part in (TARGET_LINE, IN_LINE, EXCEPT_LINE)] == [{"C"}, {"A"}, {"B"}]
    assert (off.labels, taught.labels, soon.labels) == ({"A", "B", "C"}, {"A"}, set())
    assert soon.rest == (set(), set(), {"day"}, {"at: 6:00", "part: evening"})
    assert off.rest == ({"A"}, set(), set(), {BRIEF.strip()})
    assert taught.rest[-1] == {"name: jun bati"}
    (chosen,) = scoring.steps_of("- choose:\n    - A\n  data:\n    brightness_pct: 30\n")
    assert (chosen.labels, chosen.data) == ({"A"}, {DIM.strip()})


def test_slices_of_a_generated_line() -> None:
    line = {"messages": [{}, {}, {"content": write(ON, "A") + write(OFF, "B")}], "script": "r"}
    line |= {"intent": "turn_on+turn_off, later turn", "previous": write(ON, "Q")}
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
