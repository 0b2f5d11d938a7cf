"""Sentences that people wrote: their notation, and which split may use them."""

from __future__ import annotations

import pytest

from training.data import seeds
from training.data.phrasebook import TEST, TRAIN, VALIDATION
from training.data.seeds import Seed, Wanted


def test_every_sentence_is_in_the_notation_and_in_one_split() -> None:
    """Reading them checks them."""
    splits = {split: {seed.plain for seed in seeds.seeds(split)} for split in (TRAIN, VALIDATION, TEST)}
    assert len(splits[TRAIN]) > 2000
    assert not splits[TRAIN] & splits[TEST]
    assert not splits[TRAIN] & splits[VALIDATION]
    assert not splits[TEST] & splits[VALIDATION]


@pytest.mark.parametrize("text", ["blink A", "on A 30", "on A =", "on", ""])
def test_what_is_not_in_the_notation_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=f"^not something to do: {text!r}$"):
        Wanted.parse(text)


def test_what_is_done_must_be_said() -> None:
    seed = Seed("r", "{A} ko batti bala", (Wanted.parse("on B =p"),), "", False)
    with pytest.raises(ValueError, match="has no"):
        seed.check()


def test_slots_of_values_are_slots() -> None:
    assert Wanted.parse("on A+L - B =p colour:c transition:n").slots == {"A", "L", "B", "p", "c", "n"}
    assert Wanted.parse("on here -20 colour:red flash").slots == set()
