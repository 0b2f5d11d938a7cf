"""Tries an engine out: a model that gets through one sentence works."""

from __future__ import annotations

from . import EXAMPLE_HOME, EXAMPLE_SENTENCE
from .interpreter import Interpretation, interpret
from .interpreter.engine.base import Engine

DEADLINE = 180.0  # seconds; a large model evaluates its long prompt for the first time


async def tried(engine: Engine) -> Interpretation:
    """Have a model understand a sentence, then end it.

    Raises:
        EngineError: it does not get through one.
    """
    try:
        await engine.start()
        return await interpret(EXAMPLE_SENTENCE, EXAMPLE_HOME, engine, deadline=DEADLINE)
    finally:
        await engine.stop()
