"""Llama 3's real tokeniser without Hugging Face: from the vocabulary file that llama.cpp's sources carry."""

from __future__ import annotations

from tokenizers import Tokenizer

from ..gguf_files import llama3_words, vocabulary
from ..nano import tokenizer as tokenisers


def tokenizer() -> Tokenizer:
    """The tokeniser; its numbers are those of every Llama 3, whatever newer ones call their reserved tokens."""
    return tokenisers.from_vocabulary(vocabulary.read(llama3_words.path()))
