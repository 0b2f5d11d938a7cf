"""Which words may be one word that was spelled or heard differently, and which are surely two."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.names.sounds import NEAR, SURE, WordIndex, likeness, skeleton, sound
from custom_components.batti.interpreter.words.fold import fold_name
from custom_components.batti.interpreter.words.spelling import spell

_WORDS = st.text(st.sampled_from("abcdefghijklmnoprstuwy"), min_size=1, max_size=9)


def alike(one: str, other: str) -> float:
    """The likeness of two words as typed; the order does not matter."""
    folded = spell(one.lower()), spell(other.lower())
    assert likeness(*folded) == likeness(*reversed(folded))
    return likeness(*folded)


@pytest.mark.parametrize(
    ("spelled", "heard"),
    [
        ("light", "lait"),
        ("night", "nait"),
        ("lamp", "lyamp"),
        ("rack", "ryak"),
        ("table", "tebal"),
        ("picture", "pikchar"),
        ("reception", "risepsan"),
        ("station", "stesan"),
        ("gym", "jim"),
        ("guest", "gest"),
        ("suite", "swit"),
        ("aquarium", "akwariyam"),
        ("bridge", "brij"),
        ("study", "stadi"),
        ("lobby", "labi"),
        ("corner", "karnar"),
        ("strip", "istrip"),
        ("knight", "nait"),
    ],
)
def test_english_words_as_they_sound(spelled: str, heard: str) -> None:
    assert alike(spelled, heard) >= SURE


@pytest.mark.parametrize(
    ("word", "slip"),
    [
        ("Pashupati", "Pashpati"),  # left out
        ("Machhapuchhre", "Machhapuchre"),
        ("Saraswati", "Saraswatti"),  # doubled
        ("Annapurna", "Annapurnna"),
        ("Gyanendra", "Gyanednra"),  # swapped
        ("Chandani", "Chadani"),
        ("chandelier", "chandlier"),
        ("conservatory", "conservatary"),  # another vowel
        ("Prakash", "Parkash"),
        ("sterilaij", "sterlaij"),
        ("Tapasya", "Dapasya"),  # heard as each other
        ("Bipendra", "Pipendra"),
    ],
)
def test_slips(word: str, slip: str) -> None:
    assert alike(word, slip) >= SURE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sarita", "Sabita"),
        ("Sita", "Gita"),
        ("Mina", "Bina"),
        ("Anil", "Sunil"),
        ("Ramesh", "Mahesh"),
        ("Rakesh", "Mukesh"),
        ("Dinesh", "Ganesh"),
        ("Kamal", "Bimal"),
        ("Sajan", "Rajan"),
        ("Suraj", "Niraj"),
        ("Nabin", "Prabin"),
        ("Rohan", "Mohan"),
        ("Kanchha", "Kanchhi"),
        ("Jetha", "Jethi"),
        ("Bhatija", "Bhatiji"),
        ("Kaka", "Kaki"),
        ("Mama", "Mami"),
        ("bhai", "dai"),
        ("sofa", "desk"),
        ("kitchen", "chicken"),
        ("wall", "hall"),
        ("garden", "guard"),
    ],
)
def test_other_people_and_things(one: str, other: str) -> None:
    assert alike(one, other) < SURE


@pytest.mark.parametrize(("one", "other"), [("sofa", "desk"), ("Ramesh", "Sarita"), ("garage", "terrace")])
def test_words_that_nobody_mixes_up(one: str, other: str) -> None:
    assert alike(one, other) < NEAR


@pytest.mark.parametrize(("one", "other"), [("2", "3"), ("101", "102"), ("2", "tu"), ("e27", "e14"), ("a", "b")])
def test_numbers_and_letters_are_like_nothing_else(one: str, other: str) -> None:
    assert alike(one, other) == 0


@pytest.mark.parametrize(("one", "other"), [("bed", "bar"), ("tv", "tb"), ("fan", "pan"), ("top", "tap")])
def test_short_words_are_alike_only_if_they_sound_the_same(one: str, other: str) -> None:
    assert likeness(one, other) == 0
    assert likeness("ram", "rama") >= SURE


def test_a_word_as_it_sounds() -> None:
    assert {sound(spell(word)) for word in ("light", "lite", "lait")} == {"let"}
    assert {skeleton(spell(word)) for word in ("study", "stadi", "studi")} == {"std"}


@settings(deadline=None)
@given(_WORDS, _WORDS)
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) == 1


def test_an_index_finds_what_comparing_all_words_would_find() -> None:
    """The word that each slip stands for, and nothing that is not near."""
    sections: Any = lexicon.load("names")
    names = [fold_name(one[0]) for part in ("people", "things") for one in sections[part]]
    words = sorted({name[0] for name in names if len(name) == 1})
    index = WordIndex(words)
    for word in words:
        for slip in {word[:2] + word[3:], word.replace("a", "e", 1), word.replace("b", "p", 1)} - {word}:
            found = dict(index.near(slip))
            assert all(share == likeness(slip, other) >= NEAR for other, share in found.items())
            assert word in found or slip in words or likeness(slip, word) < NEAR, (word, slip)
