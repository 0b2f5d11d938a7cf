"""The model card and the plots, from results made up here."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from custom_components.batti.interpreter.engine.gguf_header import read_header
from custom_components.batti.interpreter.language import prompt
from training import plotting
from training.evaluate import card, plots
from training.evaluate.judging import Report
from training.evaluate.scoring import Fault

from ..interpreter.engine.tiny_gguf import write_model


@pytest.fixture
def results() -> dict[str, Any]:
    """Two sets; of 100 sentences 90 are right, of the 50 in Devanagari 40."""
    reports = {title: Report() for title in ("generated test", "exam sentences")}
    for report in reports.values():
        for index in range(100):
            right = index >= 10
            slices = ["all", "script devanagari" if index < 50 else "script romanised"]
            report.count_effect(None if right else Fault.WIDER if index < 4 else Fault.OTHER, slices)
            report.count("partial match", 1 if right else index / 10, slices)
            report.count_refusal(index % 4 == 0, index % 4 == 0, slices)
            report.confusion["turn_on"]["turn_on" if right else "toggle"] += 1
            report.count_work(index / 100, right, 1, 2)
        report.count("effect", False, ["script mixed"] * 5)
    reports["exam sentences"].times_ms += [1.0, 2.0, 3.0]
    return {title: report.as_dict() for title, report in reports.items()}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "batti-test.gguf", width=96, layers=3)


@pytest.fixture
def text(results: dict[str, Any], model: Path, tmp_path: Path) -> str:
    card.write(tmp_path / "card.md", model, results, "one processor")
    return (tmp_path / "card.md").read_text()


def test_the_head(text: str, model: Path) -> None:
    assert text.startswith("---\nlicense: mit\n")
    assert "# batti-test\n" in text
    assert (
        f"A Llama of 96 x 3, {read_header(model).parameters / 1e6:.1f} million parameters, {model.stat().st_size:,} bytes"
        in text
    )
    assert f"(sha256 `{hashlib.sha256(model.read_bytes()).hexdigest()}`)" in text
    assert f"for the prompt `{prompt.VERSION}`" in text
    assert "one processor" in text


def test_slices_have_intervals_and_too_small_ones_no_line(text: str) -> None:
    assert "| Slice | n | Effect | Wider or reversed | Other wrong |" in text
    assert "| script devanagari | 50 | 80.0% (67.0 to 88.8) | 8.0% (3.2 to 18.8) | 12.0% (5.6 to 23.8) |" in text
    assert "script mixed" not in text
    assert "100.0% (86.7 to 100.0) of 25" in text


def test_each_set_has_its_section(text: str) -> None:
    assert "## Generated test" in text
    assert "never looked at before the final run" in text
    assert text.count("median 2.0 ms, 95% within 3.0 ms") == 1


def test_the_confidence(text: str) -> None:
    assert "| 0.5 | 50.0% | 100.0% (92.9 to 100.0) | 50 |" in text
    assert "| 0.10000 (smallest with 99% right) | 90.0% |" in text


def test_the_weakest_slices_are_the_known_weaknesses(text: str) -> None:
    weak = text.partition("## Known weaknesses")[2].partition("\n## ")[0]
    named = [line for line in weak.splitlines() if line.startswith("- ")]
    assert named[0] == "- exam sentences, script devanagari: 80.0% (67.0 to 88.8) of 50"
    assert len(named) == 4
    assert "mixed" not in weak


@pytest.mark.usefixtures("training_python")  # which has matplotlib
def test_plots(results: dict[str, Any], tmp_path: Path) -> None:
    assert plotting.write(plots.draw, results, tmp_path / "plots")
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert len(names) == 8
    assert "exam_sentences_confusion.png" in names
    assert all((tmp_path / "plots" / name).read_bytes().startswith(b"\x89PNG") for name in names)
