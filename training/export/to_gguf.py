"""Writes a transformers Llama as GGUF, in half precision and under llama.cpp's tensor names.

The choice of tensors follows llama.cpp's own converter (conversion/llama.py in its sources).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type

from ..gguf_files import writing
from ..gguf_files.writing import About, Sizes, Tensor, interleaved
from ..nano import tokenizer as tokenisers
from .merge import Merged, MergeError

if TYPE_CHECKING:
    from transformers import LlamaConfig, LlamaForCausalLM

_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_LAYER = "model.layers."


def write(merged: Merged, path: Path, about: About, on_progress: Callable[[int, int], None]) -> None:
    """Write a model as GGUF: matrices as F16, norms as F32; needs memory for the model and one more tensor.

    Args:
        merged: the model.
        path: the file.
        about: its general metadata; the chat template comes from the model.
        on_progress: called with the bytes of weights written so far, and the total.

    Raises:
        MergeError: the model has a tensor that Llama 3 does not have, or a weight that half precision cannot hold.
    """
    config = merged.model.config
    found = dict(_tensors(merged.model))
    tensors = (Tensor(name, tuple(one.shape), Type.F32 if one.ndim == 1 else Type.F16) for name, one in found.items())
    vocabulary = tokenisers.vocabulary_of(merged.tokens, config.vocab_size)

    def weights(tensor: Tensor) -> np.ndarray:
        return _numbers(tensor.name, found[tensor.name], config)

    addressed = replace(about, chat_template=merged.template or None)
    writing.write(path, addressed, _sizes(config), vocabulary, tensors, weights, on_progress)


def _sizes(config: LlamaConfig) -> Sizes:
    return Sizes(
        context=config.max_position_embeddings,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        hidden=config.intermediate_size,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_width=config.head_dim,
        epsilon=config.rms_norm_eps,
        rope_base=config.rope_parameters["rope_theta"],
    )


def _tensors(model: LlamaForCausalLM) -> Iterator[tuple[str, torch.Tensor]]:
    """All tensors under llama.cpp's names; the output matrix only if it is not tied to the embeddings."""
    weights = model.state_dict()
    embeddings = weights["model.embed_tokens.weight"]
    if (frequencies := _rope_factors(model.config)) is not None:
        yield "rope_freqs.weight", frequencies
    for key, tensor in weights.items():
        if key == "lm_head.weight" and (tensor is embeddings or torch.equal(tensor, embeddings)):
            continue
        stem, _, kind = key.rpartition(".")
        layer = ""
        if stem.startswith(_LAYER):
            number, _, stem = stem.removeprefix(_LAYER).partition(".")
            layer = f"blk.{number}."
        if stem not in _NAMES or kind != "weight":
            raise MergeError(f"The model has a tensor {key}, which no Llama 3 has")
        yield f"{layer}{_NAMES[stem]}.weight", tensor


def _rope_factors(config: LlamaConfig) -> torch.Tensor | None:
    """The divisor of each rotary frequency in Llama 3's scaling; None if nothing is scaled."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    kind = config.rope_parameters["rope_type"]
    if kind == "default":
        return None
    scaled, _ = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"))
    size = config.head_dim
    plain = config.rope_parameters["rope_theta"] ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    return plain / scaled


def _numbers(name: str, tensor: torch.Tensor, config: LlamaConfig) -> np.ndarray:
    """A tensor as a numpy array; queries and keys reordered for llama.cpp's rotary positions."""
    numbers = tensor.detach().float()
    if not numbers.isfinite().all() or numbers.abs().max() > torch.finfo(torch.float16).max:
        raise MergeError(f"{name} holds numbers that half precision cannot: the training has gone astray")
    found = numbers.numpy()
    if name.endswith("attn_q.weight"):
        return interleaved(found, config.num_attention_heads)
    if name.endswith("attn_k.weight"):
        return interleaved(found, config.num_key_value_heads)
    return found
