"""Sentences as tokens, and tokens as batches for the trainer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from custom_components.batti.interpreter.language.prompt import Piece

from ..data import dataset, encoding
from . import tokenizer as tokenisers

_LENGTHS = range(16, 185, 8)  # batches are padded to one of these

Sample = tuple[np.ndarray, int]  # tokens, and where the answer begins


def encode(tokens: Tokenizer, sentence: str, answer: str, previous: str = "") -> tuple[list[int], int]:
    """All tokens after the prefix, and the index at which the answer begins."""
    return encoding.encode(partial(_numbers, tokens), sentence, answer, previous)


def prefix(tokens: Tokenizer) -> list[int]:
    """The tokens before every sentence."""
    return encoding.prefix(partial(_numbers, tokens))


def _numbers(tokens: Tokenizer, piece: Piece) -> list[int]:
    numbers: list[int] = tokens.encode(piece.text, add_special_tokens=False).ids
    return numbers


class DropoutEncoder:
    """Encodes like `encode`, but with BPE-dropout: it splits some words into smaller pieces than necessary.

    A model that has seen `nibhaideu` as `nibha ideu`, `nib ha ideu` … understands unseen forms better. Words of the answer
    are not split, because the model must copy their tokens. Source: Provilkov, Emelianenko and Voita, BPE-Dropout (ACL
    2020).

    Args:
        share: the share of sentences in which words are split.
        dropout: the share of merges that are left out in these sentences.
    """

    def __init__(self, tokens: Tokenizer, share: float, dropout: float, seed: int) -> None:
        """Make a second tokeniser, with dropout."""
        self._tokens, self._share, self._rng = tokens, share, random.Random(seed)
        self._with_dropout = tokenisers.with_dropout(tokens, dropout)
        self._fixed: dict[str, list[int]] = {}

    def encode(self, sentence: str, answer: str, previous: str) -> tuple[list[int], int]:
        """All tokens after the prefix, and the index at which the answer begins."""
        if self._rng.random() >= self._share:
            return encode(self._tokens, sentence, answer, previous)
        copied = set(answer.split())

        def tokenise(piece: Piece) -> list[int]:
            if piece.special or piece.text != f" {sentence}":  # never a line of an answer: those end in a line break
                return self._whole(piece.text)
            numbers: list[int] = []
            for word in sentence.split():
                free = word.islower() and word not in copied  # markers are upper case
                numbers += self._with_dropout.encode(f" {word}").ids if free else self._whole(f" {word}")
            return numbers

        return encoding.encode(tokenise, sentence, answer, previous)

    def _whole(self, text: str) -> list[int]:
        if text not in self._fixed:
            self._fixed[text] = self._tokens.encode(text, add_special_tokens=False).ids
        return self._fixed[text]


def encode_all(tokens: Tokenizer, recipe: dict[str, Any], path: Path, cache: Path) -> list[Sample]:
    """All samples of a file; they are cached in the run's folder."""
    if not cache.exists():
        encoder = DropoutEncoder(tokens, **recipe["tokenizer"]["scatter"], seed=recipe["seed"])
        flat: list[int] = []
        ends, starts = [], []
        for line in dataset.read(path):
            numbers, start = encoder.encode(line["sentence"], line["messages"][2]["content"], line["previous"])
            flat += numbers
            ends.append(len(flat))
            starts.append(start)
        np.savez(cache, flat=np.array(flat, np.uint16), ends=np.array(ends), starts=np.array(starts))
    stored = np.load(cache)
    parts = np.split(stored["flat"], stored["ends"][:-1])
    return [
        (part, int(start)) for part, start in zip(parts, stored["starts"], strict=True) if len(part) <= _LENGTHS[-1]
    ]


def batches(samples: list[Sample], tokens_per_step: int, rng: random.Random) -> list[tuple[int, list[Sample]]]:
    """One epoch: each batch has samples of similar length; batches are in random order."""
    by_length: dict[int, list[Sample]] = {length: [] for length in _LENGTHS}
    for sample in rng.sample(samples, len(samples)):
        by_length[next(length for length in _LENGTHS if len(sample[0]) <= length)].append(sample)
    epoch = []
    for length, several in by_length.items():
        size = tokens_per_step // length
        epoch += [(length, several[i : i + size]) for i in range(0, len(several) - size + 1, size)]
    rng.shuffle(epoch)
    return epoch


def tensors(length: int, several: list[Sample]) -> Iterator[torch.Tensor]:
    """What one step needs: tokens (batch, length), the token after each (batch * length,), and what these belong to.

    The last one is 2 where the next token is of an answer, 1 where it is of a sentence (or of the lines before it), and 0
    where it is padding.
    """
    tokens = np.zeros((len(several), length), np.int64)
    following = np.zeros((len(several), length), np.int64)
    parts = np.zeros((len(several), length), np.int64)
    for row, (numbers, start) in enumerate(several):
        end = len(numbers) - 1
        tokens[row, : end + 1] = numbers
        following[row, :end] = numbers[1:]
        parts[row, : start - 1], parts[row, start - 1 : end] = 1, 2
    yield from map(torch.from_numpy, (tokens, following.reshape(-1), parts.reshape(-1)))
