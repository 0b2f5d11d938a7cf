"""The interpreter: a sentence and a home in, a plan out. Does not use Home Assistant.

text ─ words (fold) ─ names (markers for this home's) ─ engine (the model, held to language/grammar) ─ resolve ─ Plan
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .home import Home
from .language.grammar import SURE
from .language.items import Refusal
from .language.plan import Plan
from .resolve import Previous, resolve
from .stopwatch import Stopwatch
from .words.fold import fold

if TYPE_CHECKING:
    from .engine.interface import Engine
    from .names.index import NameIndex

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
        PlanError: the model's lines are not in the output language; an engine that holds it to the grammar rules that out.
    """
    turn = turn or Turn()
    before = turn.previous
    watch = Stopwatch()
    with watch.step("fold"):
        folded = fold(text)
    with watch.step("labels"):
        # Indexing a changed home of 500 lights takes most of a second, so do it in a thread: the event loop must not wait.
        marked = (await asyncio.to_thread(index_of, home)).mark(folded)
    with watch.step("model"):
        labels = list(dict.fromkeys((*marked.labels, *(before.things if before else ()))))
        found = await engine.generate(marked.text, labels, deadline, before.written if before else "")
    with watch.step("plan"):
        plan = resolve(found.text, marked, home, turn.area_id, before)
        if plan.calls and found.confidence < SURE:
            plan = Plan(refusal=Refusal.UNCLEAR)  # the answer asks the speaker to say it again
    timings = watch.timings_ms() | {"prefill": found.prefill_ms, "decode": found.decode_ms}
    following = Previous.of(found.text, marked, before, plan) if plan.calls else before
    return Interpretation(plan, found.text, found.confidence, found.steps, found.tokens, timings, following)


@lru_cache(maxsize=8)
def index_of(home: Home) -> NameIndex:
    """The names of a home; an unchanged home is indexed only once."""
    # Here, because the engine's process imports this package too: rapidfuzz, which the index uses, crashes xllamacpp 0.2
    # where it is loaded before it.
    from .names.index import NameIndex

    return NameIndex(home)
