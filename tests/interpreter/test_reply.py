"""Answers, in the speaker's script."""

from __future__ import annotations

import string

import pytest

from custom_components.batti.interpreter import errors
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import Asking, Refusal
from custom_components.batti.interpreter.language.plan import Action, Plan, Question
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.reply import (
    Description,
    Outcome,
    Script,
    Unable,
    _texts,
    error_reply,
    reply,
    script_of,
)
from custom_components.batti.interpreter.resolve import resolve
from custom_components.batti.interpreter.words.fold import fold

HOME = Home.from_dict(
    {
        "areas": [{"area_id": "k", "name": "Kitchen"}],
        "lights": [{"entity_id": "light.k", "name": "Spot", "area_id": "k"}],
    }
)
OFF = Plan((Action("light.turn_off", {"area_id": ("k",)}, said=("bhansa",)),))
DONE = Outcome(("light.k",))


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("bhansa ko batti nibhaideu na", Script.ROMAN),
        ("kitchen ko light off gara", Script.ROMAN),
        ("bedroom ko light 30% ma rakhnus", Script.ROMAN),
        ("sabai off", Script.ROMAN),
        ("turn off the kitchen light", Script.ENGLISH),
        ("kitchen light off please", Script.ENGLISH),
        ("सबै बत्ती निभाउ", Script.DEVANAGARI),
        ("Bedroom को बत्ती 50% गर", Script.DEVANAGARI),
        ("", Script.ROMAN),
    ],
)
def test_script(text: str, script: Script) -> None:
    assert script_of(text) is script


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("bhansa ko batti nibhaideu", "Bhansa ko batti nibhaidiye."),
        ("भान्साको बत्ती निभाऊ", "Bhansaको बत्ती निभाइदिएँ।"),
        ("turn off the kitchen lights", "The bhansa lights turned off."),
    ],
)
def test_done(text: str, answer: str) -> None:
    assert reply(text, OFF, DONE, HOME) == answer


def test_several_things_in_the_order_said() -> None:
    plan = Plan(
        (
            Action("light.turn_off", {"area_id": ("k",)}, said=("bhansa",)),
            Action("light.turn_on", {"entity_id": ("light.k",)}, {"brightness_pct": 30}, said=("spot",)),
        ),
        unknown=("garage",),
    )
    assert reply("bhansa ko batti nibhau", plan, DONE, HOME) == (
        "Bhansa ko batti nibhaidiye, spot 30% ma rakhe, garage ko batti bhetina."
    )


def test_what_could_not_be_done() -> None:
    outcome = Outcome((), (Unable("light.k", "Spot", "color"),))
    assert reply("bhansa ko batti rato banau", OFF, outcome, HOME) == "Spot ko rang badalna mildaina."
    assert reply("batti bala", Plan(unknown=("garage",)), Outcome(), HOME) == "Garage ko batti bhetina."


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        ((), "Bhansa ko batti nibheko cha."),
        (("A", "B"), "Bhansa ko batti baleko cha."),
        (("B",), "Bhansa ko batti: B baleko cha."),
    ],
)
def test_how_lights_are(on: tuple[str, ...], answer: str) -> None:
    outcome = Outcome(described=(Description(("bhansa",), on, 2),))
    plan = Plan((Action("batti.describe", {"area_id": ("k",)}, said=("bhansa",)),))
    assert reply("bhansa ko batti baleko cha?", plan, outcome, HOME) == answer


def test_undo_is_still_to_come() -> None:
    assert "sikdai" in reply("aghi ko jasto gara", Plan((Action("batti.undo", {}),)), Outcome(), HOME)


LATER = "- after: 5 minutes\n- action: light.turn_off\n  target:\n    - A\n"
UNDO = "- action: batti.undo\n"
NOT_YET = (
    "- answer: yes\n",
    "- choose:\n    - A\n",
    "- action: batti.list_routines\n",
    "- action: batti.teach\n  target:\n    - A\n  name: nani\n",
    f"{UNDO}- action: light.turn_on\n  target:\n    - A\n",
)


@pytest.mark.parametrize(
    ("text", "later", "not_yet", "undo"),
    [
        (
            "bhansa ko batti nibhau",
            "Samaya ko kura ajhai sikdai chhu, kehi gareko chaina.",
            "Yo kura ajhai sikdai chhu, kehi gareko chaina.",
            "Pahila jasto banauna ajhai sikdai chhu.",
        ),
        (
            "भान्साको बत्ती निभाऊ",
            "समयको कुरा अझै सिक्दै छु, केही गरेको छैन।",
            "यो कुरा अझै सिक्दै छु, केही गरेको छैन।",
            "पहिला जस्तो बनाउन अझै सिक्दै छु।",
        ),
        (
            "turn off the kitchen light",
            "Times and rules I am still learning, so I have changed nothing.",
            "That I am still learning, so I have changed nothing.",
            "Undoing is something I am still learning.",
        ),
    ],
)
def test_what_the_house_cannot_do_yet_is_said_in_words(text: str, later: str, not_yet: str, undo: str) -> None:
    """Times and rules; answers, routines, names that are taught, undoing and then more; and undoing alone."""

    def answer(written: str) -> str:
        return reply(text, resolve(written, NameIndex(HOME).mark(fold(text)), HOME, None), Outcome(), HOME)

    assert answer(LATER) == later
    assert [answer(written) for written in NOT_YET] == [not_yet] * len(NOT_YET)
    assert answer(UNDO) == undo


def test_all_in_a_place_is_called_by_the_place() -> None:
    """And not by all lights of the home."""
    plan = resolve(
        "- action: light.turn_off\n  target:\n    - ALL\n  in:\n    - A\n",
        NameIndex(HOME).mark(fold("kitchen ko sabai nibhau")),
        HOME,
        None,
    )
    assert reply("kitchen ko sabai nibhau", plan, DONE, HOME) == "Kitchen ko batti nibhaidiye."


def test_a_question_ends_in_a_question_mark() -> None:
    for text in ("batti bala", "बत्ती बाल", "turn on the light"):
        answer = reply(text, Plan(question=Question(Asking.WHICH_ROOM, "", ("Hall", "Bhansa"))), Outcome(), HOME)
        assert answer.endswith("?")
        assert "Hall" in answer


def test_names_with_braces_are_only_names() -> None:
    plan = Plan((Action("light.turn_on", {"area_id": ("k",)}, said=("{n}",)),))
    assert "{n}" in reply("bhansa ko bala", plan, DONE, HOME)


def test_every_script_has_every_text() -> None:
    roman = _texts()["roman"]
    for script in ("devanagari", "english"):
        assert _texts()[script].keys() == roman.keys()
        for key, text in _texts()[script].items():
            fields = {field for _, field, _, _ in string.Formatter().parse(text) if field}
            assert fields == {field for _, field, _, _ in string.Formatter().parse(roman[key]) if field}, key
    assert roman.keys() >= {refusal.value for refusal in Refusal}


@pytest.mark.parametrize(
    "error", [errors.EngineMissing, errors.EngineTimeout, errors.EngineCrashed, errors.SentenceTooLong]
)
def test_errors_have_their_own_words(error: type[errors.BattiError]) -> None:
    answers = {error_reply(text, error("x")) for text in ("batti bala", "बत्ती बाल", "turn on the light")}
    assert len(answers) == 3
    assert error_reply("batti bala", error("x")) != error_reply("batti bala", "anything else")
