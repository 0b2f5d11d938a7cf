"""A model and its tokeniser with the pieces of the present output language, from those of an earlier one.

So what a model has learnt of people's sentences is kept when the output language grows. A new piece begins as the mean of
the tokens that it was before.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from tokenizers import AddedToken, Tokenizer

from .llama import Llama
from .tokenizer import pieces


def grown(model: Llama, tokens: Tokenizer) -> tuple[Llama, Tokenizer]:
    """The same model if it has all pieces; else a larger one."""
    known = {token.content for token in tokens.get_added_tokens_decoder().values()}
    new = [piece for piece in pieces() if piece not in known]
    if not new:
        return model, tokens
    before = [tokens.encode(piece, add_special_tokens=False).ids for piece in new]
    tokens.add_tokens([AddedToken(piece, special=False, normalized=False) for piece in new])
    larger = Llama(replace(model.shape, vocabulary=tokens.get_vocab_size()))
    weights = model.state_dict()
    old = weights.pop("embedding.weight")
    with torch.no_grad():
        larger.load_state_dict(weights, strict=False)
        larger.embedding.weight[: len(old)] = old
        for piece, ids in zip(new, before, strict=True):
            number = tokens.token_to_id(piece)
            larger.embedding.weight[number] = old[ids].mean(0)
    return larger, tokens
