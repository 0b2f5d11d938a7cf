"""What floors are called by their place in the house, with levels and without."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Area, Floor, Home
from custom_components.batti.interpreter.names.floors import floor_keys, kind_of
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.vocabulary import tokens_of
from custom_components.batti.interpreter.words.fold import fold, fold_name


def house(*floors: str, levels: tuple[int | None, ...] = ()) -> Home:
    """A home with these floors; their names are their ids."""
    return Home(
        tuple(Floor(name, name, (), level) for name, level in zip(floors, levels or [None] * len(floors), strict=True))
    )


def called(home: Home, said: str) -> dict[str, bool]:
    """The floors that may be called so, each with whether this is certain."""
    key = tokens_of(fold_name(said))
    return {floor_id: certain for floor_id, other, certain in floor_keys(home) if other == key}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Ground Floor", "ground"),
        ("भुइँ तल्ला", "ground"),
        ("Upstairs", "top"),
        ("First", None),
        ("Pahilo Talla", "first"),
        ("Terrace", "roof"),
        ("Basement", "basement"),
        ("Hamro Bhai ko Talla", None),
        ("Zorbak", None),
        ("", None),
    ],
)
def test_what_a_name_says(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_by_level() -> None:
    """Whatever the floors are called."""
    home = house("Alpha", "Beta", "Gamma", "Delta", levels=(-1, 0, 1, 2))
    assert called(home, "basement") == {"Alpha": True}
    assert called(home, "bhui talla") == {"Beta": True}
    assert called(home, "पहिलो तल्ला") == {"Gamma": True}
    assert called(home, "second floor") == {"Delta": True}
    assert called(home, "third floor") == {}
    assert called(home, "mathillo talla") == {"Delta": False}
    assert called(home, "downstairs") == {"Alpha": False}


def test_the_lowest_floor_is_the_ground_floor() -> None:
    home = house("Shop", "Flat", levels=(1, 2))
    assert called(home, "ground floor") == {"Shop": True}
    assert called(home, "first floor") == {"Shop": True}


def test_without_levels_by_their_names() -> None:
    home = house("Bhui Talla", "First Floor", "दोस्रो तल्ला")
    assert called(home, "ग्राउन्ड फ्लोर") == {"Bhui Talla": True}
    assert called(home, "pahilo talla") == {"First Floor": True}
    assert called(home, "2nd floor") == {"दोस्रो तल्ला": True}
    assert called(home, "upstairs") == {"दोस्रो तल्ला": False}
    assert called(home, "तल") == {"Bhui Talla": False}
    assert called(home, "tala") == {}  # folded, it is also talla, any floor


@pytest.mark.parametrize(
    ("floors", "upper"),
    [
        (("Ground Floor", "Ramesh"), "Ramesh"),  # nothing is below it
        (("Basement", "Ramesh"), "Ramesh"),
        (("Ramesh", "First Floor"), "First Floor"),
        (("Upstairs", "Ramesh"), "Upstairs"),
        (("Ramesh", "Downstairs"), "Ramesh"),
        (("Roof", "Ramesh"), "Roof"),
    ],
)
def test_of_two_floors_one_says_where_the_other_is(floors: tuple[str, ...], upper: str) -> None:
    home = house(*floors)
    (lower,) = set(floors) - {upper}
    assert called(home, "mathillo talla") == {upper: False}
    assert called(home, "tallo talla") == {lower: False}


def test_beside_the_ground_floor_is_the_first() -> None:
    """And the other way round."""
    assert called(house("Ground Floor", "Ramesh"), "pahilo talla") == {"Ramesh": True}
    assert called(house("Ramesh", "First Floor"), "bhui talla") == {"Ramesh": True}


@pytest.mark.parametrize("floors", [("Ramesh", "Sita"), ("Ramesh",), ("Ground Floor",)])
def test_floors_that_are_nowhere_above_or_below(floors: tuple[str, ...]) -> None:
    assert called(house(*floors), "mathillo talla") == called(house(*floors), "tallo talla") == {}


def test_the_middle_is_one_of_three() -> None:
    assert called(house("A", "B", "C", levels=(2, 0, 1)), "bich ko talla") == {"C": False}
    assert called(house("A", "B", levels=(0, 1)), "bich ko talla") == {}
    assert called(house("A", "B", "C", "D", levels=(0, 1, 2, 3)), "middle floor") == {}
    assert called(house("A", levels=(1,)), "middle floor") == {}


def test_the_middle_by_what_is_above_and_below_it() -> None:
    home = house("Ground Floor", "Ramesh", "Top Floor")
    assert called(home, "बीचको तल्ला") == {"Ramesh": False}
    assert called(home, "upstairs") == {"Top Floor": False}


def test_a_basement_is_no_ground_floor() -> None:
    """Not even where no floor says that it is one."""
    assert "Basement" not in called(house("Basement", "Main Floor", "Upstairs"), "ground floor")
    assert "Basement" not in called(house("Basement", "Upstairs"), "ground floor")


@pytest.mark.parametrize("said", ["tesro talla ko batti bala", "तेस्रो तल्लाको बत्ती बाल", "second floor, third floor"])
def test_a_floor_that_the_home_has_not_is_none_that_it_has(said: str) -> None:
    """Talla (floor) and tala (downstairs) are one word when folded: the third floor is not the lowest one."""
    index = NameIndex(house("Ground Floor", "First Floor", levels=(0, 1)))
    assert index.mark(fold(said)).mentions == ()


def test_aliases_count() -> None:
    home = Home((Floor("f", "Ramesh", ("Mathillo Talla",)), Floor("g", "Sita")))
    assert called(home, "upstairs") == {"f": False}
    assert called(home, "downstairs") == {"g": False}


def test_a_room_of_that_name_comes_first() -> None:
    """A terrace that is a room is not the top floor; upstairs is, and a name of its own is still one."""
    floors = (Floor("low", "Ground Floor"), Floor("high", "Second Floor"))
    index = NameIndex(Home(floors, (Area("room", "Terrace", floor_id="high"),)))

    def things(said: str) -> list[str]:
        return [thing.id for mention in index.mark(fold(said)).mentions for thing in mention.things]

    assert things("terrace ko batti bala") == ["room"]
    assert things("mathillo talla ko batti bala") == ["high"]
    assert things("second floor ra bhui talla") == ["high", "low"]
