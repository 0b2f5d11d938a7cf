"""The bundled model's tokeniser: a small byte-level BPE like Llama 3's, with Llama 3's chat tokens.

Each line that the model can choose is one token, so that a choice is one model step. The pre-tokeniser is Llama 3's
(`llama-bpe` in llama.cpp), so line boundaries behave the same in both tokenisers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gguf import TokenType
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from custom_components.batti.interpreter.language.items import (
    DATA_FAMILIES,
    DATA_LINE,
    DAY_LINES,
    EVERY_LINE,
    EXCEPT_LINE,
    IN_LINE,
    LABEL_PREFIX,
    NAME_KEY,
    PART_LINES,
    SPECIAL_LABELS,
    TARGET_LINE,
    VALUES_OF,
    Asking,
    asked_line,
    fixed_lines,
)
from custom_components.batti.interpreter.language.prompt import CHAT_TOKENS, END_OF_TURN, MARKERS, MARKERS_BEFORE

from ..gguf_files.vocabulary import Vocabulary

# Source: llama.cpp, src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_LLAMA3 (the same as tiktoken's in Meta's llama3 repository).
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


_WHOLE = (TARGET_LINE, IN_LINE, EXCEPT_LINE, DATA_LINE, EVERY_LINE, *PART_LINES, *DAY_LINES)


def pieces() -> list[str]:
    """The parts of the output language that are one token each: whole lines, keys, the start of label lines, labels."""
    whole = (line for line in fixed_lines() if line.endswith("\n") and (not line.startswith(" ") or line in _WHOLE))
    keys = (line.partition(":")[0] + ":" for family in DATA_FAMILIES for line in family)
    labels = (f" {label}" for label in (*MARKERS, *MARKERS_BEFORE, *SPECIAL_LABELS))
    asked = map(asked_line, Asking)
    return list(dict.fromkeys([*whole, *VALUES_OF, NAME_KEY, *keys, *asked, LABEL_PREFIX.rstrip(), *labels]))


def train(texts: Iterable[str], size: int) -> Tokenizer:
    """Learn the merges; `size` is the number of all tokens, chat tokens and whole lines included."""
    special, added = _special(CHAT_TOKENS), _added(pieces())
    tokenizer = like_llama3(models.BPE(ignore_merges=True))
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(special) - len(added),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        special_tokens=[],
    )
    # Tokens that are added before training keep their numbers, which then are those of single bytes too.
    whole = re.compile("|".join(re.escape(token.content) for token in sorted(added, key=_length, reverse=True)))
    tokenizer.train_from_iterator((part for text in texts for part in whole.split(text)), trainer)
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens(added)
    return tokenizer


def _length(token: AddedToken) -> int:
    return len(token.content)


def from_vocabulary(vocabulary: Vocabulary) -> Tokenizer:
    """The tokeniser of a GGUF file's vocabulary."""
    numbers = {text: number for number, text in enumerate(vocabulary.tokens)}
    pairs = [_pair(merge, numbers) for merge in vocabulary.merges]
    tokenizer = like_llama3(models.BPE(numbers, pairs, ignore_merges=True))
    typed = list(zip(vocabulary.tokens, vocabulary.types, strict=True))
    tokenizer.add_special_tokens(_special(text for text, kind in typed if kind == TokenType.CONTROL))
    tokenizer.add_tokens(_added(text for text, kind in typed if kind == TokenType.USER_DEFINED))
    return tokenizer


def _pair(merge: str, vocabulary: Mapping[str, int]) -> tuple[str, str]:
    """The two tokens of a merge; tokens that are whole lines contain spaces themselves."""
    if merge.count(" ") == 1:
        one, other = merge.split(" ")
        return one, other
    cuts = ((merge[:at], merge[at + 1 :]) for at, letter in enumerate(merge) if letter == " ")
    return next((one, other) for one, other in cuts if {one, other, one + other} <= vocabulary.keys())


def _special(texts: Iterable[str]) -> list[AddedToken]:
    return [AddedToken(text, special=True, normalized=False) for text in texts]


def _added(texts: Iterable[str]) -> list[AddedToken]:
    return [AddedToken(text, special=False, normalized=False) for text in texts]


def like_llama3(model: models.BPE) -> Tokenizer:
    """A tokeniser with this BPE model that splits text like Llama 3's."""
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
    """Read a saved tokeniser."""
    return Tokenizer.from_file(str(path))


def with_dropout(tokenizer: Tokenizer, dropout: float) -> Tokenizer:
    """The same tokeniser with BPE-dropout: it leaves out merges at random."""
    described = json.loads(tokenizer.to_str())
    described["model"] |= {"dropout": dropout, "ignore_merges": False}
    return Tokenizer.from_str(json.dumps(described))


def vocabulary_of(tokenizer: Tokenizer, size: int | None = None) -> Vocabulary:
    """The vocabulary of a tokeniser (the bundled model's or Llama 3's), as a GGUF file holds it.

    Args:
        tokenizer: the tokeniser.
        size: rows of the model's embeddings, if there may be more rows than tokens.
    """
    texts = {number: text for text, number in tokenizer.get_vocab(with_added_tokens=True).items()}
    added = tokenizer.get_added_tokens_decoder()
    numbers = range(size or len(texts))
    return Vocabulary(
        tokens=[texts.get(number, f"[PAD{number}]") for number in numbers],
        types=[_type(added.get(number), number in texts) for number in numbers],
        merges=_merges(tokenizer),
        begin=tokenizer.token_to_id(CHAT_TOKENS[0]),
        end=tokenizer.token_to_id(END_OF_TURN),
        adds_begin=False,
    )


def _type(added: AddedToken | None, known: bool) -> TokenType:
    if not known:
        return TokenType.UNUSED
    if added is None:
        return TokenType.NORMAL
    return TokenType.CONTROL if added.special else TokenType.USER_DEFINED


def _merges(tokenizer: Tokenizer) -> list[str]:
    model = json.loads(tokenizer.to_str())["model"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
