"""Colours by their one name, and where they are left alone."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.words.fold import fold

HOME = Home.from_dict(
    {
        "areas": [{"area_id": "a1", "name": "Rato Kotha"}, {"area_id": "a2", "name": "Bedroom"}],
        "lights": [{"entity_id": "light.nilo", "name": "Nilo", "area_id": "a2"}],
    }
)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("bedroom raato gara", "A red gara"),
        ("bedroom ko batti रातो रङको पार", "A ko bati red par"),
        (
            "bedroom light blue",
            "A ligt blue",
        ),  # a blue light, unless the lamp is named before: that is the model's to say
        ("bedroom ko batti sky blue", "A ko bati skyblue"),
        ("bedroom warm white at 40%", "A warm at 40 %"),
        ("rato kotha ra nilo bala", "A ra B bala"),
        ("rato kotha nilo gara", "A blue gara"),  # the lamp Nilo is in another room
        ("rato kotha hariyo", "A green"),
        ("kaki aunu bhayo", "kaki aunu bayo"),
    ],
)
def test_colours_outside_of_names_go_by_one_name(said: str, seen: str) -> None:
    assert NameIndex(HOME).mark(fold(said)).text == seen


def test_mentions_keep_their_words_when_words_before_them_become_one() -> None:
    marked = NameIndex(HOME).mark(fold("warm white light in the bedroom, 40%"))
    (mention,) = marked.mentions
    assert marked.folded.as_typed(mention.first, mention.last) == marked.as_typed("A") == "bedroom"
    assert marked.labels["A"].things[0].id == "a2"


def test_what_was_typed_is_found_again() -> None:
    """A red room that the home has not is reported as it was typed."""
    marked = NameIndex(Home.from_dict({"areas": [{"area_id": "a2", "name": "Bedroom"}]})).mark(
        fold("Raato kotha ko batti")
    )
    assert marked.text == "red kota ko bati"
    assert marked.as_typed("red kota") == "Raato kotha"
