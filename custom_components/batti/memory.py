"""The last plan of each conversation, so that `ajhai kam gara` knows which light was meant."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from .interpreter import Previous

KEPT = 300.0  # seconds; Home Assistant ends a silent conversation after the same time
MOST = 50  # conversations


class Memory:
    """Keeps each plan for `KEPT` seconds; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Start empty."""
        self._clock = clock
        self._plans: dict[str, tuple[float, Previous]] = {}

    def recall(self, conversation_id: str) -> Previous | None:
        """The conversation's last plan, if it is not too old."""
        told, previous = self._plans.get(conversation_id, (0.0, None))
        return previous if previous is not None and self._clock() - told < KEPT else None

    def keep(self, conversation_id: str, previous: Previous | None) -> None:
        """Replace a conversation's last plan; if there are too many conversations, forget the oldest."""
        self._plans.pop(conversation_id, None)
        if previous is not None:
            self._plans[conversation_id] = (self._clock(), previous)
            while len(self._plans) > MOST:
                del self._plans[next(iter(self._plans))]
