"""Which words at the beginning are for the satellite, and which for the house."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.words.fold import fold


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Okay Nabu, batti bala", "bati bala"),
        ("okay nabu. batti bala", "bati bala"),
        ("OK NABU batti bala", "bati bala"),
        ("hey jarvis kitchen light off", "kichen ligt of"),
        ("Hey Mycroft, bala", "bala"),
        ("हे जार्भिस बत्ती बाल", "bati bal"),
        ("ओके नाबु, भान्साको बत्ती निभाउ", "bansa ko bati nibau"),
        ("ओ के नाबु बत्ती बाल", "bati bal"),
        ("okay batti, bhansa ko light bala", "bansa ko ligt bala"),
    ],
)
def test_a_wake_word_at_the_beginning_is_dropped(said: str, heard: str) -> None:
    assert str(fold(said)) == heard


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("nabu batti bala", "nabu bati bala"),  # nobody is called
        ("batti bala okay nabu", "bati bala okay nabu"),  # not at the beginning
        ("okay batti bala", "okay bati bala"),  # about a light
        ("hey batti", "he bati"),
        ("okay nabu", "okay nabu"),  # then nothing is left
        ("Okay Nabu!", "okay nabu ."),
        ("okay, bhansa ko batti bala", "okay , bansa ko bati bala"),
        ("hi", "hi"),
        ("", ""),
    ],
)
def test_other_words_stay(said: str, heard: str) -> None:
    assert str(fold(said)) == heard


def test_what_is_left_knows_where_it_was_typed() -> None:
    assert fold("Okay Nabu, Bhaanchaako batti").as_typed(0, 1) == "Bhaanchaako"
