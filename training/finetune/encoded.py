"""A file of sentences as tokens that a trainer takes, a sample of it where it is larger than need be."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ..data.dataset import ELSEWHERE
from . import chat

_MULTIPLE = 8  # lengths of batches: kernels like them, and fewer lengths are fewer shapes
_FEWEST = 0.5  # of the lines must fit, or the limit is wrong


def sample(path: Path, most: int | None, seed: int) -> list[dict[str, Any]]:
    """The lines of a file, or so many of them, drawn at random; the same ones for the same seed."""
    if not path.exists():
        raise SystemExit(
            f"There is no {path}: write the data set first, with python -m training.data --out {path.parent}"
        )
    with path.open(encoding="utf-8") as file:
        count = sum(1 for _ in file)
        chosen = range(count) if most is None or most >= count else set(random.Random(seed).sample(range(count), most))
        file.seek(0)
        return [json.loads(line) for number, line in enumerate(file) if number in chosen]


def dataset(tokenizer: PreTrainedTokenizerBase, lines: Sequence[dict[str, Any]], limit: int) -> Dataset:
    """Lines as `input_ids` and `labels`, and whether they are `kept`; those that are too long are left out.

    A line is kept where it stands for what a model knew before, as `training.personal` says of it.
    """
    rows = []
    for line in lines:
        try:
            rows.append(chat.encode(tokenizer, line, limit) | {"kept": line.get("source") == ELSEWHERE})
        except chat.TooLong:
            continue
    if len(rows) < _FEWEST * len(lines) or not rows:
        raise SystemExit(f"Of {len(lines)} lines only {len(rows)} have at most {limit} tokens: raise max_length")
    if len(rows) < len(lines):
        print(f"{len(lines) - len(rows)} of {len(lines)} lines have more than {limit} tokens and are left out.")
    return Dataset.from_list(rows)


def collator(padding: int) -> Callable[[list[dict[str, Any]]], dict[str, Tensor]]:
    """What puts rows of different lengths into one batch."""

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
