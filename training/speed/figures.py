"""The measurements of a model's speed, and how they are shown and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


@dataclass
class Speed:
    """The measurements of one setup. `_ms` are milliseconds; medians unless stated otherwise.

    Attributes:
        model: the file's name.
        style: the prompt, a `prompt.Style`.
        threads: None if the engine chose.
        dictated: whether its answers were given.
        cold_ms: from process start to the first plan, without a saved state; `cold_load_ms` is the part until the model
            was ready.
        cold_saved_ms, cold_saved_load_ms: the same with a saved state.
        warm_ms, warm_95_ms: for later plans, median and 95th percentile.
        prefill_tokens_per_s: prompt tokens of sentences (the fixed part of the prompt is evaluated before).
        decode_tokens_per_s: answer tokens, including those that the grammar forced.
        step_ms: mean time of a model evaluation during an answer.
        prompt_tokens, answer_tokens, steps: medians per sentence.
        peak_bytes: peak memory of any of its processes; None if it cannot be read.
        joules: per sentence, of the whole processor; None if they cannot be read.
        failed: sentences whose answer did not end; the other warm figures leave them out.
        times_ms: all single times.
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
        """One of `METRICS`; None if it could not be measured."""
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
    """Each figure divided by that of the first row; None if either was not measured, or the first is 0."""
    found: dict[str, float | None] = {}
    for metric in METRICS:
        ours, theirs = row.value(metric), first.value(metric)
        found[metric] = ours / theirs if ours is not None and theirs else None
    return found


def ninety_fifth(values: Iterable[float]) -> float:
    """The 95th percentile, interpolated between values."""
    return float(np.percentile(list(values), 95))
