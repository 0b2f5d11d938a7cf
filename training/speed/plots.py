"""Plots of what `benchmark.py` measured: latency, tokens a second, memory, energy.

.venv-training/bin/python -m training.speed.plots speed.json plots        # from what benchmark --json wrote
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import plotting

_GROUPS = {
    "latency": ({"cold_ms": "cold", "cold_saved_ms": "cold, state saved", "warm_ms": "warm"}, "milliseconds to a plan"),
    "tokens": ({"prefill_tokens_per_s": "of sentences", "decode_tokens_per_s": "of answers"}, "tokens a second"),
    "memory": ({"peak_bytes": "peak"}, "megabytes"),
    "energy": ({"joules": "of the whole processor"}, "joules a sentence"),
}
_UNITS = {"peak_bytes": 1e-6}


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write PNG files, except for what was not measured. Call it through `plotting.write`, in case matplotlib is missing."""
    rows = results["rows"]
    for name, (metrics, unit) in _GROUPS.items():
        if any(row[metric] is None for row in rows for metric in metrics):
            continue
        size = 9, 1.5 + 0.4 * len(rows) * len(metrics)
        with plotting.figure(folder / f"speed_{name}.png", size=size, dpi=120) as figure:
            (axes,) = figure.axes
            _bars(axes, rows, metrics)
            if len(metrics) > 1:
                figure.legend(loc="outside lower center", ncols=len(metrics))
            axes.set(xlabel=unit, title=f"{name}: {results['machine']}")


def _bars(axes: Any, rows: list[dict[str, Any]], metrics: dict[str, str]) -> None:
    """A group of bars for each row; warm times have an error bar up to the 95th percentile."""
    height = 0.8 / len(metrics)
    for number, (metric, label) in enumerate(metrics.items()):
        places = [at + height * (number - (len(metrics) - 1) / 2) for at in range(len(rows))]
        values = [row[metric] * _UNITS.get(metric, 1) for row in rows]
        above = [row["warm_95_ms"] - row["warm_ms"] for row in rows] if metric == "warm_ms" else None
        bars = axes.barh(places, values, height, xerr=([0] * len(rows), above) if above else None, label=label)
        axes.bar_label(bars, [f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in values], padding=3)
    axes.set_yticks(
        range(len(rows)),
        [f"{row['model']}, {row['engine']}\n{row['style']}, {_threads(row['threads'])}" for row in rows],
    )
    axes.invert_yaxis()
    largest, smallest = (pick(row[metric] for row in rows for metric in metrics) for pick in (max, min))
    if smallest and largest > 20 * smallest:
        axes.set(xscale="log", xlim=(smallest / 2, 3 * largest))
    else:
        axes.margins(x=0.15)


def _threads(count: int | None) -> str:
    return "threads as the engine chose" if count is None else f"{count} thread{'s' if count > 1 else ''}"


if __name__ == "__main__":
    plotting.main(draw, __doc__)
