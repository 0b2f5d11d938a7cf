"""Questions as requests to llama.cpp's server, and what its replies mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from custom_components.batti.interpreter.engine.completions import Request, Token, asking, line_tokens
from custom_components.batti.interpreter.engine.questions import Name, Named, Part, Parted, Question, Reply, Score
from custom_components.batti.interpreter.errors import EngineGarbled

PROMPT, NEWLINE = [1, 2, 3], 99


def ask(question: Question, *replies: Sequence[Token]) -> tuple[Reply, list[Request]]:
    """The answer to a question, and what the server was asked for it."""
    work = asking(PROMPT, question, NEWLINE)
    asked = [next(work), *(work.send(list(reply)) for reply in replies[:-1])]
    with pytest.raises(StopIteration) as end:
        work.send(list(replies[-1]))
    return end.value.value, asked


def test_where_lines_part() -> None:
    """One token after all that stands there; how likely it was is what the server says of it."""
    reply, (request,) = ask(Part((7, 8), (20, 21)), [Token(21, "off", -0.3)])
    assert reply == Parted(21, -0.3)
    assert (request["prompt"], request["n_predict"], request["n_probs"]) == ([1, 2, 3, 7, 8], 1, 1)
    assert [token for token, _ in request["logit_bias"]] == [20, 21]
    assert request["cache_prompt"]
    for said in ([], [Token(5, "rm -rf", -0.1)]):
        with pytest.raises(EngineGarbled, match="what it may write"):
            ask(Part((), (20,)), said)


def test_how_likely_tokens_are() -> None:
    """Asked for at once; where the model would put them in another order, one by one from there."""
    reply, asked = ask(Score((7,), (20, 21)), [Token(20, "a", -0.1), Token(21, "b", -0.2)])
    assert reply == pytest.approx(-0.3)
    assert len(asked) == 1
    swapped = [Token(20, "a", -0.1), Token(22, "c", -0.5), Token(21, "b", -0.9)]
    reply, asked = ask(Score((7,), (20, 21, 22)), swapped, [Token(21, "b", -0.4)], [Token(22, "c", -0.8)])
    assert reply == pytest.approx(-1.3)
    assert [request["prompt"] for request in asked] == [[1, 2, 3, 7], [1, 2, 3, 7, 20], [1, 2, 3, 7, 20, 21]]
    assert [request["logit_bias"][0][0] for request in asked[1:]] == [21, 22]


def test_a_name_that_is_written_freely() -> None:
    """It ends with its newline, given one where it was cut; one that is less likely than the label is none."""
    said = [Token(30, " garaj", -0.2), Token(31, " ko\n", -0.1), Token(9, "", -0.1)]
    reply, (request,) = ask(Name((7,), -1.0), said)
    assert reply == Named((30, 31), " garaj ko\n", pytest.approx(-0.3))
    assert "logit_bias" not in request
    reply, _ = ask(Name((7,), -1.0), said[:1])
    assert reply == Named((30, NEWLINE), " garaj\n", pytest.approx(-0.2))
    assert ask(Name((7,), math.log(0.9)), said)[0] is None


def test_lines_that_were_split_as_one_text() -> None:
    lines = ["  target:\n", "    - a\n"]
    pieces = [(1, "  "), (2, "target:\n"), (3, "    -"), (4, " a"), (5, "\n")]
    assert line_tokens(pieces, lines) == [[1, 2], [3, 4, 5]]
    assert line_tokens([], []) == []
    assert line_tokens([(1, "  target:\n    -"), (4, " a\n")], lines) is None
    assert line_tokens(pieces[:-1], lines) is None
