"""The output language as an automaton of lines: an edge is a whole YAML line; label edges are names from this sentence.

The model writes Home Assistant's own YAML, with labels in place of ids (`resolve.py` puts the ids in):

    - action: light.turn_on
      target:
        - A
      data:
        brightness_pct: 30

`A` is the marker of a name in the sentence (`names/mentions.py`); a name that the home does not have is copied. Every path
gives valid YAML that names only the given labels, so a sentence cannot make the model write anything else. Where a line has
very many values, its key is one edge and the value the next one. A special line (`[]` and a comment) refuses.

>>> grammar = Grammar(["A"])
>>> sorted(grammar.edges(State("labels", "light.turn_on", "in")))
['    - A\\n', '    - HERE\\n']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from .items import (
    AT_KEY,
    DATA_FAMILIES,
    DATA_LINE,
    DAY_LINES,
    EVERY_LINE,
    FAMILIES_OF,
    FIRST_ITEMS,
    FOR_KEY,
    ITEMS,
    LABEL_PREFIX,
    LABELLED,
    NAME_KEY,
    OFFSET_KEY,
    PART_LINES,
    RECURRING_LINES,
    SUN,
    UNTIL_KEY,
    VALUES_OF,
    WHOLE,
    WRITTEN_REFUSALS,
    label_line,
    refusal_line,
    specials,
)

GROUNDED = 0.5  # a label with a lower unconstrained probability is not what the model wanted to write
SURE = 0.3  # a less likely plan is not run; chosen on validation data (training/LOG.md)
MAX_ITEMS = 8

_KEYS = {"at": AT_KEY, "offset": OFFSET_KEY, "for": FOR_KEY, "until": UNTIL_KEY, "name": NAME_KEY}
_LINES = {"part": PART_LINES, "day": DAY_LINES}


class State(NamedTuple):
    """A state of the automaton.

    Attributes:
        at: the kind of place: start, open (a part, an item or the end may follow), time (a part of a time must follow),
            sun (an offset may follow), labels, more (labels), data, more data, every, more every, value, name, done.
        item: the item, by its name in `items.ITEMS`.
        part: the part that is being written, or was written last.
        family: the first family of data lines that may still come.
        used: labels or days of the part so far.
        left: items that may still come.
    """

    at: str
    item: str = ""
    part: str = ""
    family: int = 0
    used: frozenset[str] = frozenset()
    left: int = MAX_ITEMS


class Grammar:
    """The automaton for one sentence.

    Args:
        labels: markers of names that the sentence or the lines before it have; the special labels are always allowed.
    """

    start = State("start")

    def __init__(self, labels: Sequence[str] = ()) -> None:
        """Keep the labels in the order said."""
        self.labels = tuple(dict.fromkeys(labels))

    def edges(self, state: State) -> Mapping[str, State]:
        """All lines that may follow, with the state that each leads to."""
        if state.at == "labels":
            return self._label_edges(state)
        if state.at == "more":
            return self._label_edges(state) | dict(_edges(state._replace(used=frozenset())))
        return _edges(state)

    def may_end(self, state: State) -> bool:
        """Whether the model may end its turn here."""
        if state.at in ("open", "sun", "more", "more data", "more every"):
            return ITEMS[state.item].last and not _missing(state)
        return state.at == "done"

    def label_prefix(self, state: State) -> str | None:
        """The start of label lines if the edges name labels, else None. After it the model may also write an unknown name."""
        return LABEL_PREFIX if state.at in ("labels", "more") else None

    def label_state(self, state: State, label: str) -> State:
        """The state after a label line, also after one that is no edge because the home has no such thing."""
        return state._replace(at="more", used=state.used | {label})

    def name_state(self, state: State) -> State | None:
        """The state after any words of the sentence, where these come next; else None."""
        return state._replace(at="open") if state.at == "name" else None

    def _label_edges(self, state: State) -> dict[str, State]:
        if state.used.intersection(WHOLE):
            return {}
        labels: Iterable[str] = (*self.labels, *specials(state.item, state.part))
        if state.used:
            labels = (label for label in labels if label not in WHOLE)
        return {label_line(label): self.label_state(state, label) for label in labels if label not in state.used}

    def to_gbnf(self) -> str:
        """The same language as GBNF, llama.cpp's grammar format, for programs without our automaton.

        Source of the format: llama.cpp, grammars/README.md. In GBNF, a label may be repeated and the number of items is
        not limited; `resolve.py` treats a repeated label as said once.
        """
        rules: dict[str, str] = {}
        many: dict[tuple[str, ...], str] = {}  # lists of lines that stand in several rules
        todo = [self.start]
        while todo:
            state = todo.pop()
            name = _rule(state)
            if name in rules:
                continue
            if state.at == "name":
                rules[name] = f'(" " [a-zA-Z0-9]+)+ "\\n" {_rule(state._replace(at="open"))}'
                todo.append(state._replace(at="open"))
                continue
            used = state.used.intersection(WHOLE) or frozenset({"?"} & state.used)
            plain = state._replace(used=used, left=MAX_ITEMS if state.at == "start" else 3)
            by_rule: dict[str, list[str]] = {}
            for line, following in self.edges(plain).items():
                by_rule.setdefault(_rule(following), []).append(_quote(line))
                todo.append(following)
            choices = []
            for rule, lines in by_rule.items():
                listed = many.setdefault(tuple(lines), f"lines-{len(many) + 1}")
                choices.append(f"{listed} {rule}")
            rules[name] = " | ".join([*choices, '""'] if self.may_end(state) else choices)
        rules |= {name: " | ".join(lines) for lines, name in many.items()}
        return "".join(f"{name} ::= {body}\n" for name, body in rules.items())


def _rule(state: State) -> str:
    if state.at == "start":
        return "root"
    whole = ["whole"] if state.used.intersection(WHOLE) and state.at == "more" else []
    parts = [state.at, state.item, state.part, str(state.family) if "data" in state.at else "", *whole]
    return "-".join(part.translate(str.maketrans(" ._", "---")) for part in parts if part)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@cache
def _edges(state: State) -> Mapping[str, State]:
    """The edges that do not depend on the sentence."""
    match state.at:
        case "start":
            refusals: dict[str, State] = {refusal_line(refusal): State("done") for refusal in WRITTEN_REFUSALS}
            edges = _heads(FIRST_ITEMS, MAX_ITEMS) | refusals
        case "value":
            edges = {value: _after_value(state, value) for value in VALUES_OF[_key(state)]}
        case "sun":
            edges = {OFFSET_KEY: state._replace(at="value", part="offset")} | _on(state)
        case "data":
            edges = _data(state)
        case "more data":
            edges = _data(state) | _on(state)
        case "every":
            edges = _days(state)
        case "more every":
            edges = _days(state) | _on(state)
        case "time":
            edges = dict(_parts(state))
        case "open" | "more":
            edges = _on(state)
        case _:
            edges = {}
    return edges


def _on(state: State) -> dict[str, State]:
    """Later parts of the item; if it has all that it needs, the next items too."""
    following = ITEMS[state.item].following if not _missing(state) else ()
    return dict(_parts(state)) | _heads(following, state.left)


def _missing(state: State) -> tuple[str, ...]:
    """The parts that the item still needs after the present one."""
    item = ITEMS[state.item]
    at = item.parts.index(state.part) if state.part else -1
    return tuple(part for part in item.needed if part in item.parts[at + 1 :])


def _heads(names: Iterable[str], left: int) -> dict[str, State]:
    # An item that needs another one after it needs room for both.
    return {ITEMS[name].head: _begun(name, left - 1) for name in names if left > (not ITEMS[name].last)}


def _begun(name: str, left: int) -> State:
    item = ITEMS[name]
    if item.head in VALUES_OF:
        return State("value", name, left=left)
    if "time" in item.needed:
        return State("time", name, left=left)
    if item.parts[:1] == ("choose",):
        return State("labels", name, "choose", left=left)
    return State("open", name, left=left)


def _parts(state: State) -> Iterator[tuple[str, State]]:
    """The lines that begin a later part, up to the first one that must come."""
    item = ITEMS[state.item]
    for part in item.parts[item.parts.index(state.part) + 1 if state.part else 0 :]:
        here = State("", state.item, part, left=state.left)
        if LABELLED.get(part):
            yield LABELLED[part], here._replace(at="labels")
        elif part == "data":
            yield DATA_LINE, here._replace(at="data")
        elif part == "every":
            yield EVERY_LINE, here._replace(at="every")
        elif part in _LINES:
            yield from ((line, here._replace(at="open")) for line in _LINES[part])
        elif part == "offset":
            continue  # comes only after sunrise or sunset: see `_after_value`
        elif part != "until" or state.part != "for":
            yield _KEYS[part], here._replace(at="name" if part == "name" else "value")
        if part in item.needed:
            break


def _key(state: State) -> str:
    return _KEYS[state.part] if state.part else ITEMS[state.item].head


def _after_value(state: State, value: str) -> State:
    if state.part == "until":
        return State("open", "until", left=state.left)
    if state.part == "at" and value.strip() in SUN:
        return state._replace(at="sun")
    return state._replace(at="open")


@cache
def _data(state: State) -> dict[str, State]:
    return {
        line: state._replace(at="more data", family=family + 1)
        for family in FAMILIES_OF[state.item]
        if family >= state.family
        for line in DATA_FAMILIES[family]
    }


def _days(state: State) -> dict[str, State]:
    return {
        line: state._replace(at="more every", used=state.used | {line})
        for line in RECURRING_LINES
        if line not in state.used
    }
