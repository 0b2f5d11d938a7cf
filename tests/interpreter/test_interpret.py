"""A sentence and the ones before it, with a model that writes what a test chooses: what it is shown, what is remembered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from custom_components.batti.interpreter import Home, Interpretation, Previous, Turn, interpret
from custom_components.batti.interpreter.engine.interface import Generation
from custom_components.batti.interpreter.language.items import Refusal

HOME = Home.from_dict(
    {
        "areas": [{"area_id": "kitchen", "name": "Bhansa"}, {"area_id": "hall", "name": "Hall"}],
        "lights": [
            {"entity_id": "light.k", "name": "Lamp", "area_id": "kitchen"},
            {"entity_id": "light.h", "name": "Spot", "area_id": "hall"},
        ],
    }
)
DIMMER = "  data:\n    brightness_step_pct: -20\n"


def on(label: str) -> str:
    return f"- action: light.turn_on\n  target:\n    - {label}\n"


class Scripted:
    """Writes the given answers in turn, and keeps what it was asked: sentence, labels and the lines before."""

    def __init__(self, *answers: str, confidence: float = 1.0) -> None:
        self._answers, self._confidence = list(answers), confidence
        self.asked: list[tuple[str, list[str], str]] = []

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        self.asked.append((sentence, list(labels), previous))
        return Generation(self._answers.pop(0), self._confidence, (), 1, 1, 1, 1, 1, 1)


async def say(engine: Scripted, *sentences: str) -> list[Interpretation]:
    """What becomes of sentences that follow on from each other."""
    found: list[Interpretation] = []
    previous: Previous | None = None
    for sentence in sentences:
        found.append(await interpret(sentence, HOME, engine, Turn(None, previous)))
        previous = found[-1].previous
    return found


async def test_the_model_is_shown_markers_of_both_sentences() -> None:
    engine = Scripted(on("A"), on("Q") + DIMMER, on("A") + DIMMER)
    found = await say(engine, "Bhansa ko batti bala", "ajhai kam gara", "hall ko ni")
    assert engine.asked == [
        ("A ko bati bala", ["A"], ""),
        ("ajai kam gara", ["Q"], on("Q")),
        ("A ko ni", ["A", "Q"], on("Q") + DIMMER),
    ]
    assert [one.plan.to_list()[0]["target"] for one in found] == [
        {"area_id": "kitchen"},
        {"area_id": "kitchen"},
        {"area_id": "hall"},
    ]
    assert found[-1].previous is not None
    assert found[-1].previous.said == {"Q": "hall"}


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        (f"- after: 5 minutes\n{on('A')}", Refusal.LATER),
        ("- answer: yes\n", Refusal.NOT_YET),
        (f"- action: batti.undo\n{on('A')}", Refusal.NOT_YET),
        ("- action: batti.undo\n", None),
        ("[]  # unclear\n", Refusal.UNCLEAR),
    ],
)
async def test_what_changes_no_light_leaves_the_lines_before(written: str, refusal: Refusal | None) -> None:
    """Else a refused sentence would be what the next one refers to."""
    first, second = await say(Scripted(on("A"), written), "bhansa ko batti bala", "hall ko pani")
    assert (second.plan.calls, second.plan.refusal) == ((), refusal)
    assert second.previous is first.previous is not None


async def test_an_unlikely_plan_is_not_run_and_not_remembered() -> None:
    (found,) = await say(Scripted(on("A"), confidence=0.29), "bhansa ko batti bala")
    assert (found.plan.items, found.plan.refusal, found.previous) == ((), Refusal.UNCLEAR, None)
    assert found.written == on("A")
