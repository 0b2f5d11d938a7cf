"""The output language: whatever path is taken is a valid plan that names only what the home has."""

from __future__ import annotations

import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.home import load_home
from custom_components.batti.interpreter.language.grammar import Grammar
from custom_components.batti.interpreter.language.plan import Plan, lights_of
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.resolve import resolve
from custom_components.batti.interpreter.words.fold import fold

from ...house import HOMES

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
HOME = load_home(HOMES / "bhaktapur_joint_family.yaml")
MARKED = NameIndex(HOME).mark(fold("baithak, bhansa ra mathillo talla ko, bedroom 1 ani sabai"))


def walk(data: st.DataObject, grammar: Grammar) -> str:
    """Any text of the language."""
    state, text = grammar.start, ""
    while True:
        edges = grammar.edges(state)
        lines = sorted(edges) + ([""] if grammar.may_end(state) else [])
        line = data.draw(st.sampled_from(lines))
        if not line:
            return text
        text, state = text + line, edges[line]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_path_is_a_plan_of_this_home(data: st.DataObject) -> None:
    written = walk(data, Grammar(list(MARKED.labels)))
    assert isinstance(yaml.safe_load(written), list)
    plan = resolve(written, MARKED, HOME, "living")
    again = Plan.from_yaml(plan.to_yaml())
    assert again == plan
    assert again.to_yaml() == plan.to_yaml()
    known = {light.entity_id for light in HOME.lights}
    for action in plan.actions:
        assert set(lights_of(action, HOME)) <= known
        assert set(action.target.get("entity_id", ())) <= known | {"all"}
        assert set(action.target.get("area_id", ())) <= {area.area_id for area in HOME.areas}
        assert set(action.target.get("floor_id", ())) <= {floor.floor_id for floor in HOME.floors}


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_every_text_ends(data: st.DataObject) -> None:
    assert walk(data, Grammar(["a", "b"])).count("\n") < 100


def test_gbnf_has_a_rule_for_every_name_it_uses() -> None:
    gbnf = Grammar(["bansa", 'odd"name']).to_gbnf()
    rules = dict(line.split(" ::= ", 1) for line in gbnf.splitlines())
    used = {name for body in rules.values() for name in re.findall(r"[a-z][\w-]*", _QUOTED.sub("", body))}
    assert {*used, "root"} == {*rules, "root"}
    assert len(rules) > 30
    assert '\\"name' in gbnf


def test_states_without_labels_are_the_same_for_every_sentence() -> None:
    assert Grammar(["a"]).edges(Grammar.start) is Grammar(["b"]).edges(Grammar.start)
