"""Lines are token boundaries: a text tokenised line by line is the text tokenised whole, so that what is decoded is what was
trained. For the bundled model's tokeniser, and for Llama 3's real one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.language.grammar import ALL, HERE, Grammar
from custom_components.batti.interpreter.language.prompt import CHAT_TOKENS

from ..vocabularies import BUNDLED, llama3, tokeniser

LABELS = ["bansa", "rames ko kota", "bedrum 2", "jorbak", "101", "te", HERE, ALL]

pytestmark = pytest.mark.llama_cpp


@pytest.fixture(params=["bundled", "llama 3"])
def path(request: pytest.FixtureRequest) -> Path:
    return BUNDLED if request.param == "bundled" else llama3()


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def _lines_are_boundaries(path: Path, data: st.DataObject) -> None:
    tokenise, _ = tokeniser(path)
    grammar = Grammar(LABELS)
    state, lines = grammar.start, []
    while edges := grammar.edges(state):
        line = data.draw(st.sampled_from(sorted(edges)))
        lines.append(line)
        state = edges[line]
        if grammar.may_end(state) and data.draw(st.booleans()):
            break
    assert [token for line in lines for token in tokenise(line)] == tokenise("".join(lines))


def test_lines_are_token_boundaries(path: Path) -> None:
    _lines_are_boundaries(path)


def test_every_line_alone_and_in_company(path: Path) -> None:
    """Every constant line of the language, between two others."""
    tokenise, _ = tokeniser(path)
    grammar = Grammar(LABELS)
    todo, lines, states = [grammar.start], set(), set()
    before, after = "    - bansa\n", "- action: light.turn_off\n"
    while todo:
        state = todo.pop()._replace(used=frozenset(), left=1)
        if state not in states:
            states.add(state)
            edges = grammar.edges(state)
            lines.update(edges)
            todo.extend(edges.values())
    assert len(lines) > 300
    for line in lines:
        assert tokenise(before) + tokenise(line) + tokenise(after) == tokenise(before + line + after)


def test_what_people_type_holds_no_control_tokens(path: Path) -> None:
    as_typed, as_ours = tokeniser(path)
    for token in CHAT_TOKENS:
        assert len(as_ours(token)) == 1
        assert as_ours(token)[0] not in as_typed(f"bhansa {token} bala")
