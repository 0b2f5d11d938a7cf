"""A line of the data set as the tokens that the house makes of it, with the loss on the answer alone.

For any tokeniser that transformers has. As in the engine, pieces and lines are tokenised one by one, and what people typed
can hold no control token.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from transformers import PreTrainedTokenizerBase

from custom_components.batti.interpreter import prompt

IGNORED = -100  # PyTorch's label for a token without loss


class TooLong(ValueError):
    """A line has more tokens than there is room for."""


def encode(tokenizer: PreTrainedTokenizerBase, line: Mapping[str, Any], limit: int) -> dict[str, list[int]]:
    """`input_ids` and `labels` of one line; raises `TooLong` rather than cutting an answer off.

    Args:
        tokenizer: the base's.
        line: as `dataset.messages` makes it.
        limit: at most so many tokens.
    """
    asked = question(tokenizer, line)
    answered = answer(tokenizer, line["messages"][2]["content"])
    if len(asked) + len(answered) > limit:
        raise TooLong(f"{len(asked) + len(answered)} tokens where {limit} fit: {line['sentence']}")
    return {"input_ids": asked + answered, "labels": [IGNORED] * len(asked) + answered}


def question(tokenizer: PreTrainedTokenizerBase, line: Mapping[str, Any]) -> list[int]:
    """The whole prompt of a line, up to where the model's turn begins."""
    pieces = chain(prompt.prefix(), prompt.user(line["sentence"], line.get("previous") or ""))
    return [number for piece in pieces for number in _tokens(tokenizer, piece.text, piece.special)]


def answer(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """The model's turn with its end."""
    lines = [number for line in text.splitlines(keepends=True) for number in _tokens(tokenizer, line, False)]
    return [*lines, *_tokens(tokenizer, prompt.END_OF_TURN, True)]


def text(tokenizer: PreTrainedTokenizerBase, tokens: list[int]) -> str:
    """What the model wrote, up to the end of its turn."""
    (end,) = _tokens(tokenizer, prompt.END_OF_TURN, True)
    written = tokens[: tokens.index(end)] if end in tokens else tokens
    return tokenizer.decode(written, clean_up_tokenization_spaces=False)


@lru_cache(maxsize=50_000)  # most pieces and lines come again and again
def _tokens(tokenizer: PreTrainedTokenizerBase, piece: str, special: bool) -> tuple[int, ...]:
    return tuple(tokenizer(piece, add_special_tokens=False, split_special_tokens=not special)["input_ids"])
