"""What is measured of a model's speed, and how it is written down and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


@dataclass
class Speed:
    """What was measured of one setup. `_ms` are milliseconds, medians where nothing else is said.

    Attributes:
        model: the file's name.
        style: how it is addressed, a `prompt.Style`.
        threads: None where the engine chose.
        dictated: whether its answers were given.
        cold_ms: to the first plan, no state saved; `cold_load_ms` of it until the model was ready to be asked.
        cold_saved_ms, cold_saved_load_ms: the same with a saved state.
        warm_ms, warm_95_ms: to later plans, median and 95th percentile.
        prefill_tokens_per_s: tokens of sentences (the fixed part is evaluated before).
        decode_tokens_per_s: tokens of answers, those that were forced included.
        step_ms: mean time of an evaluation of the model while it answers.
        prompt_tokens, answer_tokens, steps: medians of a sentence.
        peak_bytes: the most memory that one of its processes took; None where that cannot be read.
        joules: of a sentence, the whole processor's; None where that cannot be read.
        failed: sentences to which it wrote no end; they are in no other figure of the warm ones.
        times_ms: everything timed, for whoever wants more than the medians.
    """

    model: str
    file_bytes: int
    parameters: int
    engine: str
    style: str
    threads: int | None
    dictated: bool
    cold_ms: float
    cold_load_ms: float
    cold_saved_ms: float
    cold_saved_load_ms: float
    warm_ms: float
    warm_95_ms: float
    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    step_ms: float
    prompt_tokens: float
    answer_tokens: float
    steps: float
    peak_bytes: int | None
    joules: float | None
    failed: int
    times_ms: dict[str, list[float]] = field(repr=False)

    def value(self, metric: str) -> float | None:
        """One of `METRICS`; None where it could not be measured."""
        value: float | None = getattr(self, metric)
        return value


class Metric(NamedTuple):
    """How a figure is shown."""

    heading: str
    show: Callable[[float], str]


METRICS = {
    "cold_ms": Metric("cold ms", "{:.0f}".format),
    "cold_saved_ms": Metric("cold ms, saved", "{:.0f}".format),
    "warm_ms": Metric("median ms", "{:.1f}".format),
    "warm_95_ms": Metric("95% ms", "{:.1f}".format),
    "prefill_tokens_per_s": Metric("prompt tokens/s", "{:,.0f}".format),
    "decode_tokens_per_s": Metric("answer tokens/s", "{:,.0f}".format),
    "step_ms": Metric("ms a step", "{:.2f}".format),
    "peak_bytes": Metric("peak MB", lambda value: f"{value / 1e6:,.0f}"),
    "joules": Metric("J a sentence", "{:.2f}".format),
}


def ratios(row: Speed, first: Speed) -> dict[str, float | None]:
    """How many times the first row's each figure is; None where either could not be measured, or the first is nothing."""
    found: dict[str, float | None] = {}
    for metric in METRICS:
        ours, theirs = row.value(metric), first.value(metric)
        found[metric] = ours / theirs if ours is not None and theirs else None
    return found


def ninety_fifth(values: Iterable[float]) -> float:
    """The 95th percentile, between two values where it falls there."""
    return float(np.percentile(list(values), 95))
