"""The results of `benchmark.py` as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from .figures import METRICS, Speed, ratios
from .meter import Energy
from .stopwatch import Trial

_NONE = "–"


def show(rows: Sequence[Speed], trial: Trial, console: Console) -> None:
    """Print all rows, and the ratio of each to the first."""
    figures = _table(f"{len(trial.cases)} sentences x {trial.repeat}, cold x {trial.starts}")
    compared = _table("times the first row")
    for one in rows:
        name = (one.model.removesuffix(".gguf"), one.engine.split()[0], one.style, str(one.threads or "auto"))
        values = [(metric, one.value(field)) for field, metric in METRICS.items()]
        figures.add_row(*name, *(_NONE if value is None else metric.show(value) for metric, value in values))
        times = ratios(one, rows[0]).values()
        compared.add_row(*name, *(_NONE if value is None else f"{value:.3g}" for value in times))
    for table in (figures, compared):
        console.print(table)
    for note in _notes(rows, trial):
        console.print(note, highlight=False)


def _table(title: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("model", overflow="fold")
    table.add_column("engine")
    table.add_column("prompt")
    for heading in ("threads", *(metric.heading for metric in METRICS.values())):
        table.add_column(heading, justify="right")
    return table


def _notes(rows: Sequence[Speed], trial: Trial) -> Iterator[str]:
    yield "Cold: from the start of the process to its first plan, without and with the saved state of the prompt."
    if any(one.peak_bytes is None for one in rows):
        yield "Peak memory: not readable here."
    yield f"Energy: {energy_of(trial)}."
    if any(one.dictated for one in rows):
        yield "shape: random weights in the shape of Llama 3.2 1B; its answers are those of the first row."
    for one in rows:
        if one.failed:
            yield f"{one.model} wrote no end to {one.failed} answers, which are left out."


def energy_of(trial: Trial) -> str:
    """What the energy figures include, or why there are none."""
    problem = Energy(trial.powercap).problem
    return f"not readable here ({problem})" if problem else "of the whole processor, other work and idling included"
