"""The benchmark of linking, on a small home."""

from __future__ import annotations

import random

import pytest

from training.speed import linking


def test_the_home_and_its_sentences() -> None:
    rng = random.Random(0)
    home = linking.home_of(rng, lights=30, names=4)
    assert len(home.areas) == 3
    assert [len(light.names) for light in home.lights] == [4] * 30
    said = linking.sentences(rng, home, 12)
    assert {one.kind: sum(one.kind == other.kind for other in said) for one in said} == dict.fromkeys(
        ("one name", "a letter left out", "four names", "a name it has not"), 3
    )
    figures = linking.measure(home, said)
    assert min(figures.first_s, figures.again_s) > 0
    assert {kind: len(times) for kind, times in figures.link_ms.items()} == {one.kind: 3 for one in said}


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["linking", "--lights", "10", "--names", "2", "--sentences", "8"])
    linking.main()
    printed = capsys.readouterr().out
    assert "10 lights with 20 names, 1 rooms" in printed
    assert "indexed: first" in printed
    assert "median ms" in printed
