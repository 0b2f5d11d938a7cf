"""Llama 3's real tokeniser without a download: from the vocabulary file in llama.cpp's sources."""

from __future__ import annotations

from tokenizers import Tokenizer

from ..gguf_files import llama3_words, vocabulary
from ..nano import tokenizer as tokenisers


def tokenizer() -> Tokenizer:
    """The tokeniser; its token ids are the same in every Llama 3, though newer ones rename reserved tokens."""
    return tokenisers.from_vocabulary(vocabulary.read(llama3_words.path()))
