"""The model card, from what was measured: nobody writes its numbers by hand.

python -m training.evaluate --card custom_components/batti/models/MODEL_CARD.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

RECIPE = Path(__file__).parent / "recipes" / "nano.yaml"
_FEWEST = 10  # trials of a slice that is worth a line

_HEAD = """\
---
license: mit
language: [ne, en]
tags: [home-assistant, llama.cpp, nepali, code-mixed]
---

# {name}

Turns a sentence to the lights of a home (romanised Nepali, Devanagari, English, mixed; folded and with the home's names
in brackets, as `interpreter/` does it) into Home Assistant light actions. A Llama of {width} x {layers}, {vocabulary:,}
pieces, {bytes:,} bytes at Q8_0, trained from nothing by `training/nano.py` on {sentences:,} generated sentences for
{epochs:g} epochs, then shortly on more of them (`recipes/nano_more.yaml`).

This card is written by `python -m training.evaluate --card`. {machine}

Known weaknesses: it does not do times, rules, questions about lights or undoing yet (it recognises and refuses them); a
name that is spelt far from any spelling that the house knows is refused; small talk around a command can hide it; see the
slices below.
"""


def write(path: Path, model: Path, results: dict[str, Any], machine: str) -> None:
    """Write the card of a model from the results of `evaluate.py`."""
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    head = _HEAD.format(
        name=model.stem,
        bytes=model.stat().st_size,
        vocabulary=recipe["tokenizer"]["size"],
        sentences=recipe["data"]["train"],
        epochs=recipe["training"]["epochs"],
        width=recipe["model"]["width"],
        layers=recipe["model"]["layers"],
        machine=f"Measured on {machine}.",
    )
    path.write_text(
        "\n".join([head, *(_section(title, report) for title, report in results.items())]), encoding="utf-8"
    )


def _section(title: str, report: dict[str, Any]) -> str:
    lines = [f"## {title.capitalize()}", "", "| Metric | Slice | n | Share | 95% interval |", "|---|---|--:|--:|---|"]
    for metric, slices in report["scores"].items():
        for name, one in slices.items():
            if one["n"] >= _FEWEST:
                interval = f"{100 * one['low']:.1f} to {100 * one['high']:.1f}"
                lines.append(f"| {metric} | {name} | {one['n']} | {100 * one['share']:.1f}% | {interval} |")
    if report["partial match"] is not None:
        lines += ["", f"Partial match: {100 * report['partial match']:.1f}%."]
    if report["milliseconds"]:
        times = report["milliseconds"]
        lines += ["", f"Sentence to plan: median {times['median']:.1f} ms, 95% within {times['95%']:.1f} ms."]
    lines += ["", f"Model steps per token written: {report['steps_per_token']:.2f}.", ""]
    return "\n".join(lines)
