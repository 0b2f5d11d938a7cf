"""A line of the data set for transformers: the same tokens as in the integration, with loss on the answer only.

As in the engine, text that people typed never becomes a control token.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from transformers import PreTrainedTokenizerBase

from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.prompt import Piece

from ..data import encoding

IGNORED = -100  # PyTorch's label for a token without loss


class TooLong(ValueError):
    """A line has more tokens than the limit."""


def encode(tokenizer: PreTrainedTokenizerBase, line: Mapping[str, Any], limit: int) -> dict[str, list[int]]:
    """`input_ids` and `labels` of one line; raises `TooLong` rather than cutting an answer off.

    Args:
        tokenizer: the base's.
        line: as `dataset.messages` makes it.
        limit: the maximum number of tokens.
    """
    tokenise = partial(_tokens, tokenizer)
    before, previous = encoding.prefix(tokenise), line.get("previous") or ""
    after, start = encoding.encode(tokenise, line["sentence"], line["messages"][2]["content"], previous)
    if len(before) + len(after) > limit:
        raise TooLong(f"{len(before) + len(after)} tokens where {limit} fit: {line['sentence']}")
    return {"input_ids": before + after, "labels": [IGNORED] * (len(before) + start) + after[start:]}


def question(tokenizer: PreTrainedTokenizerBase, line: Mapping[str, Any]) -> list[int]:
    """The whole prompt of a line, up to where the model's turn begins."""
    tokenise = partial(_tokens, tokenizer)
    return encoding.prefix(tokenise) + encoding.question(tokenise, line["sentence"], line.get("previous") or "")


def answer(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """The model's turn, with the end-of-turn token."""
    return encoding.answer(partial(_tokens, tokenizer), text)


def text(tokenizer: PreTrainedTokenizerBase, tokens: list[int]) -> str:
    """What the model wrote, up to the end of its turn."""
    (end,) = _tokens(tokenizer, Piece(prompt.END_OF_TURN, True))
    written = tokens[: tokens.index(end)] if end in tokens else tokens
    return tokenizer.decode(written, clean_up_tokenization_spaces=False)


@lru_cache(maxsize=50_000)  # most pieces and lines are repeated often
def _tokens(tokenizer: PreTrainedTokenizerBase, piece: Piece) -> tuple[int, ...]:
    return tuple(tokenizer(piece.text, add_special_tokens=False, split_special_tokens=not piece.special)["input_ids"])
