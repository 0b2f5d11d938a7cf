"""A lamp and its place are one mention; a lamp that is elsewhere is none."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.words.fold import fold

HOME = Home.from_dict(
    {
        "floors": [
            {"floor_id": "ground", "name": "Ground Floor", "level": 0},
            {"floor_id": "first", "name": "First Floor", "level": 1},
        ],
        "areas": [
            {"area_id": "hall", "name": "Hall", "floor_id": "ground"},
            {"area_id": "kitchen", "name": "Kitchen", "floor_id": "ground"},
            {"area_id": "bedroom", "name": "Bedroom", "floor_id": "first"},
            {"area_id": "gate", "name": "Gate"},
        ],
        "lights": [
            {"entity_id": "hall.wall", "name": "Wall Lamp", "area_id": "hall"},
            {"entity_id": "hall.1", "name": "Light 1", "area_id": "hall"},
            {"entity_id": "hall.2", "name": "Light 2", "area_id": "hall"},
            {"entity_id": "kitchen.2", "name": "Light 2", "area_id": "kitchen"},
            {"entity_id": "kitchen.sink", "name": "Sink", "area_id": "kitchen"},
            {"entity_id": "bedroom.wall", "name": "Wall Lamp", "area_id": "bedroom"},
            {"entity_id": "bedroom.desk", "name": "Desk Lamp", "area_id": "bedroom"},
            {"entity_id": "gate.left", "name": "Gate Pillar Left", "area_id": "gate"},
            {"entity_id": "gate.right", "name": "Gate Pillar Right", "area_id": "gate"},
        ],
    }
)
INDEX = NameIndex(HOME)


def things(said: str) -> list[set[str]]:
    """The ids of each mention."""
    return [{thing.id for thing in mention.things} for mention in INDEX.mark(fold(said)).mentions]


@pytest.mark.parametrize(
    "said",
    [
        "hall ko wall lamp bala",
        "hall wall lamp bala",
        "hall ma bhako wall lamp bala",
        "हलको भित्ते बत्ती बाल",
        "turn on the wall lamp in the hall",
        "turn on the hall's wall lamp",
        "wall lamp hall ko bala",
    ],
)
def test_a_lamp_and_its_room(said: str) -> None:
    assert things(said) == [{"hall.wall"}]
    assert "A" in INDEX.mark(fold(said)).text
    assert "B" not in INDEX.mark(fold(said)).text


def test_a_lamp_and_its_floor() -> None:
    assert things("pahilo talla ko wall lamp bala") == [{"bedroom.wall"}]
    assert things("the wall lamp on the ground floor") == [{"hall.wall"}]


def test_without_a_place_it_may_be_any_of_that_name() -> None:
    assert things("wall lamp bala") == [{"hall.wall", "bedroom.wall"}]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("hall ra wall lamp bala", [{"hall"}, {"hall.wall", "bedroom.wall"}]),
        ("hall bala, wall lamp nibhau", [{"hall"}, {"hall.wall", "bedroom.wall"}]),
        ("kitchen ko batti, desk lamp bala", [{"kitchen"}, {"bedroom.desk"}]),
        ("hall ma wall lamp bahek sabai nibhau", [{"hall"}, {"hall.wall", "bedroom.wall"}]),
        ("हलमा भित्ते बत्ती बाहेक सबै निभाउ", [{"hall"}, {"hall.wall", "bedroom.wall"}]),
    ],
)
def test_what_only_stands_near_a_place_is_a_mention_of_its_own(said: str, expected: list[set[str]]) -> None:
    assert things(said) == expected


@pytest.mark.parametrize("said", ["hall ko desk lamp bala", "hall desk lamp bala", "the desk lamp in the hall"])
def test_a_lamp_beside_a_place_that_it_is_not_in_is_no_mention(said: str) -> None:
    """The place is one, and the words of the lamp stay, so that the model names what the house has not."""
    marked = INDEX.mark(fold(said))
    assert things(said) == [{"hall"}]
    assert "desk lamp" in marked.text


def test_a_lamp_elsewhere_counts_where_the_place_was_not_surely_said_for_it() -> None:
    """`Being in the hall, light the desk lamp.`"""
    assert things("hall ma desk lamp bala") == [{"hall"}, {"bedroom.desk"}]


def test_a_numbered_light_needs_its_place() -> None:
    assert things("kitchen ko batti 2 bala") == [{"kitchen.2"}]
    assert things("batti 2 kitchen ko bala") == [{"kitchen.2"}]
    assert things("hall ko light number 1") == [{"hall.1"}]
    assert things("bedroom ko batti 2 bala") == [{"bedroom"}]
    assert things("batti 2 bala") == []


def test_its_own_name_needs_no_place() -> None:
    assert things("light 2 bala") == [{"hall.2", "kitchen.2"}]


@pytest.mark.parametrize(
    "said", ["hall ko 2 ota batti bala", "hall ko batti 2 minute bala", "hall light 2% ma", "hall light 1 minute"]
)
def test_a_number_that_counts_is_no_numbered_light(said: str) -> None:
    assert things(said) == [{"hall"}]


def test_two_parts_of_one_name() -> None:
    assert things("left gate pillar bala") == [{"gate.left"}]
    assert things("gate ko pillar right bala") == [{"gate.right"}]


def test_both_parts_are_asked_about_if_one_is() -> None:
    home = Home.from_dict(
        {
            "areas": [{"area_id": "a", "name": "Zorbak"}, {"area_id": "b", "name": "Hall"}],
            "lights": [{"entity_id": f"light.{area}", "name": "Wall Lamp", "area_id": area} for area in "ab"],
        }
    )
    for place, asks in (("zorbak", False), ("zarpak", True)):  # zarpak may be Zorbak
        (mention,) = NameIndex(home).mark(fold(f"{place} ko wall lamp bala")).mentions
        assert [thing.id for thing in mention.things] == ["light.a"]
        assert mention.asks is asks
