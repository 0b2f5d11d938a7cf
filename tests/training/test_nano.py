"""The trainer of the bundled model: sittings that end in a usable model, and go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import pytest
import yaml

from custom_components.batti.interpreter.language import prompt
from training.nano.schedule import Schedule

from . import child

RECIPE: dict[str, Any] = {
    "seed": 1,
    "data": {"sentences": 700},
    "tokenizer": {"size": 900, "scatter": {"share": 0.3, "dropout": 0.12}},
    "model": {"width": 32, "layers": 1, "heads": 2, "hidden": 64, "context": 512},
    "training": {
        "epochs": 400,  # more than there is time for
        "tokens_per_step": 2048,
        "learning_rate": 0.004,
        "warm_up": 0.03,
        "decay": 0.2,
        "floor": 0.02,
        "weight_decay": 0.05,
        "clip": 1.0,
        "average": 0.9,
    },
}


def test_a_sitting_with_time_for_everything_decays_once() -> None:
    schedule = Schedule(steps=1000, warm_up=0.1, decay=0.2, floor=0.1)
    rates = [schedule.rate(step) for step in range(1001)]
    assert rates[:101] == sorted(rates[:101])
    assert set(rates[100:801]) == {1.0}
    assert rates[800:] == sorted(rates[800:], reverse=True)
    assert rates[-1] == pytest.approx(0.1)


@pytest.mark.parametrize(("elapsed", "over"), [(0, 0.0), (79, 0.0), (80, 0.0), (90, 0.5), (100, 1.0), (130, 1.0)])
def test_a_sitting_without_time_decays_by_the_clock(elapsed: float, over: float) -> None:
    schedule = Schedule(steps=1000, warm_up=0.1, decay=0.2, floor=0.0)
    assert schedule.out_of_time(elapsed, 100) == pytest.approx(over)
    assert schedule.out_of_time(elapsed, None) == 0
    assert schedule.rate(500, over) == pytest.approx(1 - over)
    assert Schedule(steps=1000, warm_up=0, decay=0, floor=0).out_of_time(elapsed, 100) == (elapsed >= 100)


@pytest.mark.usefixtures("training_python")
def test_two_sittings(tmp_path: Path) -> None:
    """The first ends before its time is over, the second continues at the constant rate; both leave a model."""
    recipe, run, out = tmp_path / "recipe.yaml", tmp_path / "run", tmp_path / "model.gguf"
    recipe.write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    command = ("-m", "training.nano", "--recipe", recipe, "--run", run, "--data", tmp_path / "data", "--out", out)
    losses, steps = [], []
    for _ in range(2):
        # Compiling takes longer than these steps.
        said = child.run(*command, "--minutes", "0.1", timeout=300, TORCHDYNAMO_DISABLE="1")
        assert f"{out}: {out.stat().st_size:,} bytes" in said
        fields = gguf.GGUFReader(out).fields
        assert fields["batti.prompt_version"].contents() == prompt.VERSION
        state = child.run("-c", _STATE, run / "checkpoint.pt", timeout=60).split()
        steps.append(int(state[0]))
        losses.append(float(state[1]))
        out.unlink()
    assert 0 < steps[0] < steps[1]
    assert losses[1] < losses[0]


_STATE = """
import sys, torch
state = torch.load(sys.argv[1], weights_only=True)
print(state["step"], sum(state["losses"][-5:]) / 5)
"""
