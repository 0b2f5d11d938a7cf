"""`training.tune` with something in the place of fine-tuning that takes no time; started by `test_tune.py`.

The variable PRETEND says in JSON what happens to which trials, by the names of their folders: `killed` (before which of its
evaluations the process dies), `failing`, `diverging`, `exact` (what they match exactly; otherwise 0), `waiting` (for a file
`go`). Every run appends a line to `runs.jsonl`: the trial, the step that it began with, the recipe.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from training.tune import command

EVALUATIONS = 5
STEPS = 10  # between them
PRETEND = json.loads(os.environ["PRETEND"])


def finetune(
    recipe: dict[str, Any], data: Path, out: Path, *, report: Callable[[int, dict[str, float]], None]
) -> SimpleNamespace:
    """Comes down to a loss that follows from the recipe; keeps how far it is in a file, and goes on from there."""
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, name = out / "checkpoint", out.name
    begin = int(checkpoint.read_text()) if checkpoint.exists() else 0
    with (out.parents[1] / "runs.jsonl").open("a") as file:
        file.write(json.dumps({"trial": name, "begin": begin, "recipe": recipe}) + "\n")
    while name in PRETEND.get("waiting", []) and not (data / "go").exists():
        time.sleep(0.02)
    if name in PRETEND.get("failing", []):
        raise RuntimeError(f"no memory for {name}")
    exact, loss = PRETEND.get("exact", {}).get(name, 0.0), math.inf
    for evaluation in range(begin, EVALUATIONS):
        if PRETEND.get("killed", {}).get(name) == evaluation:
            os.kill(os.getpid(), signal.SIGKILL)
        loss = math.nan if name in PRETEND.get("diverging", []) else _loss(recipe) + 3 * 0.5**evaluation
        checkpoint.write_text(str(evaluation + 1))
        report((evaluation + 1) * STEPS, {"loss": loss, "exact_match": exact})
    return SimpleNamespace(
        adapter=out / "adapter", exact_match=exact, loss=loss, steps=EVALUATIONS * STEPS, seconds=0.0
    )


def _loss(recipe: dict[str, Any]) -> float:
    lora = recipe["lora"]
    far = math.log10(recipe["training"]["learning_rate"]) + 3.5, math.log2(lora["rank"] / 16) / 3
    return sum(distance**2 for distance in far) + lora["dropout"]


if __name__ == "__main__":
    command.main(finetune=finetune)
