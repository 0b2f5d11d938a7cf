"""The interface of a model in this process, for llama.cpp's own functions and for its server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ..errors import EngineError, ModelRefused
from .questions import Question, Reply

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Logits: TypeAlias = "NDArray[np.float32]"  # a string, so that engines without numpy need not import it

ARCHITECTURE = "llama"
# Tokens evaluated at once. llama.cpp reserves logits for each of them: half a megabyte with Llama 3's vocabulary.
MICRO_BATCH = 128
# Below this number of parameters a second thread costs more time than it saves (seen at 12 million, not at 150).
SMALL = 50_000_000
MAX_THREADS = 4


def threads_for(parameters: int, processors: int | None) -> int:
    """The default number of threads: one for a small model, else one per processor, but at most four."""
    return 1 if parameters < SMALL else min(MAX_THREADS, processors or 1)


def check_family(architecture: str | None, path: Path) -> None:
    """Check that a model is a Llama.

    Raises:
        ModelRefused: it is of another family.
    """
    if architecture != ARCHITECTURE:
        raise ModelRefused(f"{path.name} is a model of the {architecture} family; Batti needs a Llama model")


def identity_of(path: Path, engine: str, size: int) -> str:
    """A hash of what a saved state depends on besides its tokens: the file, the program, the context size."""
    stat = path.stat()
    parts = (path.name, stat.st_size, stat.st_mtime_ns, engine, size, MICRO_BATCH)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def only_token(tokens: Sequence[int], text: str, path: Path) -> int:
    """The token of a control token's text.

    Raises:
        ModelRefused: the text has several tokens, so the model has no such control token.
    """
    if len(tokens) != 1:
        raise ModelRefused(f"{path.name} has no {text} token; Batti needs a model with Llama 3's chat format")
    return tokens[0]


def not_loaded(path: Path, reason: str) -> EngineError:
    """The error for a model that llama.cpp did not load: a lack of memory may pass, a refused file stays refused."""
    if "alloc" in reason or "memory" in reason:
        return EngineError(f"There is not enough memory for {path.name}: {reason}")
    return ModelRefused(f"llama.cpp cannot load {path.name}: {reason}")


class Answerer(Protocol):
    """Answers the decoder's questions, one sentence after another."""

    @property
    def steps(self) -> int:
        """Evaluations of the model for this sentence, after the prefill."""

    @property
    def reused(self) -> int:
        """Tokens of the prompt that were already in the KV cache."""

    @property
    def prefill_ms(self) -> float:
        """Time for the rest of the prompt, milliseconds."""

    def begin(self, prompt: Sequence[int]) -> None:
        """Start a new sentence; `prompt` is the part after the fixed prefix."""

    def ask(self, question: Question) -> Reply:
        """Answer a question of `questions.py`, which says what the answer is."""


class Loaded(Protocol):
    """A loaded model and its KV cache.

    Attributes:
        path: its file.
        size: context size, in tokens: for a prompt and its answer together.
        end: the token that ends a turn.
        engine: the program and its version.
    """

    path: Path
    size: int
    end: int
    engine: str

    @property
    def parameters(self) -> int:
        """Number of the model's parameters."""

    def metadata(self, key: str) -> str | None:
        """A value of the GGUF file's metadata as text; None if there is no such key."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text; control tokens in it are read as such only if `special`."""

    def tokenize_lines(self, lines: Sequence[str]) -> list[list[int]]:
        """Tokens of lines, each line tokenised alone."""

    def fill(self, tokens: Sequence[int]) -> None:
        """Evaluate tokens into the empty KV cache."""

    def answerer(self, prefix: Sequence[int]) -> Answerer:
        """An answerer for sentences after a prefix that is in the KV cache."""

    def identity(self) -> str:
        """A hash of what a saved state depends on besides its tokens."""

    def state(self) -> bytes:
        """The content of the KV cache."""

    def restore(self, state: bytes, length: int) -> bool:
        """Load a state of `length` tokens into the KV cache; False, and an empty cache, if llama.cpp refuses it."""

    def close(self) -> None:
        """Free the memory; it cannot be used afterwards."""


class Context(Protocol):
    """A model with a KV cache that is filled token by token; `llama.py` has the real one."""

    @property
    def length(self) -> int:
        """Number of tokens in the KV cache."""

    @property
    def writable(self) -> NDArray[np.bool_]:
        """For each token, whether a freely written name may contain it: folded text or the newline; shape (vocabulary,)."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text; control tokens in it are read as such only if `special`."""

    def piece(self, token: int) -> bytes:
        """The text of a token."""

    def evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        """Evaluate tokens after those in the KV cache; logits after the last, or after every one: (rows, vocabulary)."""

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
