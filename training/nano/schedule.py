"""The learning rate over a training: warm-up, constant, decay.

A training may take several sittings. One that runs out of time decays too, so that it ends in a usable model; the next one
continues from where the decay began, at the constant rate. Source: Hu et al., MiniCPM (2024), "warmup-stable-decay".

>>> schedule = Schedule(steps=100, warm_up=0.1, decay=0.2, floor=0.0)
>>> [schedule.rate(step) for step in (0, 5, 10, 80, 90, 100)]
[0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
>>> schedule.rate(50, out_of_time=0.5)
0.5
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Factors of the learning rate.

    Attributes:
        steps: of the whole training.
        warm_up: share of the steps in which the rate rises from 0.
        decay: share of the steps in which it falls at the end; of the time, in a sitting that has not enough.
        floor: the factor at the end.
    """

    steps: int
    warm_up: float
    decay: float
    floor: float

    def rate(self, step: int, out_of_time: float = 0.0) -> float:
        """The factor at a step; `out_of_time` is how much of a sitting's own decay is over, 0..1."""
        rise = min(1.0, step / max(1, int(self.steps * self.warm_up)))
        fall = max(self._decayed(step), out_of_time)
        return rise * (1 - (1 - self.floor) * fall)

    def out_of_time(self, elapsed: float, limit: float | None) -> float:
        """How much of a sitting's own decay is over, 0..1, after `elapsed` of its `limit` of seconds; None or 0: no limit."""
        if not limit:
            return 0.0
        length = self.decay * limit
        left = max(0.0, limit - elapsed)
        return 1 - min(1.0, left / length) if length else float(not left)

    def _decayed(self, step: int) -> float:
        last = max(1, int(self.steps * self.decay))
        return min(1.0, max(0.0, (step - (self.steps - last)) / last))
