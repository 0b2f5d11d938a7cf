"""Plots of what `judging.py` measured: effect by slice, reliability, thresholds, confusion.

.venv-training/bin/python -m training.evaluate.plots results.json plots        # from what evaluate --json wrote
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import plotting
from .scoring import CLASSES, ENOUGH

_MIN_SENTENCES = 10  # sentences in a slice that gets a point


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write the plots of all reports as PNG files. Call it through `plotting.write`, in case there is no matplotlib here."""
    for title, report in results.items():
        for name, plot in _PLOTS.items():
            path = folder / f"{title.replace(' ', '_')}_{name}.png"
            with plotting.figure(path, size=(8, 5), dpi=120) as figure:
                (axes,) = figure.axes
                plot(figure, axes, report)
                axes.set_title(f"{title}: {name}")


def _effect(figure: Any, axes: Any, report: dict[str, Any]) -> None:
    """Effect by slice, with 95% intervals."""
    slices = {name: one for name, one in report["scores"]["effect"].items() if one["n"] >= _MIN_SENTENCES}
    shares = [one["share"] for one in slices.values()]
    figure.set_size_inches(8, 1.5 + 0.24 * len(slices))
    below = [max(0.0, one["share"] - one["low"]) for one in slices.values()]
    above = [max(0.0, one["high"] - one["share"]) for one in slices.values()]
    axes.errorbar(shares, range(len(slices)), xerr=(below, above), fmt="o", capsize=2)
    axes.set_yticks(range(len(slices)), [f"{name} ({one['n']})" for name, one in slices.items()])
    axes.invert_yaxis()
    axes.set_xlabel("share with the right effect, and its 95% interval")
    axes.grid(axis="x", alpha=0.3)


def _reliability(_figure: Any, axes: Any, report: dict[str, Any]) -> None:
    """Share right by mean confidence, in bins of equal count."""
    bins = report["calibration"]["bins"]
    shares = [one["share"] for one in bins]
    below = [max(0.0, one["share"] - one["low"]) for one in bins]
    above = [max(0.0, one["high"] - one["share"]) for one in bins]
    axes.plot((0, 1), (0, 1), color="grey", linestyle="--", label="as sure as right")
    axes.errorbar([one["confidence"] for one in bins], shares, yerr=(below, above), fmt="o-", capsize=2)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="mean confidence of the bin", ylabel="share with the right effect")
    axes.legend()


def _thresholds(_figure: Any, axes: Any, report: dict[str, Any]) -> None:
    """Coverage and share right by threshold."""
    rows, enough = report["calibration"]["thresholds"], report["calibration"]["enough"]
    at = [row["threshold"] for row in rows]
    axes.plot(at, [row["coverage"] for row in rows], "s--", label="coverage: share of answers above")
    axes.plot(at, [row["share"] for row in rows], "o-", color="tab:orange", label="right of these")
    axes.fill_between(at, [row["low"] for row in rows], [row["high"] for row in rows], color="tab:orange", alpha=0.2)
    if enough:
        label = f"{ENOUGH:.0%} right from {enough['threshold']:.3f}"
        axes.axvline(enough["threshold"], color="grey", linestyle=":", label=label)
    axes.set(ylim=(0, 1.02), xlabel="threshold of the confidence", ylabel="share")
    axes.grid(alpha=0.3)
    axes.legend()


def _confusion(figure: Any, axes: Any, report: dict[str, Any]) -> None:
    """The confusion matrix: counts, coloured by their share of the row."""
    counts: dict[str, dict[str, int]] = report["confusion"]
    names = {name for wanted, row in counts.items() for name in (wanted, *row)}
    order = [*(name for name in CLASSES if name in names), *sorted(names - set(CLASSES))]
    figure.set_size_inches(3 + 0.6 * len(order), 2 + 0.5 * len(order))
    rows = [[counts.get(wanted, {}).get(found, 0) for found in order] for wanted in order]
    axes.imshow([[count / max(1, sum(row)) for count in row] for row in rows], cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(rows):
        for x, count in enumerate(row):
            if count:
                axes.text(
                    x, y, count, ha="center", va="center", color="white" if count > 0.6 * sum(row) else "black", size=8
                )
    axes.set_xticks(range(len(order)), order, rotation=45, ha="right")
    axes.set_yticks(range(len(order)), order)
    axes.set(xlabel="found", ylabel="wanted")


_PLOTS: dict[str, Callable[[Any, Any, dict[str, Any]], None]] = {
    "effect": _effect,
    "reliability": _reliability,
    "thresholds": _thresholds,
    "confusion": _confusion,
}


if __name__ == "__main__":
    plotting.main(draw, __doc__)
