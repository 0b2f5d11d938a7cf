"""What an engine needs of a model that llama.cpp holds in this process: through its own functions, or its server."""

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

Logits: TypeAlias = "NDArray[np.float32]"  # numpy is not imported for it: an engine without it does not need it

ARCHITECTURE = "llama"
# Tokens evaluated at once. llama.cpp reserves logits for each of them: half a megabyte with Llama 3's vocabulary.
MICRO_BATCH = 128
# Below this many parameters waiting for a second thread takes longer than it helps (seen at 12 million, not at 150).
SMALL = 50_000_000
MAX_THREADS = 4


def threads_for(parameters: int, processors: int | None) -> int:
    """How many threads to compute with, where nobody said: one for a small model, else all processors, four at most."""
    return 1 if parameters < SMALL else min(MAX_THREADS, processors or 1)


def check_family(architecture: str | None, path: Path) -> None:
    """See that a model is a Llama.

    Raises:
        ModelRefused: it is of another family.
    """
    if architecture != ARCHITECTURE:
        raise ModelRefused(f"{path.name} is a model of the {architecture} family; Batti needs a Llama model")


def identity_of(path: Path, engine: str, size: int) -> str:
    """What a saved state depends on besides its tokens, as a hash: the file, the program, its context."""
    stat = path.stat()
    parts = (path.name, stat.st_size, stat.st_mtime_ns, engine, size, MICRO_BATCH)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def only_token(tokens: Sequence[int], text: str, path: Path) -> int:
    """The one token of a control token's text.

    Raises:
        ModelRefused: it has several, so the model knows no such token.
    """
    if len(tokens) != 1:
        raise ModelRefused(f"{path.name} has no {text} token; Batti needs a model with Llama 3's chat format")
    return tokens[0]


def not_loaded(path: Path, reason: str) -> EngineError:
    """Why llama.cpp did not load a model: a lack of memory may pass, a file that it does not take will not."""
    if "alloc" in reason or "memory" in reason:
        return EngineError(f"There is not enough memory for {path.name}: {reason}")
    return ModelRefused(f"llama.cpp cannot load {path.name}: {reason}")


class Answerer(Protocol):
    """Answers decoding's questions about one sentence after another."""

    @property
    def steps(self) -> int:
        """Evaluations of the model since the sentence began, after the prompt's."""

    @property
    def reused(self) -> int:
        """Tokens of the prompt that were in memory."""

    @property
    def prefill_ms(self) -> float:
        """Time for the rest of the prompt, milliseconds."""

    def begin(self, prompt: Sequence[int]) -> None:
        """Forget the last sentence; `prompt` is what follows the prompt's fixed part."""

    def ask(self, question: Question) -> Reply:
        """Answer a question; see there for what its answer is."""


class Loaded(Protocol):
    """A model and its memory.

    Attributes:
        path: its file.
        size: tokens that a prompt and its answer may have together.
        end: the token that ends a turn.
        engine: the program and its version.
    """

    path: Path
    size: int
    end: int
    engine: str

    @property
    def parameters(self) -> int:
        """How many numbers the model has."""

    def metadata(self, key: str) -> str | None:
        """A value of the GGUF file's metadata as text, None where it has no such key."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of text; control tokens count as such only where `special`."""

    def tokenize_lines(self, lines: Sequence[str]) -> list[list[int]]:
        """Tokens of lines, each split for itself."""

    def fill(self, tokens: Sequence[int]) -> None:
        """Put tokens into the empty memory."""

    def answerer(self, prefix: Sequence[int]) -> Answerer:
        """What answers questions about sentences after a prefix that is in memory."""

    def identity(self) -> str:
        """What a saved state depends on besides its tokens, as a hash."""

    def state(self) -> bytes:
        """What is in memory."""

    def restore(self, state: bytes, length: int) -> bool:
        """Put a state of `length` tokens into memory; False where llama.cpp refuses it, and memory is empty."""

    def close(self) -> None:
        """Free the memory; it cannot be used afterwards."""


class Context(Protocol):
    """A model whose memory is filled token by token; `llama.py` has the real one."""

    @property
    def length(self) -> int:
        """Tokens in memory."""

    @property
    def writable(self) -> NDArray[np.bool_]:
        """By token, whether a freely written name may hold it: folded text or the newline; (vocabulary,)."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of text; control tokens count as such only where `special`."""

    def piece(self, token: int) -> bytes:
        """The text of a token."""

    def evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        """Evaluate tokens after what is in memory; logits after the last, or after every one: (rows, vocabulary)."""

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
