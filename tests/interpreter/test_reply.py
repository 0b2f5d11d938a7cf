"""Answers, in the speaker's script."""

from __future__ import annotations

import dataclasses
import re
import string

import pytest

from custom_components.batti.interpreter import errors
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import ALL, Asking, Refusal
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
HALL = Home.from_dict(
    {
        "areas": [{"area_id": "h", "name": "Hall"}],
        "lights": [
            {"entity_id": f"light.{name.lower()}", "name": name, "area_id": "h"} for name in ("Spot", "Tube", "Strip")
        ],
    }
)
ALL_THREE = ("light.spot", "light.tube", "light.strip")
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
    ("text", "language", "script"),
    [
        ("sofa lamp blue", "en", Script.ENGLISH),
        ("kitchen 40%", "en-GB", Script.ENGLISH),
        ("kitchen 40%", "EN", Script.ENGLISH),
        ("kitchen 40%", "ne", Script.ROMAN),
        ("kitchen 40%", "de", Script.ROMAN),
        ("kitchen 40%", "", Script.ROMAN),
        ("किचन ४०%", "en", Script.DEVANAGARI),
        ("sofa lamp nilo", "en", Script.ROMAN),
        ("sofa lamp blue please", "ne", Script.ENGLISH),
    ],
)
def test_the_language_of_the_assistant_decides_where_the_words_do_not(text: str, language: str, script: Script) -> None:
    assert script_of(text, language) is script


def test_answers_and_errors_follow_the_language_too() -> None:
    assert reply("kitchen spot", OFF, DONE, HOME, language="en") == "The bhansa lights turned off."
    assert error_reply("kitchen spot", "error", language="en") == error_reply("turn on the light", "error")


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


def hall(**data: int | str) -> Action:
    """Turn on the three lights of the hall."""
    return Action("light.turn_on", {"area_id": ("h",)}, data, said=("hall",))


@pytest.mark.parametrize(
    ("what", "text", "answer"),
    [
        ("only_on", "hall ko batti 40% ma rakha", "Tube baleko cha, tara ujyalo ghatbadh garna mildaina"),
        ("only_on", "हलको बत्ती ४०% मा राख", "Tube बलेको छ, तर उज्यालो घटबढ गर्न मिल्दैन"),
        ("only_on", "set the hall to 40%", "Tube turned on, but cannot be dimmed"),
        ("waiting", "hall ko batti 40% ma rakha", "Tube lai bhanisake, ajhai khabar aayena"),
        ("waiting", "हलको बत्ती ४०% मा राख", "Tubeलाई भनिसकेँ, अझै खबर आएन"),
        ("waiting", "set the hall to 40%", "I have told Tube, but there is no answer yet"),
    ],
)
def test_half_done(what: str, text: str, answer: str) -> None:
    """Beside lights that did it all, and alone: then nothing claims that it was done."""
    plan, unable = Plan((hall(brightness_pct=40),)), (Unable("light.tube", "Tube", what),)
    said = reply(text, plan, Outcome(("light.spot", "light.tube"), unable), HALL)
    assert "40%" in said
    assert answer in said
    alone = reply(text, plan, Outcome(("light.tube",), unable), HALL)
    assert alone[:-1] == answer


def test_one_reason_is_said_once_for_all_its_lights() -> None:
    unable = tuple(Unable(f"light.{n}", f"Lamp {n}", "only_on") for n in range(8))
    said = reply("sabai batti 40% ma rakha", Plan((hall(brightness_pct=40),)), Outcome((), unable), HALL)
    assert said == (
        "Lamp 0, Lamp 1, Lamp 2, Lamp 3, Lamp 4, Lamp 5 +2 baleko cha, tara ujyalo ghatbadh garna mildaina."
    )


@pytest.mark.parametrize(
    ("step", "now", "text", "answer"),
    [
        (-20, (20, 20, 20), "ali ghatau", "Hall ko batti 20% le ghataye, aba 20% ma cha."),
        (-20, (1, 40, 20), "ali ghatau", "Hall ko batti 20% le ghataye, aba 1% dekhi 40% ma cha."),
        (20, (100, 40, 40), "अलि बढाऊ", "Hallको बत्ती 20% ले बढाएँ, अब 40% देखि 100% मा छ।"),
        (20, (40, 40, 40), "make it brighter", "The hall lights brightened by 20%, now at 40%."),
        (20, (40, 60, 40), "make it brighter", "The hall lights brightened by 20%, now at 40% to 60%."),
        (-20, (0, 30, 0), "ali ghatau", "Hall ko batti 20% le ghataye, aba 30% ma cha."),
        (-20, (0, 0, 0), "ali ghatau", "Hall ko batti nibheko cha."),
        (-20, (), "ali ghatau", "Hall ko batti 20% le ghataye."),
    ],
)
def test_brighter_and_dimmer_say_how_bright_it_is_now(step: int, now: tuple[int, ...], text: str, answer: str) -> None:
    outcome = Outcome(ALL_THREE, now_pct=dict(zip(ALL_THREE, now, strict=False)))
    assert reply(text, Plan((hall(brightness_step_pct=step),)), outcome, HALL) == answer


def test_only_the_lights_of_the_action_count() -> None:
    spot = Action("light.turn_on", {"entity_id": ("light.spot",)}, {"brightness_step_pct": -20}, said=("spot",))
    outcome = Outcome(ALL_THREE, now_pct={"light.spot": 20, "light.tube": 70})
    assert reply("spot ghatau", Plan((spot,)), outcome, HALL) == "Spot 20% le ghataye, aba 20% ma cha."


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        ({}, "Hall ko batti 30% ma rakhe."),
        (dict.fromkeys(ALL_THREE, 5), "Hall ko batti 5% ma rakhe."),
        ({"light.spot": 5}, "Hall ko batti 5% dekhi 30% ma rakhe."),
    ],
)
def test_a_word_for_dim_is_answered_with_what_the_lights_show(now: dict[str, int], answer: str) -> None:
    dim = dataclasses.replace(hall(brightness_pct=30), dims=True)
    assert reply("hall madhuro gara", Plan((dim,)), Outcome(ALL_THREE, now_pct=now), HALL) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hall ko batti 33.5% ma rakha", "Hall ko batti 34% ma rakhe (33.5% lai milayera)."),
        ("हलको बत्ती ३३.५% मा राख", "Hallको बत्ती 34% मा राखेँ (33.5% लाई मिलाएर)।"),
        ("set the hall to 33.5%", "The hall lights set to 34% (rounded from 33.5%)."),
    ],
)
def test_a_rounded_number_is_told(text: str, answer: str) -> None:
    plan = Plan((dataclasses.replace(hall(brightness_pct=34), rounded="33.5%"),))
    assert reply(text, plan, Outcome(ALL_THREE), HALL) == answer


def test_a_rounded_step_is_told() -> None:
    plan = Plan((dataclasses.replace(hall(brightness_step_pct=-34), rounded="33.5%"),))
    outcome = Outcome(ALL_THREE, now_pct=dict.fromkeys(ALL_THREE, 6))
    assert reply("hall ko 33.5% ghatau", plan, outcome, HALL) == (
        "Hall ko batti 34% le ghataye (33.5% lai milayera), aba 6% ma cha."
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "hall ko batti bala ani pani tatau",
            "Hall ko batti balidiye, aru kura chai sakdina, ma batti matra chalauchhu.",
        ),
        ("हलको बत्ती बाल अनि पानी तताऊ", "Hallको बत्ती बालिदिएँ, अरू कुरा चाहिँ सक्दिनँ, म बत्ती मात्र चलाउँछु।"),
        (
            "turn on the hall light and heat the water",
            "The hall lights turned on, the rest I cannot do, I look after only the lights.",
        ),
    ],
)
def test_what_is_not_for_lights_is_left_out(text: str, answer: str) -> None:
    assert reply(text, Plan((hall(),), left_out=True), Outcome(ALL_THREE), HALL) == answer


@pytest.mark.parametrize("refusal", [Refusal.NO_LIGHTS, Refusal.NONE_HERE])
@pytest.mark.parametrize("text", ["batti bala", "बत्ती बाल", "turn on the light"])
def test_no_lights_says_where_to_change_that(refusal: Refusal, text: str) -> None:
    answer = reply(text, Plan(refusal=refusal), Outcome(), Home())
    assert {"Assist", "expose", "Settings"} <= set(re.findall(r"[a-zA-Z]+", answer))
    assert "Settings > Voice assistants > Expose" in answer


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


ROMAN, DEVANAGARI, ENGLISH = "hall ko batti kasto cha", "हलको बत्ती कस्तो छ", "how is the hall light"
BOTH = ("Spot", "Tube")


@pytest.mark.parametrize(
    ("text", "description", "answer"),
    [
        # Lights that cannot be reached are not off.
        (ROMAN, Description(("hall",), (), 0, BOTH), "Spot, Tube ahile sampark ma chaina."),
        (ROMAN, Description(("spot",), (), 0, ("Spot",)), "Spot ahile sampark ma chaina."),
        (
            ROMAN,
            Description(("hall",), ("Spot",), 1, ("Tube",)),
            "Hall ko batti baleko cha, Tube ahile sampark ma chaina.",
        ),
        (ROMAN, Description(("hall",), (), 1, ("Tube",)), "Hall ko batti nibheko cha, Tube ahile sampark ma chaina."),
        (DEVANAGARI, Description(("hall",), (), 0, BOTH), "Spot, Tube अहिले सम्पर्कमा छैन।"),
        (ENGLISH, Description(("hall",), (), 1, ("Tube",)), "The hall lights: off, Tube cannot be reached just now."),
        (ROMAN, Description(("hall",), (), 0), "Hall ko batti bhetina."),
        (
            ROMAN,
            Description((ALL,), tuple("ABCDEFG"), 9, tuple("HIJKLMNO")),
            "Sabai batti: A, B, C, D, E, F +1 baleko cha, H, I, J, K, L, M +2 ahile sampark ma chaina.",
        ),
        # How many.
        (ROMAN, Description((ALL,), BOTH, 20, ask="count"), "Sabai batti: 20 ota madhye 2 ota baleko cha."),
        (ROMAN, Description(("hall",), (), 3, ask="count"), "Hall ko batti: 3 ota madhye 0 ota baleko cha."),
        (DEVANAGARI, Description((ALL,), BOTH, 3, ask="count"), "सबै बत्ती: 3 वटामध्ये 2 वटा बलेको छ।"),
        (
            ENGLISH,
            Description((ALL,), BOTH, 3, ("Fan",), "count"),
            "All the lights: 2 of 3 on, Fan cannot be reached just now.",
        ),
        # How bright.
        (ROMAN, Description(("spot",), ("Spot",), 1, (), "brightness", ("40%",)), "Spot 40% ma cha."),
        (ROMAN, Description(("hall",), BOTH, 2, (), "brightness", ("40%", "40%")), "Hall ko batti 40% ma cha."),
        (
            ROMAN,
            Description(("hall",), BOTH, 2, (), "brightness", ("40%", "5%")),
            "Hall ko batti: Spot 40% ma cha, Tube 5% ma cha.",
        ),
        (
            ROMAN,
            Description(("hall",), BOTH, 3, (), "brightness", ("9%", "9%")),
            "Hall ko batti: Spot, Tube 9% ma cha.",
        ),
        (
            ROMAN,
            Description(("hall",), BOTH, 2, (), "brightness", ("40%", "")),
            "Hall ko batti: Spot 40% ma cha, Tube baleko cha.",
        ),
        (ROMAN, Description(("hall",), BOTH, 2, (), "brightness", ("", "")), "Hall ko batti baleko cha."),
        (ROMAN, Description(("hall",), (), 2, (), "brightness"), "Hall ko batti nibheko cha."),
        (
            ROMAN,
            Description(("hall",), tuple("ABCDEFGH"), 8, (), "brightness", tuple(f"{n}%" for n in range(1, 9))),
            "Hall ko batti: A 1% ma cha, B 2% ma cha, C 3% ma cha, D 4% ma cha, E 5% ma cha, F 6% ma cha +2.",
        ),
        (DEVANAGARI, Description(("hall",), BOTH, 2, (), "brightness", ("40%", "40%")), "Hallको बत्ती 40% मा छ।"),
        (ENGLISH, Description(("spot",), ("Spot",), 1, (), "brightness", ("40%",)), "Spot at 40%."),
        # In which colour, in the speaker's language.
        (ROMAN, Description(("spot",), ("Spot",), 1, (), "color", ("red",)), "Spot ko rang rato cha."),
        (ROMAN, Description(("spot",), ("Spot",), 1, (), "color", ("2700 K",)), "Spot ko rang 2700 K cha."),
        (DEVANAGARI, Description(("spot",), ("Spot",), 1, (), "color", ("red",)), "Spotको रङ रातो छ।"),
        (
            ENGLISH,
            Description(("hall",), BOTH, 2, (), "color", ("red", "2700 K")),
            "The hall lights: Spot showing red, Tube showing 2700 K.",
        ),
    ],
)
def test_what_was_asked_is_answered(text: str, description: Description, answer: str) -> None:
    assert reply(text, Plan(), Outcome(described=(description,)), HALL) == answer


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


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        (
            Question(Asking.SURE, "daining hol", ("Dining Hall",)),
            ("Dining Hall bhaneko ho?", "Dining Hall भनेको हो?", "Do you mean Dining Hall?"),
        ),
        (
            Question(Asking.HOW_MUCH, "150%"),
            (
                "150% ta hudaina, 1 dekhi 100 samma kati?",
                "150% त हुँदैन, 1 देखि 100 सम्म कति?",
                "150% is not possible. How much, from 1 to 100?",
            ),
        ),
    ],
)
def test_questions_about_what_was_heard(question: Question, answers: tuple[str, str, str]) -> None:
    texts = ("batti bala", "बत्ती बाल", "turn on the light")
    assert tuple(reply(text, Plan(question=question), Outcome(), HOME) for text in texts) == answers


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
    assert roman.keys() >= {*map(str, Refusal), *map(str, Asking)}


@pytest.mark.parametrize(
    "error", [errors.EngineMissing, errors.EngineTimeout, errors.EngineCrashed, errors.SentenceTooLong]
)
def test_errors_have_their_own_words(error: type[errors.BattiError]) -> None:
    answers = {error_reply(text, error("x")) for text in ("batti bala", "बत्ती बाल", "turn on the light")}
    assert len(answers) == 3
    assert error_reply("batti bala", error("x")) != error_reply("batti bala", "anything else")
