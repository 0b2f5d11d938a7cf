"""The interpreter: a sentence and a home in, a plan out. Does not use Home Assistant.

text ─ fold ─ labels (brackets around this home's names) ─ engine (the model, held to the grammar) ─ resolve ─ Plan
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING

from .home import Home
from .language.grammar import SURE, Refusal
from .language.plan import Plan
from .names.mentions import Labels
from .resolve import Previous, resolve
from .words.fold import fold

if TYPE_CHECKING:
    from .engine.interface import Engine

DEADLINE = 10.0  # seconds for one command, including its wait for others

__all__ = ["Home", "Interpretation", "Plan", "Previous", "Turn", "interpret"]


@dataclass(frozen=True)
class Turn:
    """What is known besides the sentence: the speaker's area and the previous plan."""

    area_id: str | None = None
    previous: Previous | None = None


@dataclass(frozen=True)
class Interpretation:
    """A plan, and how it was made. `confidence` is a probability; timings are in milliseconds, by step.

    `previous` is for the `Turn` of the speaker's next sentence: this plan, or the one before if this changes no light.
    """

    plan: Plan
    written: str
    confidence: float
    steps: int
    tokens: int
    timings_ms: dict[str, float]
    previous: Previous | None = None

    @property
    def yaml(self) -> str:
        """The plan as Home Assistant YAML."""
        return self.plan.to_yaml()


async def interpret(
    text: str, home: Home, engine: Engine, turn: Turn | None = None, deadline: float = DEADLINE
) -> Interpretation:
    """Find out what a sentence asks for.

    Raises:
        EngineError: the model could not answer (see `errors.py` for its kinds).
    """
    turn = turn or Turn()
    started = perf_counter()
    folded = fold(text)
    at_fold = perf_counter()
    # Indexing a changed home takes up to 0.2 s, so do it in a thread: the event loop must not wait.
    labels = await asyncio.to_thread(labels_of, home)
    marked = labels.mark(folded)
    at_labels = perf_counter()
    before = turn.previous
    names = list(dict.fromkeys((*marked.labels, *(before.things if before else ()))))
    generation = await engine.generate(marked.text, names, deadline, before.written if before else "")
    at_model = perf_counter()
    plan = resolve(generation.text, marked, home, turn.area_id, before)
    if plan.calls and generation.confidence < SURE:
        plan = Plan(refusal=Refusal.UNCLEAR)  # the answer asks the speaker to say it again
    ended = perf_counter()
    seconds = {
        "fold": at_fold - started,
        "labels": at_labels - at_fold,
        "model": at_model - at_labels,
        "plan": ended - at_model,
        "total": ended - started,
    }
    timings = {step: round(1000 * value, 3) for step, value in seconds.items()}
    timings |= {"prefill": generation.prefill_ms, "decode": generation.decode_ms}
    following = Previous.of(generation.text, marked, before) if plan.calls else before
    return Interpretation(
        plan, generation.text, generation.confidence, generation.steps, generation.tokens, timings, following
    )


@lru_cache(maxsize=8)
def labels_of(home: Home) -> Labels:
    """The labels of a home; an unchanged home is indexed only once."""
    return Labels(home)
