"""What every engine gives and takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer of the model.

    Attributes:
        text: whole lines of the output language, each ending in a newline.
        confidence: product of the model's own probabilities at every choice, 0..1.
        unknown: names in `text` that the model heard and the labels do not have, in the order written.
        steps: evaluations of the model after the prompt's.
        tokens: tokens of `text`.
        prompt_tokens: tokens of the whole prompt, of which `reused_tokens` were already evaluated.
        prefill_ms: time for the prompt, milliseconds.
        decode_ms: time for the answer, milliseconds.
    """

    text: str
    confidence: float
    unknown: tuple[str, ...]
    steps: int
    tokens: int
    prompt_tokens: int
    reused_tokens: int
    prefill_ms: float
    decode_ms: float


class Engine(Protocol):
    """A model that can be asked; calls may overlap, an engine queues them."""

    async def start(self) -> None:
        """Get ready to answer; `generate` also does this where it is needed.

        Raises:
            EngineError: the engine or its model cannot be used.
        """

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        """Answer one marked sentence.

        Args:
            sentence: folded text, names of the home in brackets.
            labels: the names, as written in the sentence or in `previous`.
            deadline: seconds that this call may take, waiting included.
            previous: the text of the answer before, where this sentence may follow on from it.

        Raises:
            EngineError: no answer, and why.
        """

    async def stop(self) -> None:
        """End the engine and free its memory."""
