"""Run by test_finetune.py: fine-tunings of the tiny base, as JSON. The run in `stopped` was begun and killed before."""

import json
import sys
from pathlib import Path

import yaml
from safetensors.torch import load_file

from training.finetune import train


class Pruned(Exception):
    """Raised by a report to end its run."""


def ran(recipe, data, out):
    """One run: its outcome and what it reported."""
    reports = []
    outcome = train.run(recipe, data, out, report=lambda step, scores: reports.append([step, scores]))
    return {"outcome": vars(outcome) | {"adapter": str(outcome.adapter)}, "reports": reports}


def pruned(recipe, data, out):
    """A run that its report ends after its first steps; whether it said so to whoever began it."""

    def report(step, scores):
        if step:
            raise Pruned

    try:
        train.run(recipe, data, out, report=report)
    except Pruned:
        return not (out / "outcome.json").exists()
    return False


def refused(recipe, data, out):
    """What is said to whoever wants to go on with another recipe."""
    try:
        train.run(recipe, data, out)
    except SystemExit as error:
        return str(error)
    return ""


if __name__ == "__main__":
    recipe, data, out = yaml.safe_load(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), Path(sys.argv[3])
    ruinous = {"learning_rate": 10.0, "warm_up": 0, "accumulation": 1, "patience": 2}
    hopeless = recipe | {"base": "nano", "training": recipe["training"] | ruinous}
    facts = {
        "whole": ran(recipe, data, out / "whole"),
        "stopped": ran(recipe, data, out / "stopped"),
        "again": ran(recipe, data, out / "stopped"),
        "hopeless": ran(hopeless, data, out / "hopeless"),
        "another recipe": refused(hopeless, data, out / "whole"),
        "pruned": pruned(recipe, data, out / "pruned"),
    }
    weights = load_file(out / "hopeless" / "adapter" / "adapter_model.safetensors")
    facts["hopeless"]["largest"] = max(value.abs().max().item() for name, value in weights.items() if "lora_B" in name)
    (out / "facts.json").write_text(json.dumps(facts))
