"""The Llama that `train.py` trains, written so that it trains fast on a CPU.

It computes the same as transformers' LlamaForCausalLM (tied embeddings, rotary positions, SwiGLU, RMSNorm), but query, key
and value in one product, gate and up in another: that is faster on two cores (figures in LOG.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5
ROPE_BASE = 10000.0


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; `width` must be a multiple of `heads`."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    hidden: int
    context: int


class Block(nn.Module):
    """One layer: attention, then the gated feed-forward part, each with a residual connection."""

    def __init__(self, shape: Shape) -> None:
        """Make the four matrices and two norms of a layer."""
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.Parameter(torch.ones(shape.width))
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        self.forward_norm = nn.Parameter(torch.ones(shape.width))
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, prefix: Tensor, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        """From and to prefix (1, length, width) and batch (batch, time, width); the batch attends to the prefix too."""
        length = prefix.shape[1]
        before = self._heads(prefix, cos[:length], sin[:length])
        query, key, value = self._heads(x, cos[length:], sin[length:])
        key, value = (
            torch.cat((old.expand(x.shape[0], -1, -1, -1), new), dim=2)
            for old, new in ((before[1], key), (before[2], value))
        )
        return self._attention_and_feed_forward(prefix, *before), self._attention_and_feed_forward(x, query, key, value)

    def _heads(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value, each (batch, heads, time, width of a head)."""
        batch, time, _ = x.shape
        qkv = self.qkv(_norm(x, self.attention_norm)).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return _rotate(qkv[0], cos, sin), _rotate(qkv[1], cos, sin), qkv[2]

    def _attention_and_feed_forward(self, x: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Causal attention with this query, key and value, then the feed-forward part."""
        # Not scaled_dot_product_attention: on short sequences its backward pass takes 9 times as long on a CPU.
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        time, seen_from = scores.shape[-2:]
        future = torch.ones(time, seen_from, dtype=torch.bool, device=x.device).triu(1 + seen_from - time)
        seen = scores.masked_fill(future, -torch.inf).softmax(-1) @ value
        x = x + self.output(seen.transpose(1, 2).reshape(x.shape))
        gate, up = self.gate_up(_norm(x, self.forward_norm)).chunk(2, dim=-1)
        return x + self.down(functional.silu(gate) * up)


class Llama(nn.Module):
    """The whole model, with embeddings tied to the output."""

    def __init__(self, shape: Shape) -> None:
        """Random weights, initialised as in GPT-2 and Llama: small, and smaller with depth for residual outputs."""
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.width))
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                deep = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * shape.layers) ** 0.5 if deep else 1.0))
        half = shape.width // shape.heads // 2
        angles = torch.outer(torch.arange(shape.context), ROPE_BASE ** (-torch.arange(half) / half))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, prefix: Tensor, tokens: Tensor) -> Tensor:
        """Logits (batch * time, vocabulary) after each of the tokens (batch, time).

        `prefix` (length,) stands before every sentence and is computed only once.
        """
        before, x = self.embedding(prefix[None]), self.embedding(tokens)
        cos, sin = (table[: len(prefix) + tokens.shape[1]].to(x.dtype) for table in (self.cos, self.sin))
        for block in self.blocks:
            before, x = block(before, x, cos, sin)
        return functional.linear(_norm(x.flatten(0, 1), self.norm), self.embedding.weight)


def _norm(x: Tensor, weight: Tensor) -> Tensor:
    return functional.rms_norm(x, (x.shape[-1],), weight.to(x.dtype), EPSILON)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions on the two halves of a head, as in transformers; `gguf_file.py` reorders the rows for llama.cpp.

    x: (batch, heads, time, width of a head); cos, sin: (time, half of that).
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
