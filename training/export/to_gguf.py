"""A Llama of transformers as GGUF: half precision, under llama.cpp's names, stamped with what it needs to know of Batti.

What is written follows llama.cpp's own converter (conversion/base.py and conversion/llama.py in its sources).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
import torch

from ..nano import gguf_file
from .merge import Merged, MergeError

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

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


@dataclass(frozen=True)
class About:
    """What the file says of itself."""

    name: str
    description: str
    licence: str
    card: str


def write(merged: Merged, path: Path, about: About, on_progress: Callable[[int, int], None]) -> None:
    """Write a model as GGUF: matrices as F16, norms as F32; beside the model, one tensor at a time is in memory.

    Args:
        merged: the model.
        path: the file.
        about: what the file says of itself.
        on_progress: told how many bytes of weights are written, of how many.

    Raises:
        MergeError: the model has a tensor that Llama 3 has not, or a weight that half precision cannot hold.
    """
    writer = gguf.GGUFWriter(str(path), "llama")
    _describe(writer, merged, about)
    gguf_file.vocabulary(writer, merged.tokens, merged.model.config.vocab_size)
    tensors = dict(_tensors(merged.model))
    sizes = {name: tensor.numel() * (4 if tensor.ndim == 1 else 2) for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        kind = np.dtype(np.float32 if tensor.ndim == 1 else np.float16)
        writer.add_tensor_info(name, tuple(tensor.shape), kind, sizes[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    done, total = 0, sum(sizes.values())
    for name, tensor in tensors.items():
        on_progress(done, total)
        writer.write_tensor_data(_numbers(name, tensor, merged.model.config))
        done += sizes[name]
    on_progress(done, total)
    writer.close()


def _describe(writer: gguf.GGUFWriter, merged: Merged, about: About) -> None:
    config = merged.model.config
    writer.add_type("model")
    writer.add_name(about.name)
    writer.add_description(about.description)
    writer.add_license(about.licence)
    writer.add_string("batti.model_card", about.card)
    gguf_file.stamp(writer)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    if merged.template:
        writer.add_chat_template(merged.template)


def _tensors(model: LlamaForCausalLM) -> Iterator[tuple[str, torch.Tensor]]:
    """All tensors under llama.cpp's names; the output matrix only where it is not the embeddings."""
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


def _rope_factors(config: Any) -> torch.Tensor | None:
    """By how much Llama 3's scaling divides each rotary frequency; None where nothing is scaled."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    kind = config.rope_parameters["rope_type"]
    if kind == "default":
        return None
    scaled, _ = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"))
    size = config.head_dim
    plain = config.rope_parameters["rope_theta"] ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    return plain / scaled


def _numbers(name: str, tensor: torch.Tensor, config: Any) -> np.ndarray:
    """A tensor as it stands in the file; queries and keys reordered for llama.cpp's rotary positions."""
    if name.endswith("attn_q.weight"):
        tensor = gguf_file.interleaved(tensor, config.num_attention_heads)
    elif name.endswith("attn_k.weight"):
        tensor = gguf_file.interleaved(tensor, config.num_key_value_heads)
    numbers = tensor.detach().float().contiguous()
    if not numbers.isfinite().all() or numbers.abs().max() > torch.finfo(torch.float16).max:
        raise MergeError(f"{name} holds numbers that half precision cannot: the training has gone astray")
    return (numbers if numbers.ndim == 1 else numbers.half()).numpy()
