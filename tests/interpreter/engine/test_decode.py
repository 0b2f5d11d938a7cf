"""Choosing lines, with a model that wants to say something given, and with one that says anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.engine.decode import Answer, Decoder
from custom_components.batti.interpreter.engine.evaluator import Evaluator
from custom_components.batti.interpreter.engine.lines import LineBook
from custom_components.batti.interpreter.engine.questions import Name, Part, Score
from custom_components.batti.interpreter.errors import SentenceTooLong
from custom_components.batti.interpreter.language.grammar import Grammar

from .fake_context import FakeContext
from .language import problem

OFF_A = "- action: light.turn_off\n  target:\n    - A\n"
TWO_ACTIONS = OFF_A + "- action: light.turn_on\n  target:\n    - B\n  data:\n    brightness_pct: 30\n"
TEACH_A = "- action: batti.teach\n  target:\n    - A\n  name: garaj 2\n"

SENTENCE = "A ra garaj 2 ko , B " + "nilo " * 40


def book_of(context: FakeContext, grammar: Grammar) -> LineBook:
    book = LineBook(context.end)
    lines = book.missing(grammar)
    book.learn(lines, map(context.tokenize, lines))
    assert book.missing(grammar) == []
    return book


def answer(context: FakeContext, *labels: str, limit: int = 400, sentence: str = SENTENCE) -> Answer:
    """What is written after a prompt of one space."""
    grammar = Grammar(labels)
    book = book_of(context, grammar)
    deciding = Decoder(book, grammar, sentence, limit=limit).answer()
    evaluator = Evaluator(context)
    evaluator.begin(context.prompt)
    context.batches.clear()
    question = next(deciding)
    while True:
        try:
            question = deciding.send(evaluator.ask(question))
        except StopIteration as end:
            assert evaluator.steps == len(context.batches)
            result: Answer = end.value
            return result


@pytest.mark.parametrize(
    "wish",
    [
        "[]  # forbidden\n",
        OFF_A,
        TWO_ACTIONS,
        "- action: light.toggle\n  target:\n    - HERE\n",
        "- action: light.turn_off\n  target:\n    - ALL\n  except:\n    - B\n    - A\n",
        "- action: light.turn_on\n  target:\n    - A\n  in:\n    - B\n",
        f"- after: 5 minutes\n{OFF_A}",
        f"- when: time\n  at: sunset\n  offset: -30 minutes\n  every:\n    - day\n{OFF_A}  for: 10 minutes\n",
        f"{OFF_A}  until: 10:00\n  part: night\n",
        "- answer: yes\n  data:\n    brightness_pct: 100\n",
        "- choose:\n    - SECOND\n",
        TEACH_A,
    ],
)
def test_writes_what_the_model_wants(wish: str) -> None:
    """A wish that the language allows comes out as it is, in fewer steps than tokens."""
    context = FakeContext(wish)
    result = answer(context, "A", "B")
    assert result.text == wish
    assert result.unknown == ()
    assert result.tokens == len(context.tokenize(wish))
    assert len(context.batches) < result.tokens
    assert wish.startswith(context.text.removeprefix(" "))  # only the end may not have been evaluated


def test_forced_tokens_are_one_batch() -> None:
    """Between two choices there is one evaluation; the label's tokens are evaluated for their probabilities."""
    context = FakeContext(OFF_A)
    answer(context, "A")
    assert ["".join(batch) for batch in context.batches] == [
        "-",
        " action:",
        " light.",
        "turn_",
        "off\n  target:\n    -",
        " A\n",
    ]


def test_a_key_and_its_value() -> None:
    """The key is one edge and the value the next: what is sure between them is one batch, as within a line."""
    context = FakeContext(f"- after: 5 minutes\n{OFF_A}")
    answer(context, "A")
    batches = ["".join(batch) for batch in context.batches]
    assert batches[:5] == ["-", " after: ", "5", " minutes\n- action: light.", "turn_"]


def test_confidence_counts_choices_and_whole_labels() -> None:
    """Here: list or refusal, action or another item, light or batti, turn or toggle, on or off, two tokens of the label, end
    or more."""
    assert answer(FakeContext(OFF_A, share=0.9), "A").confidence == pytest.approx(0.9**8, rel=1e-3)


def test_a_name_that_the_home_has_not() -> None:
    """What the model would rather have written stays in the text, and the rest of the answer follows."""
    wish = TWO_ACTIONS.replace("- B", "- garaj 2")
    context = FakeContext(wish)
    result = answer(context, "A", "B")
    assert result.text == wish
    assert result.unknown == ("garaj 2",)
    assert context.text == f" {wish}"  # nothing of the label that was tried first is left in memory


def test_a_label_that_is_likelier_than_any_other_name() -> None:
    """The model is not sure, but no other name is better."""
    context = FakeContext(OFF_A, share=0.6)
    result = answer(context, "A", "B")  # 0.6 for the marker, 0.6 for its newline: less than GROUNDED
    assert result.text == OFF_A
    assert result.unknown == ()
    assert result.confidence == pytest.approx(0.6**8, rel=1e-3)
    assert context.text == f" {OFF_A}"


def test_a_name_that_nobody_said_is_not_believed() -> None:
    """The model lost its way while copying: the label that fits best stands."""
    result = answer(FakeContext(OFF_A.replace("- A", "- garaj")), "A", "B", sentence="A nibau")
    assert result.unknown == ()
    assert result.text.startswith("- action: light.turn_off\n  target:\n    - ")


def test_a_label_of_the_lines_before_is_no_name() -> None:
    """ALL stands in them, but may not be written beside another target."""
    wish = OFF_A + "    - ALL\n"
    result = answer(FakeContext(wish, share=0.95), "A", "B", sentence="- action: x\n    - ALL\n A ra B")
    assert "ALL" not in result.text
    assert result.unknown == ()


def test_a_label_said_twice_is_not_unknown() -> None:
    """The home has it, so nothing is said to be missing."""
    wish = OFF_A + "    - A\n"
    result = answer(FakeContext(wish, share=0.95), "A", "B")
    assert (result.text, result.unknown) == (wish, ())


def test_a_name_without_end_is_cut() -> None:
    """Sixteen tokens at most."""
    context = FakeContext(OFF_A.replace("- A", "- nilo" + " nilo" * 30), share=0.99)
    result = answer(context, "A")
    assert result.unknown == ("nilo" + " nilo" * 14,)


def test_a_taught_name_is_in_the_words_of_the_sentence() -> None:
    """Also one with a marker in it; how likely its words and its end are counts."""
    assert answer(FakeContext(TEACH_A), "A").text == TEACH_A
    with_marker = TEACH_A.replace("garaj 2", "A ra garaj")
    assert answer(FakeContext(with_marker, share=0.95), "A").text == with_marker
    # List, action, batti, teach, two tokens of the label, two where a place or a name may follow, and the four of the name.
    for share in (0.95, 0.9):
        assert answer(FakeContext(TEACH_A, share=share), "A").confidence == pytest.approx(share**12, rel=1e-3)


@pytest.mark.parametrize("name", ["bagaicha", "garaj 3", "2 garaj", "gara", "B A", ""])
def test_a_taught_name_that_nobody_said_is_not_taught(name: str) -> None:
    """Nothing else in the answer is done either, and no name of it is reported to be missing."""
    wish = TEACH_A.replace(" garaj 2", f" {name}" if name else "")
    result = answer(FakeContext(wish, share=0.95), "A", "B")
    assert (result.text, result.unknown) == ("[]  # unclear\n", ())
    assert 0 < result.confidence < 1


def test_an_answer_that_does_not_fit() -> None:
    """An answer that was cut would be a command that nobody gave."""
    with pytest.raises(SentenceTooLong):
        answer(FakeContext(TWO_ACTIONS), "A", "B", limit=20)


def test_lines_are_tokenised_once() -> None:
    """What does not depend on the labels is kept for the next command, and so are labels."""
    context = FakeContext(TWO_ACTIONS)
    book = book_of(context, Grammar(["A"]))
    assert book.missing(Grammar(["A", "B"])) == ["    - B\n"]
    state = Grammar.start
    assert book.after(Grammar(["A"]), state) is book.after(Grammar(["B"]), state)


def test_going_back() -> None:
    """Memory is that of the question, whatever was asked before; what is there already is not evaluated again."""
    context = FakeContext(TWO_ACTIONS, share=0.9)
    wish = tuple(context.tokenize(TWO_ACTIONS))
    evaluator = Evaluator(context)
    evaluator.begin(context.prompt)

    def part(length: int) -> float:
        reply = evaluator.ask(Part(wish[:length], wish[length : length + 1]))
        assert isinstance(reply, tuple)
        return reply[-1]  # type: ignore[return-value]

    expected = pytest.approx(-0.105, abs=0.01)
    assert [part(length) for length in (5, 5, 2, 9, 0, 1, 20, 3)] == [expected] * 8
    assert evaluator.steps == 6
    for written, rest in ((wish[:6], wish[6:8]), (wish[:6], wish[6:8]), (wish[:2], wish[2:5]), ((), wish[:1])):
        assert evaluator.ask(Score(written, rest)) == pytest.approx(-0.105 * len(rest), abs=0.01)
    other = (wish[0], wish[0])
    assert evaluator.ask(Score(other, wish[:2])) < -10  # type: ignore[operator]
    assert evaluator.ask(Name(wish[:4], -0.01)) is None
    assert context.text == " " + "".join(map(bytes.decode, map(context.piece, wish[:4])))


NAMES = st.lists(st.sampled_from(["A", "B", "P", "Q", "2 kota", "tebal lamp", "tebal"]), max_size=4)


@settings(max_examples=150, deadline=None)
@given(labels=NAMES, seed=st.integers(0, 2**32 - 1))
def test_whatever_the_model_says_it_is_the_language(labels: list[str], seed: int) -> None:
    """With random logits the text is always one of the grammar's, unknown names aside."""
    context = FakeContext(seed=seed)
    try:
        result = answer(context, *labels)
    except SentenceTooLong:
        return
    assert problem(Grammar(labels), result.text, result.unknown) is None
    assert 0 <= result.confidence <= 1
