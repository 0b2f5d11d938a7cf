"""The output language: whatever path is taken is a valid plan that names only what the home has."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.home import load_home
from custom_components.batti.interpreter.language.grammar import MAX_ITEMS, Grammar, State
from custom_components.batti.interpreter.language.items import ACTIONS, FIRST_ITEMS, ITEMS
from custom_components.batti.interpreter.language.plan import Plan, lights_of
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.resolve import has_meaning, resolve, understood
from custom_components.batti.interpreter.words.fold import fold

from ...house import HOMES
from ..engine.language import problem

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]')
HOME = load_home(HOMES / "bhaktapur_joint_family.yaml")
MARKED = NameIndex(HOME).mark(fold("baithak, bhansa ra mathillo talla ko, bedroom 1 ani sabai"))
REFUSED = "- refuse: not for lights\n"
NAME = " bansa ra A\n"  # where any words of the sentence may stand


def steps(data: st.DataObject, grammar: Grammar) -> list[str]:
    """Any text of the language, edge by edge."""
    state, taken = grammar.start, []
    while True:
        if (named := grammar.name_state(state)) is not None:
            taken.append(NAME)
            state = named
            continue
        edges = grammar.edges(state)
        edge = data.draw(st.sampled_from(sorted(edges) + ([""] if grammar.may_end(state) else [])))
        if not edge:
            return taken
        taken.append(edge)
        state = edges[edge]


def ids_are_known(plan: Plan) -> None:
    """Every id of a plan is one of the home's."""
    known = {
        "entity_id": {light.entity_id for light in HOME.lights} | {"all"},
        "area_id": {area.area_id for area in HOME.areas},
        "floor_id": {floor.floor_id for floor in HOME.floors},
    }
    for item in plan.items:
        for key, ids in item.target.items():
            assert set(ids) <= known[key]
    for action in plan.actions:
        assert set(lights_of(action, HOME)) <= known["entity_id"]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_path_is_a_plan_of_this_home(data: st.DataObject) -> None:
    """What the lines say reads back from canonical YAML; the house does it, or refuses it in whole."""
    grammar = Grammar(list(MARKED.labels))
    written = "".join(steps(data, grammar))
    assert isinstance(yaml.safe_load(written), list)
    assert problem(grammar, written) is None
    whole = understood(written, MARKED, HOME, "living")
    for plan in (whole, resolve(written, MARKED, HOME, "living")):
        again = Plan.from_yaml(plan.to_yaml())
        assert again == plan
        assert again.to_yaml() == plan.to_yaml()
        ids_are_known(plan)
    plan = resolve(written, MARKED, HOME, "living")
    if has_meaning(written):
        assert plan == whole
    else:
        assert (plan.items, plan.calls) == ((), ())
        assert plan.refusal is not None


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_every_text_ends(data: st.DataObject) -> None:
    taken = steps(data, Grammar(["A", "B"]))
    assert sum(edge.startswith(("- ", "[]")) for edge in taken) <= MAX_ITEMS
    assert "".join(taken).count("\n") < 120


@pytest.mark.parametrize("name", FIRST_ITEMS)
def test_every_item_begins_a_plan(name: str) -> None:
    assert ITEMS[name].head in Grammar().edges(Grammar.start)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- after: 5 minutes\n", "may not end"),
        ("- when: time\n- action: light.turn_on\n", "may not follow"),
        ("- when: opens\n- action: light.turn_on\n", "may not follow"),
        ("- action: light.turn_on\n  target:\n    - A\n  for: 10 minutes\n  until: 6:00\n", "may not follow"),
        ("- when: time\n  at: 6:00\n  offset: 5 minutes\n", "may not follow"),
        ("- when: time\n  at: 25:00\n", "may not follow"),
        ("- answer: none\n- action: light.turn_on\n", "may not follow"),
        ("- action: batti.teach\n  target:\n    - A\n", "may not end"),
        ("- action: light.turn_on\n  target:\n    - ME\n", "neither a label"),
        ("- refuse: not for lights\n", "may not follow"),  # then the whole is refused
        ("- refuse: not for lights\n- action: light.turn_on\n  target:\n    - A\n", "may not follow"),
        ("- action: light.turn_on\n- refuse: not for lights\n", "may not follow"),
        ("- action: light.turn_on\n  target:\n    - A\n- refuse: forbidden\n", "may not follow"),
        ("- action: batti.undo\n- refuse: not for lights\n", "may not follow"),
        (f"- action: light.turn_on\n  target:\n    - A\n{2 * REFUSED}", "may not follow"),
        (f"- action: light.turn_on\n  target:\n    - A\n{REFUSED}- action: light.toggle\n", "may not follow"),
    ],
)
def test_what_is_not_in_the_language(text: str, why: str) -> None:
    found = problem(Grammar(["A"]), text)
    assert found is not None
    assert re.search(why, found)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("more", ["", "  in:\n    - B\n  except:\n    - C\n"])
def test_a_part_that_is_not_for_lights_is_said_last(action: str, more: str) -> None:
    text = f"- action: {action}\n  target:\n    - A\n{more}"
    assert problem(Grammar(["A", "B", "C"]), text + REFUSED) is None
    assert problem(Grammar(["A", "B", "C"]), 2 * text + REFUSED) is None


def test_a_part_that_is_not_for_lights_after_a_time() -> None:
    text = "- action: light.turn_on\n  target:\n    - A\n"
    for span in ("  for: 10 minutes\n", "  until: 10:00\n  part: night\n"):
        assert problem(Grammar(["A"]), text + span + REFUSED) is None


def test_as_many_items_as_there_may_be() -> None:
    """A refusal is one of them."""
    text = "- action: light.toggle\n  target:\n    - A\n"
    assert problem(Grammar(["A"]), (MAX_ITEMS - 1) * text + REFUSED) is None
    assert problem(Grammar(["A"]), MAX_ITEMS * text) is None
    assert problem(Grammar(["A"]), MAX_ITEMS * text + REFUSED) is not None


def test_a_whole_rule() -> None:
    text = (
        "- when: time\n  at: sunset\n  offset: -30 minutes\n  every:\n    - weekday\n- if: home\n  target:\n    - ME\n"
        "- action: light.turn_on\n  target:\n    - A\n  in:\n    - B\n  data:\n    brightness_pct: 40\n  until: 10:00\n"
        "  part: night\n"
    )
    assert problem(Grammar(["A", "B"]), text) is None


def test_gbnf_has_a_rule_for_every_name_it_uses() -> None:
    gbnf = Grammar(["A", 'odd"name']).to_gbnf()
    rules = dict(line.split(" ::= ", 1) for line in gbnf.splitlines())
    used = {name for body in rules.values() for name in re.findall(r"[a-z][\w-]*", _LITERAL.sub("", body))}
    assert {*used, "root"} == {*rules, "root"}
    assert len(rules) > 100
    assert '\\"name' in gbnf


def test_states_without_labels_are_the_same_for_every_sentence() -> None:
    start: State = Grammar.start
    assert Grammar(["A"]).edges(start) is Grammar(["B"]).edges(start)
