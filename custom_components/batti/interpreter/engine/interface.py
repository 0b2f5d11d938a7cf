"""The interface of every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer of the model.

    Attributes:
        text: whole lines of the output language, each ending in a newline.
        confidence: product of the model's unconstrained probabilities at every choice, 0..1.
        unknown: names in `text` that are not among the labels, in the order written.
        steps: evaluations of the model after the prefill.
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


class Binding(StrEnum):
    """The Python package that brings llama.cpp into our process, by its name in the package index."""

    LLAMA_CPP_PYTHON = "llama-cpp-python"  # llama.cpp's own functions
    XLLAMACPP = "xllamacpp"  # llama.cpp's server; the ready engine, a wheel for every platform of Home Assistant


class EngineState(StrEnum):
    """Whether a model can be asked."""

    STOPPED = "stopped"  # not started yet, or ended for good
    LOADING = "loading"
    READY = "ready"
    UNLOADED = "unloaded"  # its memory was freed; the next command loads it again
    FAILED = "failed"  # the last start or command failed; the next command tries again
    UNREACHABLE = "unreachable"  # a server that does not answer


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model that is ready.

    Attributes:
        engine: the program and its version.
        style: which prompt the model gets, a `prompt.Style`.
        prompt_version: the version of the prompt that it was trained on; None for a stock model.
        parameters: number of its parameters.
        context: context size, in tokens: for a prompt and its answer together.
        prefix_tokens: tokens of the prompt's fixed part, evaluated once.
        load_ms: time to load it, milliseconds; None if unknown.
    """

    engine: str
    style: str
    prompt_version: str | None
    parameters: int
    context: int
    prefix_tokens: int
    load_ms: float | None = None


class Engine(Protocol):
    """A model that can be asked; calls may overlap, an engine queues them."""

    async def start(self) -> None:
        """Get ready to answer; `generate` also does this if needed.

        Raises:
            EngineError: the engine or its model cannot be used.
        """

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        """Answer one marked sentence.

        Args:
            sentence: folded text, with markers in place of names of the home.
            labels: the markers in the sentence and in `previous`.
            deadline: seconds that this call may take, including its wait.
            previous: the lines before that this sentence may refer to; see `prompt.user`.

        Raises:
            EngineError: there is no answer; the message says why.
        """

    async def stop(self) -> None:
        """End the engine and free its memory."""


class WatchedEngine(Engine, Protocol):
    """An engine that reports its state.

    Attributes:
        on_change: called whenever `state` has changed.
    """

    on_change: Callable[[], None]

    @property
    def state(self) -> EngineState:
        """Whether the model can be asked."""

    @property
    def info(self) -> ModelInfo | None:
        """What is known of the model; None before it was first ready."""

    @property
    def pid(self) -> int | None:
        """Id of the process that holds the model in this computer's memory; None if there is none."""
