"""Times the steps of one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Runs from its making; `timings_ms` has what each step took, and the total."""

    def __init__(self) -> None:
        """Start."""
        self._started = perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step."""
        started = perf_counter()
        yield
        self._steps[name] = perf_counter() - started

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by step, and the `total` until now."""
        seconds = self._steps | {"total": perf_counter() - self._started}
        return {step: round(1000 * value, 3) for step, value in seconds.items()}
