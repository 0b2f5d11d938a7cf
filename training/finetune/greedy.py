"""Greedy answers of a transformers model, and the share that match exactly.

Without the grammar, so scores are a little lower than in the integration; but it needs no export and runs during training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..evaluate import scoring
from . import chat

_BATCH = 64
_EXTRA_TOKENS = 8  # tokens that an answer may be longer than the expected one: it can still mean the same


def exact_match(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, lines: Sequence[dict[str, Any]]) -> float:
    """The share of lines whose answer matches exactly, compared as `scoring.canonical` defines it."""
    wanted = [line["messages"][2]["content"] for line in lines]
    found = answers(model, tokenizer, lines)
    hits = (
        scoring.canonical(mine, line["labels"]) == scoring.canonical(right, line["labels"])
        for mine, right, line in zip(found, wanted, lines, strict=True)
    )
    return sum(hits) / len(lines)


def answers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, lines: Sequence[dict[str, Any]]) -> list[str]:
    """The greedy answers to lines of the data set, in the same order.

    Args:
        model: the model, with or without an adapter.
        tokenizer: its tokeniser.
        lines: as `dataset.messages` makes them; an answer may be a few tokens longer than the expected one.
    """
    asked = [chat.question(tokenizer, line) for line in lines]
    rooms = [len(chat.answer(tokenizer, line["messages"][2]["content"])) + _EXTRA_TOKENS for line in lines]
    order = sorted(range(len(lines)), key=lambda index: (rooms[index], len(asked[index])))
    found, training = [""] * len(lines), model.training
    for begin in range(0, len(order), _BATCH):
        batch = order[begin : begin + _BATCH]
        model.eval()  # each time: after `generate` Unsloth sets the model back to training mode
        written = _generate(model, tokenizer, [asked[i] for i in batch], max(rooms[i] for i in batch))
        for index, tokens in zip(batch, written, strict=True):
            found[index] = chat.text(tokenizer, tokens)
    model.train(training)
    return found


@torch.no_grad()
def _generate(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, asked: Sequence[list[int]], room: int
) -> list[list[int]]:
    length, padding = max(map(len, asked)), tokenizer.pad_token_id
    tokens = torch.tensor([[padding] * (length - len(one)) + one for one in asked], device=model.device)
    seen = torch.tensor([[0] * (length - len(one)) + [1] * len(one) for one in asked], device=model.device)
    written = model.generate(
        input_ids=tokens,
        attention_mask=seen,
        max_new_tokens=room,
        do_sample=False,
        temperature=None,
        top_p=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=padding,
    )
    return written[:, length:].tolist()
