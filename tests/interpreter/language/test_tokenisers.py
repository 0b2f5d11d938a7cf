"""Lines are token boundaries: a text tokenised line by line is the text tokenised whole, so that what is decoded is what was
trained. For the bundled model's tokeniser, and for Llama 3's real one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.language.grammar import Grammar
from custom_components.batti.interpreter.language.prompt import CHAT_TOKENS

from ..vocabularies import BUNDLED, llama3, tokeniser
from .test_grammar import steps

LABELS = ["A", "B", "P", "Q", "rames ko kota", "bedrum 2", "jorbak", "101", "te"]

pytestmark = pytest.mark.llama_cpp


@pytest.fixture(params=["bundled", "llama 3"])
def path(request: pytest.FixtureRequest) -> Path:
    return BUNDLED if request.param == "bundled" else llama3()


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def _lines_are_boundaries(path: Path, data: st.DataObject) -> None:
    tokenise, _ = tokeniser(path)
    lines = steps(data, Grammar(LABELS))
    assert [token for line in lines for token in tokenise(line)] == tokenise("".join(lines))


def test_lines_are_token_boundaries(path: Path) -> None:
    _lines_are_boundaries(path)


def test_every_line_alone_and_in_company(path: Path) -> None:
    """Every constant line of the language, between two others."""
    tokenise, _ = tokeniser(path)
    grammar = Grammar(LABELS)
    todo, lines, states = [grammar.start], set(), set()
    before, after = "    - A\n", "- action: light.turn_off\n"
    while todo:
        state = todo.pop()._replace(used=frozenset(), left=1)
        if state not in states:
            states.add(state)
            if (named := grammar.name_state(state)) is not None:
                todo.append(named)
            edges = grammar.edges(state)
            lines.update(edges)
            todo.extend(edges.values())
    assert len(lines) > 2000
    for line in lines:
        # A value stands after its key, a key before its value.
        first = "  until:" if line.startswith(" ") and line[1] not in " " else before
        last = after if line.endswith("\n") else " 10 minutes\n"
        assert tokenise(first) + tokenise(line) + tokenise(last) == tokenise(first + line + last)


def test_what_people_type_holds_no_control_tokens(path: Path) -> None:
    as_typed, as_ours = tokeniser(path)
    for token in CHAT_TOKENS:
        assert len(as_ours(token)) == 1
        assert as_ours(token)[0] not in as_typed(f"bhansa {token} bala")
