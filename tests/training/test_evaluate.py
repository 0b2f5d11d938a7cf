"""The evaluation, with an engine that answers what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from custom_components.batti.interpreter.engine.interface import Generation
from training.evaluate import judging
from training.evaluate.judging import Report, judge, judge_case, judge_generated, options_of, show

ON = "- action: light.turn_on\n  target:\n    - {}\n"
OFF = "- action: light.turn_off\n  target:\n    - {}\n"
REFUSED = "[]  # forbidden\n"


class Scripted:
    """Answers by sentence, the more sure the longer the answer; keeps what came before each."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.previous: list[str] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        self.previous.append(previous)
        text = next((answer for part, answer in self.answers.items() if part in sentence), REFUSED)
        return Generation(text, min(1.0, len(text) / 100), (), 2, 4, 1, 0, 1.0, 1.0)


def line(text: str, wanted: str, **more: Any) -> dict[str, Any]:
    common = {"text": text, "sentence": text, "labels": ["A", "B"], "script": "r", "intent": "turn_on", "previous": ""}
    return common | {"messages": [{}, {}, {"content": wanted}]} | more


LINES = [
    line("one", ON.format("A")),
    line("two", ON.format("B\n    - A"), noisy=True),
    line("three", ON.format("A"), previous=ON.format("Q"), script="d"),
    line("four", REFUSED, intent="forbidden"),
    line("five", REFUSED, intent="forbidden"),
]
ANSWERS = {
    "one": ON.format("A"),
    "two": ON.format("A\n    - B"),
    "three": OFF.format("A\n    - B\n    - C"),
    "five": ON.format("A"),
}


async def test_generated_sentences() -> None:
    report, engine = Report(), Scripted(ANSWERS)
    await judge_generated(engine, LINES, report)
    found = json.loads(json.dumps(report.as_dict()))
    scores = found["scores"]
    assert (scores["effect"]["all"]["n"], scores["effect"]["all"]["share"]) == (5, 0.6)
    assert (scores["wider or reversed"]["all"]["n"], scores["wider or reversed"]["all"]["share"]) == (5, 0.2)
    assert scores["wider or reversed"]["intent forbidden"]["share"] == 0.5
    assert scores["other wrong"]["all"]["share"] == 0
    assert scores["exact match"]["all"]["share"] == 0.4
    assert scores["partial match"]["spelling with slips"]["share"] == 1
    assert scores["effect"]["turn later"]["share"] == 0
    assert scores["effect"]["script devanagari"]["n"] == 1
    assert scores["refusal recall"]["all"]["share"] == 0.5
    assert scores["refusal recall"]["intent forbidden"]["share"] == 0.5
    assert scores["refusal precision"]["all"]["share"] == 1
    assert "intent forbidden" not in scores["refusal precision"]
    assert found["confusion"] == {"turn_on": {"turn_on": 2, "turn_off": 1}, "forbidden": {"forbidden": 1, "turn_on": 1}}
    assert engine.previous == ["", "", ON.format("Q"), "", ""]
    assert found["steps_per_token"] == 0.5


async def test_misses_with_a_wrong_effect_come_first_and_of_these_the_surest() -> None:
    report = Report()
    await judge_generated(Scripted(ANSWERS), LINES, report)
    misses = report.as_dict()["misses"]
    assert [miss["say"] for miss in misses] == ["three", "five", "two"]
    assert [miss["same effect"] for miss in misses] == [False, False, True]
    assert [miss["fault"] for miss in misses] == ["refused", "wider or reversed", None], "the home has no C"


async def test_what_changes_no_light_now_counts_as_a_refusal() -> None:
    """Whether it is wanted or found: questions, undoing, and what the house cannot do yet."""
    timed = f"- after: 5 minutes\n{ON.format('A')}"
    wanted = {
        "describe": "- action: batti.describe\n  target:\n    - A\n",
        "undo": "- action: batti.undo\n",
        "later": timed,
        "forbidden": REFUSED,
        "reply": "- answer: yes\n",
        "light": ON.format("A"),
        "brief": ON.format("A"),
    }
    found = wanted | {"forbidden": timed, "reply": ON.format("A"), "brief": f"{ON.format('A')}  for: 10 minutes\n"}
    report = Report()
    await judge_generated(Scripted(found), [line(text, answer) for text, answer in wanted.items()], report)
    scores = report.as_dict()["scores"]
    assert scores["refusal recall"]["all"]["n"] == 5
    assert scores["refusal recall"]["all"]["share"] == pytest.approx(4 / 5)
    assert scores["refusal precision"]["all"]["n"] == 5
    assert scores["refusal precision"]["all"]["share"] == pytest.approx(4 / 5)
    assert scores["effect"]["all"]["share"] == pytest.approx(5 / 7)
    assert report.confusion["forbidden"] == {"conversation or routine": 1}


async def test_sentences_written_by_hand() -> None:
    home, _ = judging.cases_of(judging.NATURAL / "tiny_studio.yaml")
    report, engine = Report(), Scripted({"bala": ON.format("ALL")})
    everything = {light.entity_id: "on" for light in home.lights}
    await judge_case(engine, home, {"say": "sabai bala", "expect": everything, "tags": ["romanised"]}, report)
    await judge_case(engine, home, {"say": "sabai nabala", "expect": {}, "why": "forbidden"}, report)
    await judge_case(engine, home, {"say": "nibhau", "state": everything, "expect": {"light.ceiling": "off"}}, report)
    found = report.as_dict()
    assert found["scores"]["effect"]["commands"]["share"] == 0.5
    assert found["scores"]["effect"]["script romanised"]["share"] == 1
    assert [found["scores"][wrong]["all"]["share"] for wrong in ("wider or reversed", "other wrong")] == [1 / 3, 0]
    assert {miss["say"]: miss["fault"] for miss in found["misses"]} == {
        "sabai nabala": "wider or reversed",
        "nibhau": "refused",
    }
    assert found["confusion"] == {"commands": {"commands": 1, "refusal": 1}, "refusal": {"commands": 1}}
    assert found["scores"]["refusal precision"]["all"]["share"] == 0
    assert len(report.times_ms) == 3
    assert found["milliseconds"]["median"] <= found["milliseconds"]["95%"]


async def test_all_sets_are_judged_each_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = "home: tiny_studio\ncases:\n  - {say: batti nabala hai, expect: {}, why: forbidden}\n"
    for name in ("natural", "exam"):
        await asyncio.to_thread((tmp_path / name).mkdir)
        await asyncio.to_thread((tmp_path / name / "one.yaml").write_text, case)
    monkeypatch.setattr(judging, "OUT", tmp_path / "no data set")
    monkeypatch.setattr(judging, "NATURAL", tmp_path / "natural")
    monkeypatch.setattr(judging, "EXAM", tmp_path / "exam")
    path = tmp_path / "test.jsonl"
    await asyncio.to_thread(path.write_text, "".join(json.dumps(one) + "\n" for one in LINES))
    reports = await judge(Scripted(ANSWERS), options_of(["--generated", str(path), "--most", "2"]))
    assert {title: len(report.answers) for title, report in reports.items()} == {
        "generated test": 2,
        "natural sentences": 1,
        "exam sentences": 1,
    }
    monkeypatch.setattr(judging, "EXAM", tmp_path / "absent")
    assert list(await judge(Scripted({}), options_of([]))) == ["natural sentences"]
    given = options_of(["--cases", str(tmp_path / "exam" / "one.yaml")])
    assert list(await judge(Scripted({}), given)) == ["given sentences"]


async def test_a_report_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    await judge_generated(Scripted(ANSWERS), LINES * 3, report)
    show("generated test", report.as_dict(), 1)
    shown = capsys.readouterr().out
    assert "60.0%" in shown
    assert "three" in shown
    assert "'two'" not in shown


def test_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(judging, "OUT", tmp_path)
    assert options_of([]).generated is None
    (tmp_path / "test.jsonl").touch()
    assert options_of([]).generated == tmp_path / "test.jsonl"
    assert options_of(["--cases", "some.yaml"]).generated is None
    assert (options_of([]).misses, options_of(["--misses"]).misses, options_of(["--misses", "7"]).misses) == (0, 40, 7)
    monkeypatch.setattr(judging.plotting, "possible", lambda: False)
    with pytest.raises(SystemExit, match=r"^2$"):
        options_of(["--plots", "somewhere"])
    assert "matplotlib" in capsys.readouterr().err
