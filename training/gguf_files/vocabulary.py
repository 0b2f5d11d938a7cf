"""The vocabulary of a GGUF file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .reading import Reader

MODEL = "gpt2"  # llama.cpp's name for byte-level BPE
PRE_TOKENISER = "llama-bpe"  # and for Llama 3's pre-tokeniser


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and merges of a byte-level BPE with Llama 3's pre-tokeniser.

    Attributes:
        tokens: written in the letters that stand for bytes; the index of a token is its id.
        types: the `gguf.TokenType` of each token.
        merges: in their order, each as two tokens with a space between.
        begin: id of the token at the beginning of a text.
        end: id of the token at the end of an answer.
        end_of_turn: id of the token at the end of a turn, if the file has it in addition to `end`.
        adds_begin: whether llama.cpp puts `begin` before a text; None: llama.cpp's default for Llama 3.
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
        ValueError: its vocabulary is of another kind.
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
