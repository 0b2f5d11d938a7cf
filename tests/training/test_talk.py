"""Words of everyday talk: which are counted, and that the file in the lexicon is the one that the sentences give."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from training.data import seeds, talk
from training.data.phrasebook import TEST, TRAIN, VALIDATION
from training.data.seeds import Seed


def said(*texts: str) -> tuple[Seed, ...]:
    return tuple(Seed("r", text, (), "unclear", False) for text in texts)


def test_the_file_is_what_the_sentences_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If not: `python -m training.data.talk`."""
    committed = talk.PATH.read_text(encoding="utf-8")
    monkeypatch.setattr(talk, "PATH", tmp_path / "talk.yaml")
    talk.main()
    assert talk.PATH.read_text(encoding="utf-8") == committed


def test_words_are_counted_folded_and_without_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    of_splits = {
        TRAIN: said("{A} ko batti baala", "{L} 5 minute pachi e"),
        VALIDATION: said("बत्ती बाल"),
        TEST: said("batti {p} percent"),
    }
    monkeypatch.setattr(seeds, "seeds", of_splits.__getitem__)
    counts = talk.counted()
    assert counts["bati"] == 3
    assert counts["bala"] == 1
    assert counts["ko"] == 1
    assert not {"A", "a", "L", "l", "p", "5", "e", ",", "batti"} & counts.keys()


def test_a_word_is_counted_once_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    of_splits = {TRAIN: said("hip hip hip", "hip"), VALIDATION: (), TEST: said("hip")}
    monkeypatch.setattr(seeds, "seeds", of_splits.__getitem__)
    assert talk.counted() == {"hip": 3}


def test_words_are_often_said_sometimes_or_too_rarely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {
        "sathi": 60,
        "bholi": 59,
        "aja": 3,
        "dhoka": 2,
        **{f"sabda{letter}": 100 for letter in "abcdefghijklmnopqrst"},
    }
    monkeypatch.setattr(talk, "counted", lambda: counts)
    monkeypatch.setattr(talk, "PATH", tmp_path / "talk.yaml")
    talk.main()
    text = talk.PATH.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 126
    assert text.startswith("# Words of everyday talk")
    listed = {how: " ".join(lines).split() for how, lines in yaml.safe_load(text).items()}
    assert listed["often"] == sorted(word for word, count in counts.items() if count >= 60)
    assert listed["sometimes"] == ["aja", "bholi"]
