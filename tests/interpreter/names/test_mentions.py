"""Which words of a sentence name something in this home."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.words.fold import fold

HOME = Home.from_dict(
    {
        "floors": [
            {"floor_id": "g", "name": "Ground floor", "level": 0},
            {"floor_id": "u", "name": "First floor", "level": 1},
        ],
        "areas": [
            {"area_id": "kitchen", "name": "Kitchen", "floor_id": "g"},
            {"area_id": "hall", "name": "बैठक", "floor_id": "g"},
            {"area_id": "bed1", "name": "Bedroom 1", "floor_id": "u"},
            {"area_id": "bed2", "name": "Bedroom 2", "floor_id": "u"},
            {"area_id": "ramesh", "name": "Ramesh ko Kotha", "floor_id": "u"},
            {"area_id": "z", "name": "Zorbak", "aliases": ["Neela Akash"]},
        ],
        "lights": [
            {"entity_id": "light.k", "name": "Kitchen Ceiling", "area_id": "kitchen"},
            {"entity_id": "light.t1", "name": "Table Lamp", "area_id": "bed1"},
            {"entity_id": "light.t2", "name": "Table Lamp", "area_id": "bed2"},
            {"entity_id": "light.j", "name": "Jhyaure", "area_id": "hall"},
            {"entity_id": "light.h1", "name": "Light 1", "area_id": "hall"},
            {"entity_id": "light.h2", "name": "Light 2", "area_id": "hall"},
        ],
    }
)


def named(text: str, home: Home = HOME) -> dict[str, set[str]]:
    """What each marked stretch stands for."""
    marked = NameIndex(home).mark(fold(text))
    return {mention.label: {thing.id for thing in mention.things} for mention in marked.mentions}


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("bhansa ko batti bala", {"bansa": {"kitchen"}}),
        ("भान्साकोठाको बत्ती", {"bansakota": {"kitchen"}}),
        ("kichan ko light", {"kichan": {"kitchen"}}),
        ("baithak ra living room", {"baitak": {"hall"}, "libing rum": {"hall"}}),
        ("ramesh ko kotha ma", {"rames ko kota": {"ramesh"}}),
        ("Ramesh's room please", {"rames s rum": {"ramesh"}}),
        ("rameshko batti", {"rames": {"ramesh"}}),
        ("zorbak ko, neela akash ko", {"jorbak": {"z"}, "nila akas": {"z"}}),
        ("zorbakk lai", {"jorbak": {"z"}}),
        ("jorbaak lai", {"jorbak": {"z"}}),
        ("sutne kotha 2 ko batti", {"sutne kota 2": {"bed2"}}),
        ("2 number bedroom", {"2 number bedrum": {"bed2"}}),
        ("bedroom ko batti", {"bedrum": {"bed1", "bed2"}}),
        ("बेडरुम टु को लाइट", {"bedarum tu": {"bed2"}}),
        ("bedroom 1 ra 2 ko", {"bedrum 1": {"bed1"}, "2": {"bed2"}}),
        ("bedroom 1 ra 40% ma, 2 minute", {"bedrum 1": {"bed1"}}),
        ("table lamp nibhau", {"table lamp": {"light.t1", "light.t2"}}),
        ("bedroom 1 ko table lamp", {"bedrum 1 ko table lamp": {"light.t1"}}),
        ("the table lamp in bedroom 2", {"table lamp in bedrum 2": {"light.t2"}}),
        ("स्टडी होइन, टेबल ल्याम्प", {"tebal lyamp": {"light.t1", "light.t2"}}),
        ("jhyaure bala", {"jyaure": {"light.j"}}),
        ("jhyaurey bala", {"jyaure": {"light.j"}}),
        ("pahilo talla ko batti", {"pahilo tala": {"u"}}),
        ("mathillo talla, भुइँ तल्ला", {"matilo tala": {"u"}, "bui tala": {"g"}}),
        ("baithak ko batti 2 nibhau", {"baitak ko bati 2": {"light.h2"}}),
        ("kitchen ceiling", {"kichen seiling": {"light.k"}}),
        ("garage ko batti bala na ta", {}),
        ("sabai batti nibhaideu, dherai ujyalo bhayo", {}),
        ("gardinus garnuhos banda jati haru ma", {}),
    ],
)
def test_names(text: str, things: dict[str, set[str]]) -> None:
    assert named(text) == things


def test_a_whole_name_comes_before_a_shorter_form() -> None:
    home = Home.from_dict(
        {"areas": [{"area_id": "a", "name": "Bedroom"}, {"area_id": "b", "name": "Guest Bedroom"}]},
    )
    assert named("bedroom ko batti", home) == {"bedrum": {"a"}}


def test_a_light_called_after_its_room_and_light_is_the_room() -> None:
    home = Home.from_dict(
        {
            "areas": [{"area_id": "hall", "name": "Hall"}],
            "lights": [
                {"entity_id": "light.a", "name": "Hall Light", "area_id": "hall"},
                {"entity_id": "light.b", "name": "Hall Lamp", "area_id": "hall"},
            ],
        }
    )
    assert named("hall light off", home) == {"hal": {"hall"}}
    assert named("hall lamp off", home) == {"hal lamp": {"light.b"}}


def test_marks_are_brackets_around_folded_words() -> None:
    assert (
        NameIndex(HOME).mark(fold("Bhansa ra baithak ko batti bala!")).text == "[ bansa ] ra [ baitak ] ko bati bala ."
    )


def test_a_home_with_nothing_in_it() -> None:
    assert NameIndex(Home()).mark(fold("bhansa ko batti bala")).mentions == ()


NEAR = Home.from_dict(
    {
        "areas": [
            {"area_id": "bath", "name": "Bathroom"},
            {"area_id": "rest", "name": "Bishram"},
            {"area_id": "hall", "name": "Hall"},
        ],
        "lights": [
            {"entity_id": "light.desk", "name": "Desk Lamp", "area_id": "rest"},
            {"entity_id": "light.stage", "name": "Stage", "area_id": "hall"},
            {"entity_id": "light.ceiling", "name": "Ceiling light", "area_id": "hall"},
        ],
    }
)


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("toilet ko batti bala", {"toilet": {"bath"}}),  # a kind that is near, where there is no such room
        ("bishram kotha ko batti", {"bisram kota": {"rest"}}),
        ("desklamp toggle gara", {"desklamp": {"light.desk"}}),
        ("ceiling rato gara", {"seiling": {"light.ceiling"}}),
        ("hall ma stage bahek sabai nibhau", {"hal": {"hall"}, "stage": {"light.stage"}}),
        ("hall ma stage nibhau", {"hal ma stage": {"light.stage"}}),
    ],
)
def test_names_in_other_words(text: str, things: dict[str, set[str]]) -> None:
    assert named(text, NEAR) == things


@pytest.mark.parametrize(
    ("label", "thing"),
    [
        ("te batrum", "bath"),
        ("batrum ligt", "bath"),
        ("bishram kota ko desk lamp", None),  # not said so
        ("te hal", None),
        ("batrum ra", None),
    ],
)
def test_a_stretch_that_comes_down_to_one_mention(label: str, thing: str | None) -> None:
    marked = NameIndex(NEAR).mark(fold("turn on the bathroom light and the desk lamp"))
    mention = marked.named_by(label)
    assert (mention.things[0].id if mention else None) == thing


def test_a_lamp_with_a_place_it_is_not_in_comes_down_to_nothing() -> None:
    marked = NameIndex(NEAR).mark(fold("hall ko desk lamp bala"))
    assert [mention.label for mention in marked.mentions] == ["hal", "desk lamp"]
    assert marked.named_by("hal ko desk lamp") is None
