"""The output language as an automaton of lines: an edge is a whole YAML line; label edges are names from this sentence.

The model writes Home Assistant's own YAML, with labels in place of ids (`resolve.py` puts the ids in):

    - action: light.turn_on
      target:
        - bansa
      data:
        brightness_pct: 30

Every path gives valid YAML that names only the given labels, so a sentence cannot make the model write anything else.
A special line (`[]` and a comment) refuses.

>>> grammar = Grammar(["bansa"])
>>> sorted(grammar.edges(State("labels", "light.turn_on")))
['    - ALL\\n', '    - HERE\\n', '    - bansa\\n']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from ..lexicon import COLOURS

HERE = "HERE"  # upper case: folded text never is, so no name in a home can look like these
ALL = "ALL"
GROUNDED = 0.5  # a label with a lower unconstrained probability is not what the model wanted to write
SURE = 0.3  # a less likely plan is not run; chosen on validation data (training/LOG.md)
LABEL_PREFIX = "    - "
TARGET_LINE = "  target:\n"
EXCEPT_LINE = "  except:\n"
DATA_LINE = "  data:\n"
MAX_ACTIONS = 6

ON, OFF, TOGGLE = "light.turn_on", "light.turn_off", "light.toggle"
DESCRIBE, UNDO = "batti.describe", "batti.undo"
LIGHT_ACTIONS = (ON, OFF, TOGGLE)
ACTIONS = (*LIGHT_ACTIONS, DESCRIBE)  # those with a target


class Refusal(StrEnum):
    """Why nothing is done; the value is the comment that the model writes."""

    NOT_FOR_LIGHTS = "not for lights"
    FORBIDDEN = "forbidden"
    LATER = "later"
    UNCLEAR = "unclear"


# Data lines by family: at most one line of each, in this order. Units: percent, kelvin, seconds.
DATA_FAMILIES: tuple[tuple[str, ...], ...] = (
    tuple(f"    brightness_pct: {n}\n" for n in range(1, 101))
    + tuple(f"    brightness_step_pct: {sign}{n}\n" for sign in ("", "-") for n in range(1, 101)),
    tuple(f"    color_name: {name}\n" for name in COLOURS)
    + tuple(f"    color_temp_kelvin: {n}\n" for n in range(1500, 9001, 100)),
    tuple(f"    transition: {n}\n" for n in (*range(1, 61), 90, 120, 180, 240, 300, 600)),
    ("    flash: short\n",),
)
# light.turn_off takes only a transition; light.toggle is kept bare.
FAMILIES_OF = {ON: (0, 1, 2, 3), OFF: (2,), TOGGLE: (), DESCRIBE: ()}


class State(NamedTuple):
    """A state of the automaton: `at` is the kind of place, the other fields say what was written so far."""

    at: str
    action: str = ""
    family: int = 0
    used: frozenset[str] = frozenset()
    left: int = MAX_ACTIONS


def action_line(action: str) -> str:
    """The line that begins an action."""
    return f"- action: {action}\n"


def refusal_line(refusal: Refusal) -> str:
    """The line that is a complete answer: nothing to do, and why."""
    return f"[]  # {refusal.value}\n"


def label_line(label: str) -> str:
    """The line that names a target or an exception."""
    return f"{LABEL_PREFIX}{label}\n"


@cache
def fixed_lines() -> tuple[str, ...]:
    """All lines except those with a sentence's labels."""
    return (
        *map(action_line, (*ACTIONS, UNDO)),
        *map(refusal_line, Refusal),
        *(TARGET_LINE, EXCEPT_LINE, DATA_LINE),
        *map(label_line, (HERE, ALL)),
        *(line for family in DATA_FAMILIES for line in family),
    )


class Grammar:
    """The automaton for one sentence.

    Args:
        labels: folded names that the sentence or the previous plan mentions, as said; `HERE` and `ALL` are always allowed.
    """

    start = State("start")

    def __init__(self, labels: Sequence[str] = ()) -> None:
        """Keep the labels in the order said."""
        self.labels = tuple(dict.fromkeys(labels))

    def edges(self, state: State) -> Mapping[str, State]:
        """All lines that may follow, with the state that each leads to."""
        names = (*self.labels, HERE)
        match state.at:
            case "start":
                edges = _START_EDGES
            case "target":
                edges = {TARGET_LINE: state._replace(at="labels")}
            case "labels":
                edges = self._label_edges(state, (*names, ALL), "more")
            case "more":
                edges = self._label_edges(state, () if ALL in state.used else names, "more")
                edges[EXCEPT_LINE] = state._replace(at="exceptions", used=frozenset())
                edges |= _after_target(state)
            case "exceptions":
                edges = self._label_edges(state, names, "more exceptions")
            case "more exceptions":
                edges = self._label_edges(state, names, "more exceptions") | _after_target(state)
            case "data":
                edges = _data_edges(state)
            case "after":
                edges = _data_edges(state) | _action_edges(state.left)
            case _:
                edges = {}
        return edges

    def may_end(self, state: State) -> bool:
        """Whether the model may end its turn here."""
        return state.at in ("more", "more exceptions", "after", "done")

    def label_prefix(self, state: State) -> str | None:
        """The start of label lines if the edges name labels, else None. After it the model may also write an unknown name."""
        return LABEL_PREFIX if state.at in ("labels", "more", "exceptions", "more exceptions") else None

    def label_state(self, state: State, label: str) -> State:
        """The state after a label line, also after one that is no edge because the home has no such thing."""
        at = "more" if state.at in ("labels", "more") else "more exceptions"
        return state._replace(at=at, used=state.used | {label})

    def _label_edges(self, state: State, labels: Iterable[str], at: str) -> dict[str, State]:
        return {
            label_line(label): state._replace(at=at, used=state.used | {label})
            for label in labels
            if label not in state.used
        }

    def to_gbnf(self) -> str:
        """The same language as GBNF, llama.cpp's grammar format, for programs without our automaton.

        Source of the format: llama.cpp, grammars/README.md. In GBNF, a label may be repeated and the number of list
        items is not limited; `plan.py` treats a repeated label as said once.
        """
        rules: dict[str, str] = {}
        todo = [self.start]
        while todo:
            state = todo.pop()
            name = _rule(state)
            if name in rules:
                continue
            plain = state._replace(used=frozenset({ALL} & state.used), left=MAX_ACTIONS if state.at == "start" else 2)
            by_rule: dict[str, list[str]] = {}
            for line, following in self.edges(plain).items():
                by_rule.setdefault(_rule(following), []).append(_quote(line))
                todo.append(following)
            choices = [f"({' | '.join(lines)}) {rule}" for rule, lines in by_rule.items()]
            rules[name] = " | ".join([*choices, '""'] if self.may_end(state) else choices)
        return "".join(f"{name} ::= {body}\n" for name, body in rules.items())


def _after_target(state: State) -> dict[str, State]:
    data = {DATA_LINE: State("data", state.action, left=state.left)} if FAMILIES_OF[state.action] else {}
    return data | _action_edges(state.left)


def _rule(state: State) -> str:
    if state.at == "start":
        return "root"
    everything = ["all"] if ALL in state.used and state.at == "more" else []
    parts = [state.at.replace(" ", "-"), state.action.replace(".", "-").replace("_", "-"), str(state.family)]
    return "-".join([part for part in parts if part] + everything)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _action_edges(left: int) -> dict[str, State]:
    if not left:
        return {}
    return {action_line(action): State("target", action, left=left - 1) for action in ACTIONS}


@cache
def _data_edges(state: State) -> dict[str, State]:
    return {
        line: State("after", state.action, family + 1, left=state.left)
        for family in FAMILIES_OF[state.action]
        if family >= state.family
        for line in DATA_FAMILIES[family]
    }


_START_EDGES: dict[str, State] = _action_edges(MAX_ACTIONS) | {
    line: State("done") for line in (action_line(UNDO), *map(refusal_line, Refusal))
}
