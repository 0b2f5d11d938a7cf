"""The vocabulary of a GGUF file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .reading import Reader

MODEL = "gpt2"  # llama.cpp's name for byte-level BPE
PRE_TOKENISER = "llama-bpe"  # and for how Llama 3 cuts text into words


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and merges, for byte-level BPE on words as Llama 3 cuts them.

    Attributes:
        tokens: in the letters that stand for bytes; the place of a token is its number.
        types: of each token, as `gguf.TokenType` counts them.
        merges: in their order, each as two pieces with a space between.
        begin: number of the token that text begins with.
        end: number of the token that an answer ends with.
        end_of_turn: number of the token that a turn ends with, where a file says that beside `end`.
        adds_begin: whether llama.cpp puts `begin` before a text; where None, it does as it does with every Llama 3.
    """

    tokens: Sequence[str]
    types: Sequence[int]
    merges: Sequence[str]
    begin: int
    end: int
    end_of_turn: int | None = None
    adds_begin: bool | None = None


def read(path: Path) -> Vocabulary:
    """The vocabulary of a file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of another kind.
    """
    fields = Reader(path).fields

    def value(key: str) -> Any:
        field = fields.get(f"tokenizer.ggml.{key}")
        return None if field is None else field.contents()

    kind = value("model"), value("pre")
    if kind != (MODEL, PRE_TOKENISER):
        raise ValueError(f"{path} has a vocabulary of the kind {kind}, which is not Llama 3's")
    return Vocabulary(
        tokens=value("tokens"),
        types=value("token_type"),
        merges=value("merges"),
        begin=value("bos_token_id"),
        end=value("eos_token_id"),
        end_of_turn=value("eot_token_id"),
        adds_begin=value("add_bos_token"),
    )
