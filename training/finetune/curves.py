"""The learning curves of a fine-tuning run: loss and exact match by step, as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import plotting


def draw(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the curves from the trainer's log (`TrainerState.log_history`)."""
    with plotting.figure(path, 2, size=(11, 4), dpi=110) as figure:
        losses, matches = figure.axes
        _line(losses, history, "loss", "training, on answers")
        _line(losses, history, "eval_loss", "validation")
        losses.set(xlabel="step", ylabel="loss", yscale="log")
        losses.legend()
        _line(matches, history, "eval_exact_match", "validation, greedy, without the grammar")
        matches.set(xlabel="step", ylabel="exact match", ylim=(-0.02, 1.02))
        matches.legend()


def _line(axes: Any, history: Sequence[dict[str, Any]], key: str, label: str) -> None:
    points = [(entry["step"], entry[key]) for entry in history if key in entry]
    axes.plot(*zip(*points, strict=True) if points else ((), ()), marker="o" if len(points) < 50 else "", label=label)
