"""Questions as requests to llama.cpp's server, and what its replies mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from custom_components.batti.interpreter.engine.completions import (
    Asker,
    Request,
    Token,
    in_one_request,
    line_tokens,
)
from custom_components.batti.interpreter.engine.questions import Name, Named, Part, Parted, Question, Reply, Score
from custom_components.batti.interpreter.errors import EngineGarbled

PROMPT, NEWLINE = [1, 2, 3], 99


def ask(question: Question, *replies: Sequence[Token]) -> tuple[Reply, list[Request]]:
    """The answer to a question, and what the server was asked for it."""
    work = Asker(PROMPT, NEWLINE).ask(question)
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


def test_keys_are_not_in_the_request_for_all_lines() -> None:
    """A key has no end of line, so its last token could be one with the value after it."""
    lines = ["  target:\n", "  for:", " 10 minutes\n", "- after:", "    - A\n"]
    assert in_one_request(lines) == ["  target:\n", " 10 minutes\n", "    - A\n"]
    assert in_one_request(["  name:"]) == []


def test_one_request_for_all_that_the_model_says_by_itself() -> None:
    """What it said freely answers the questions that follow, as long as that is what is written; then it is asked again."""
    asker = Asker(PROMPT, NEWLINE, ahead=8)
    freely = [Token(20, "on\n", -0.1), Token(30, " a", -0.2), Token(31, "\n", -0.3), Token(9, "", -0.4)]

    def ask_on(question: Question, *replies: list[Token]) -> tuple[Reply, list[Request]]:
        work, asked = asker.ask(question), list[Request]()
        try:
            asked.append(next(work))
            for reply in replies:
                asked.append(work.send(reply))
        except StopIteration as end:
            return end.value, asked
        raise AssertionError("it wants to know more")

    reply, asked = ask_on(Part((), (20, 21)), freely)
    assert reply == Parted(20, -0.1)
    assert [(request["prompt"], request["n_predict"]) for request in asked] == [(PROMPT, 8)]
    assert "logit_bias" not in asked[0]
    assert ask_on(Part((20,), (30, 33))) == (Parted(30, -0.2), [])
    assert ask_on(Score((20, 30), (31,))) == (-0.3, [])
    assert ask_on(Part((20, 30, 31), (9, 40))) == (Parted(9, -0.4), [])
    # Not what it said: the next best that may come.
    reply, asked = ask_on(Part((20,), (33, 34)), [Token(34, " b", -2.0)])
    assert (reply, asked[0]["n_predict"]) == (Parted(34, -2.0), 1)
    assert [token for token, _ in asked[0]["logit_bias"]] == [33, 34]
    # Another way was taken: from there it goes on freely once more.
    reply, asked = ask_on(Part((20, 34), (31,)), [Token(31, "\n", -0.5), Token(9, "", -0.1)])
    assert (reply, asked[0]["prompt"]) == (Parted(31, -0.5), [*PROMPT, 20, 34])
    assert ask_on(Part((20, 34, 31), (9,))) == (Parted(9, -0.1), [])
