"""The bundled model's tokeniser: byte-level BPE as Llama 3 has it, small, with Llama 3's chat tokens.

A line that the model decides for is one piece, so that a decision is one token. The pre-tokenisation is Llama 3's
(llama.cpp knows it as `llama-bpe`), so what is said of one tokeniser's line boundaries holds for the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from custom_components.batti.interpreter.grammar import (
    ACTIONS,
    DATA_FAMILIES,
    EXCEPT_LINE,
    Refusal,
    action_line,
    refusal_line,
)
from custom_components.batti.interpreter.prompt import CHAT_TOKENS

# Source: llama.cpp, src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_LLAMA3 (the same as tiktoken's in Meta's llama3 repository).
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def pieces() -> list[str]:
    """Stretches of the output language that are one token each: whole lines, and the keys of data lines.

    `  target:` and `  data:` are spelt out: with `  except:` a piece, their first token tells them apart.
    """
    keys = dict.fromkeys(line.partition(":")[0] + ":" for family in DATA_FAMILIES for line in family)
    return [*map(action_line, ACTIONS), *map(refusal_line, Refusal), EXCEPT_LINE, *keys]


def train(texts: Iterable[str], size: int) -> Tokenizer:
    """Learn the merges; `size` counts every token, chat tokens and pieces too."""
    special, added = _special(), _added()
    tokenizer = with_parts(models.BPE(ignore_merges=True))
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens(added)
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(special) - len(added),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        special_tokens=[],
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens(added)
    return tokenizer


def from_parts(texts: Sequence[str], merges: Sequence[str]) -> Tokenizer:
    """The tokeniser that a GGUF describes: its tokens in order, and its merges."""
    vocabulary = {text: number for number, text in enumerate(texts)}
    pairs = [_pair(merge, vocabulary) for merge in merges]
    tokenizer = with_parts(models.BPE(vocabulary, pairs, ignore_merges=True))
    tokenizer.add_special_tokens(_special())
    tokenizer.add_tokens(_added())
    return tokenizer


def _pair(merge: str, vocabulary: Mapping[str, int]) -> tuple[str, str]:
    """The two pieces of a merge; those of whole lines have spaces of their own."""
    cuts = ((merge[:at], merge[at + 1 :]) for at, letter in enumerate(merge) if letter == " ")
    return next((one, other) for one, other in cuts if {one, other, one + other} <= vocabulary.keys())


def _special() -> list[AddedToken]:
    return [AddedToken(token, special=True, normalized=False) for token in CHAT_TOKENS]


def _added() -> list[AddedToken]:
    return [AddedToken(piece, special=False, normalized=False) for piece in pieces()]


def with_parts(model: models.BPE) -> Tokenizer:
    """A tokeniser of these merges that splits text as Llama 3's does."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def load(path: Path) -> Tokenizer:
    """Read a tokeniser that was saved."""
    return Tokenizer.from_file(str(path))


def forgetful(tokenizer: Tokenizer, dropout: float) -> Tokenizer:
    """The same tokeniser, leaving out merges at random."""
    described = json.loads(tokenizer.to_str())
    described["model"] |= {"dropout": dropout, "ignore_merges": False}
    return Tokenizer.from_str(json.dumps(described))


def merges(tokenizer: Tokenizer) -> list[str]:
    """The merges in order, each as two pieces with a space between, as GGUF has them."""
    model = json.loads(tokenizer.to_str())["model"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
