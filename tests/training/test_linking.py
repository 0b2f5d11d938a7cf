"""The measure of linking: what it counts as found, and what linking reaches by it on all cases that were written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.names.index import NameIndex
from training.evaluate import linking
from training.evaluate.linking import Case, Result

HOME = {
    "areas": [{"area_id": area, "name": area.title()} for area in ("baithak", "bhansa", "zorbak")],
    "lights": [{"entity_id": "light.jhumar", "name": "Jhumar", "area_id": "baithak"}],
}
EXAM = linking.CASES.with_name("linking_exam")
PATHS = [*sorted(linking.CASES.glob("*.yaml")), *sorted(EXAM.glob("*.yaml"))]
SHARES = {"exact found": 0.99, "near found or asked": 0.95}


@pytest.fixture(scope="module")
def judged() -> list[tuple[Case, Result]]:
    return list(linking.results(PATHS))


@pytest.mark.parametrize(
    ("say", "means", "result"),
    [
        ("baithak", ["baithak"], Result.FOUND),
        ("bhanchha", ["bhansa"], Result.FOUND),
        ("zarpak", ["zorbak"], Result.ASKED),
        ("baithak", ["bhansa"], Result.WRONG),
        ("zarpak", ["bhansa"], Result.WRONG),
        ("baithak", ["baithak", "bhansa"], Result.WRONG),
        ("baithak ra bhansa", ["baithak", "bhansa"], Result.WRONG),
        ("garage", ["baithak"], Result.MISSED),
        ("garage", [], Result.LEFT),
        ("garage ko jhumar", [], Result.LEFT),
        ("baithak", [], Result.FALSE),
        ("baithak ko batti", [], Result.FALSE),
        ("zarpak", [], Result.ASKED),
    ],
)
def test_what_became_of_words(say: str, means: list[str], result: Result) -> None:
    case = Case(say, frozenset(means), "exact" if means else "absent", "home")
    assert linking.judge(NameIndex(Home.from_dict(HOME)), case) is result


def test_shares_are_of_the_cases_of_their_kind() -> None:
    counts = {
        ("exact", Result.FOUND): 2,
        ("script", Result.ASKED): 1,
        ("exact", Result.WRONG): 1,
        ("slip", Result.FOUND): 3,
        ("translated", Result.ASKED): 1,
        ("placed", Result.MISSED): 4,
        ("absent", Result.LEFT): 3,
        ("absent", Result.ASKED): 1,
        ("absent", Result.FALSE): 1,
    }
    pairs = [
        (Case("", frozenset(), kind, ""), result) for (kind, result), count in counts.items() for _ in range(count)
    ]
    assert linking.shares(pairs) == {
        "exact found": 2 / 4,
        "near found": 3 / 8,
        "near found or asked": 4 / 8,
        "falsely found": 1 / 5,
    }
    assert set(linking.shares([]).values()) == {0}


def test_cases_mean_things_of_their_homes() -> None:
    """A case that means nothing is one of a name that is absent, and no home has a case twice."""
    kinds: Counter[str] = Counter()
    for path in PATHS:
        home, cases = linking.read(path)
        ids = {thing.floor_id for thing in home.floors} | {thing.area_id for thing in home.areas}
        ids |= {light.entity_id for light in home.lights}
        assert [
            case for case in cases if not case.means <= ids or bool(case.means) is (case.kind == linking.ABSENT)
        ] == []
        assert [say for say, times in Counter(case.say for case in cases).items() if times > 1] == [], path.name
        kinds.update(case.kind for case in cases)
    assert len(kinds) == 12
    assert min(kinds.values()) > 50


def test_names_are_found_and_those_that_a_home_has_not_are_not(judged: list[tuple[Case, Result]]) -> None:
    shares = linking.shares(judged)
    assert {name: shares[name] for name, least in SHARES.items() if shares[name] < least} == {}
    assert shares["falsely found"] < 0.02


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [
        {"say": "baithak", "means": ["baithak"], "kind": "exact"},
        {"say": "भान्सा", "means": ["bhansa"], "kind": "script"},
        {"say": "qwxyz", "means": ["light.jhumar"], "kind": "slip"},
        {"say": "garage", "means": ["bhansa"], "kind": "translated"},
        {"say": "jhumar", "means": [], "kind": "absent"},
    ]
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump({"home": HOME, "pairs": pairs}, allow_unicode=True))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["linking", "--cases", str(path), "--misses", "5", "--kind", "slip"])
    linking.main()
    printed = capsys.readouterr().out
    assert "'exact found': '100.0%'" in printed
    assert "'near found': '0.0%'" in printed
    assert "'falsely found': '100.0%'" in printed
    assert "'qwxyz' means ['light.jhumar']" in printed
    assert "'garage'" not in printed
