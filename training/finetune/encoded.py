"""Lines of the data set as rows and batches for the trainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ..data.dataset import ELSEWHERE
from . import chat

_MULTIPLE = 8  # batch lengths are multiples of it: faster kernels, and fewer different shapes
_MIN_SHARE = 0.5  # of the lines must fit; otherwise the limit is wrong


def dataset(tokenizer: PreTrainedTokenizerBase, lines: Sequence[dict[str, Any]], limit: int) -> Dataset:
    """Lines as `input_ids`, `labels` and `kept`; lines that are too long are left out.

    `kept`: a line against forgetting (`anchored.py`), which `training.personal` marks by its source.
    """
    rows = []
    for line in lines:
        try:
            rows.append(chat.encode(tokenizer, line, limit) | {"kept": line.get("source") == ELSEWHERE})
        except chat.TooLong:
            continue
    if len(rows) < _MIN_SHARE * len(lines) or not rows:
        raise SystemExit(f"Of {len(lines)} lines only {len(rows)} have at most {limit} tokens: raise max_length")
    if len(rows) < len(lines):
        print(f"{len(lines) - len(rows)} of {len(lines)} lines have more than {limit} tokens and are left out.")
    return Dataset.from_list(rows)


def collator(padding: int) -> Callable[[list[dict[str, Any]]], dict[str, Tensor]]:
    """A function that pads rows of different lengths into one batch."""

    def collate(rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        longest = max(len(row["input_ids"]) for row in rows)
        length = -(-longest // _MULTIPLE) * _MULTIPLE

        def padded(key: str, value: int) -> Tensor:
            return torch.tensor([row[key] + [value] * (length - len(row[key])) for row in rows])

        seen = torch.tensor([[1] * len(row["input_ids"]) + [0] * (length - len(row["input_ids"])) for row in rows])
        return {
            "input_ids": padded("input_ids", padding),
            "attention_mask": seen,
            "labels": padded("labels", chat.IGNORED),
            "kept": torch.tensor([row["kept"] for row in rows]),
        }

    return collate
