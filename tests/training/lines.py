"""Lines of the data set, held against the output language."""

from __future__ import annotations

from collections.abc import Collection

from custom_components.batti.interpreter.language.grammar import Grammar
from custom_components.batti.interpreter.language.items import LABEL_PREFIX, RECURRING, SPECIAL_LABELS
from tests.interpreter.engine.language import problem


def unknown(answer: str, labels: Collection[str]) -> list[str]:
    """The names in an answer that the home has not, in order; they stand in it as they were said."""
    written = (line.removeprefix(LABEL_PREFIX) for line in answer.splitlines() if line.startswith(LABEL_PREFIX))
    return [name for name in written if name not in (*labels, *SPECIAL_LABELS, *RECURRING)]


def wrong(answer: str, labels: Collection[str]) -> str | None:
    """What is wrong with an answer, None where nothing is."""
    return problem(Grammar(list(labels)), answer, unknown(answer, labels))
