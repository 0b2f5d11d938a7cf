"""Llama 3's real tokeniser without Hugging Face: from the vocabulary file that llama.cpp's sources carry."""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, models

from ..gguf_files import llama3_words
from ..gguf_files.reading import Reader
from ..nano import tokenizer as tokenisers

_CONTROL = 3  # llama.cpp's type of a special token


def tokenizer(words: Path | None = None) -> Tokenizer:
    """The tokeniser; its numbers are those of every Llama 3, whatever newer ones call their reserved tokens.

    Args:
        words: a GGUF file with the vocabulary; the one that scripts/setup keeps where None.
    """
    fields = Reader(words or llama3_words.path()).fields
    texts, kinds, merges = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type", "merges"))
    vocabulary = {text: number for number, text in enumerate(texts)}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    made = tokenisers.with_parts(models.BPE(vocabulary, pairs, ignore_merges=True))
    special = (text for text, kind in zip(texts, kinds, strict=True) if kind == _CONTROL)
    made.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in special])
    return made
