"""Numbers in digits: decimals of percent and of the whole."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.words.fold import fold


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("33.5%", "34 %"),
        ("33.5 %", "34 %"),
        ("33.5 percent", "34 %"),
        ("३३.५ प्रतिशत", "34 %"),
        ("33.49%", "33 %"),
        ("12.50%", "13 %"),
        ("99.9%", "100 %"),
        ("33.05%", "33 %"),
        ("0.0%", "0 %"),
        ("150.5%", "151 %"),
    ],
)
def test_decimals_of_percent_are_rounded(said: str, folded: str) -> None:
    assert str(fold(said)) == folded


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("0.4 ma", "40 % ma"),
        ("०.४ मा", "40 % ma"),
        ("0.05 ma", "5 % ma"),
        ("0.25", "25 %"),
        ("0.0", "0 %"),
        ("batti 0.5 ma raakha.", "bati 50 % ma raka ."),
    ],
)
def test_decimals_of_the_whole_are_percent(said: str, folded: str) -> None:
    assert str(fold(said)) == folded


@pytest.mark.parametrize("said", ["0.4%", "0.001%", "0.001"])
def test_a_little_is_never_nothing(said: str) -> None:
    """A light at 0% would be off."""
    assert str(fold(said)) == "1 %"


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("6.30 baje", "6 . 30 baje"),
        ("10.5", "10 . 5"),  # of what?
        ("1. 5%", "1 . 5 %"),  # a stop between two sentences
        ("kotha 1.", "kota 1 ."),
        ("0.30 baje", "0 . 30 baje"),
        ("0.5 minute", "0 . 5 minute"),
        ("0.5 ghanta pachhi", "0 . 5 ganta pachi"),
    ],
)
def test_times_and_stops_keep_their_point(said: str, folded: str) -> None:
    assert str(fold(said)) == folded


@pytest.mark.parametrize(
    ("said", "number", "typed"),
    [
        ("batti 33.5% ma", "34", "33.5%"),
        ("batti 33.5 percent ma", "34", "33.5%"),
        ("batti 0.4 ma", "40", "0.4"),
        ("batti 40% ma", "40", "40%"),
        ("batti 40 ma", "40", "40"),
    ],
)
def test_what_was_typed_stays_known(said: str, number: str, typed: str) -> None:
    """So that the answer can say that it was rounded."""
    assert NameIndex(Home()).mark(fold(said)).numbers() == [(number, typed)]
