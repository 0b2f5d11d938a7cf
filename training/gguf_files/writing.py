"""Writes a Llama model as a GGUF file, with one tensor at a time in memory.

The caller gives its name and licence (`About`), hyperparameters (`Sizes`), `Vocabulary`, tensors (`Tensor`), and a function
for their weights. Sources of keys and tensor names: ggml, docs/gguf.md, and llama.cpp's own converter (conversion/base.py
and conversion/llama.py).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from .vocabulary import MODEL, PRE_TOKENISER, Vocabulary

# The types that are not quantised.
_PLAIN: dict[Type, np.dtype[Any]] = {Type.F32: np.dtype(np.float32), Type.F16: np.dtype(np.float16)}
# The file type, by the type of most matrices, as in llama.cpp (llama-model-loader.cpp).
_FILE_TYPES = {
    Type.F32: gguf.LlamaFileType.ALL_F32,
    Type.F16: gguf.LlamaFileType.MOSTLY_F16,
    Type.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
    Type.Q4_K: gguf.LlamaFileType.MOSTLY_Q4_K_M,
}


@dataclass(frozen=True, kw_only=True)
class About:
    """The general metadata of a file.

    Attributes:
        name: of the model.
        description: of the model.
        licence: of the model.
        card: the text of its model card.
        prompt_version: the version of Batti's prompt that the model was trained on; the engine refuses other versions.
        chat_template: the Jinja template of a stock instruct model.
        architecture: llama.cpp's name of the model family.
    """

    name: str
    description: str | None = None
    licence: str | None = None
    card: str | None = None
    prompt_version: str | None = None
    chat_template: str | None = None
    architecture: str = "llama"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The hyperparameters of a Llama.

    Attributes:
        context: context length in tokens.
        width: size of an embedding.
        layers: number of layers.
        hidden: size of the hidden layer in the feed-forward part.
        heads: number of attention heads.
        kv_heads: number of key and value heads; each is shared by `heads / kv_heads` query heads.
        epsilon: of the RMS norms.
        rope_base: base frequency of the rotary positions; None: llama.cpp's 10,000.
        head_width: size of a head, if the file must say it; None: `width / heads`.
    """

    context: int
    width: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    epsilon: float
    rope_base: float | None = None
    head_width: int | None = None

    @property
    def of_a_head(self) -> int:
        """The size of a head."""
        return self.head_width or self.width // self.heads


class Tensor(NamedTuple):
    """Name, shape and type of a tensor; `shape` is in numpy's order, rows first."""

    name: str
    shape: tuple[int, ...]
    type: Type

    @property
    def stored(self) -> tuple[int, ...]:
        """The shape in the file: in bytes if the tensor is quantised, otherwise in numbers."""
        return self.shape if self.type in _PLAIN else gguf.quant_shape_to_byte_shape(self.shape, self.type)

    @property
    def bytes(self) -> int:
        """The size in the file, in bytes."""
        return math.prod(self.stored) * (_PLAIN[self.type].itemsize if self.type in _PLAIN else 1)


def shapes(sizes: Sizes, n_vocab: int, *, output: bool = False) -> dict[str, tuple[int, ...]]:
    """The shapes of a Llama's tensors (rows first), by name, in the file's order.

    Args:
        sizes: of the model.
        n_vocab: rows of its embeddings.
        output: whether it has its own output matrix; otherwise the output is tied to the embeddings.
    """
    width, hidden = sizes.width, sizes.hidden
    queries, keys = (count * sizes.of_a_head for count in (sizes.heads, sizes.kv_heads))
    layer: dict[str, tuple[int, ...]] = {
        "attn_norm": (width,),
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, queries),
        "ffn_norm": (width,),
        "ffn_gate": (hidden, width),
        "ffn_up": (hidden, width),
        "ffn_down": (width, hidden),
    }
    found: dict[str, tuple[int, ...]] = {"token_embd.weight": (n_vocab, width), "output_norm.weight": (width,)}
    if output:
        found["output.weight"] = (n_vocab, width)
    return found | {f"blk.{i}.{part}.weight": shape for i in range(sizes.layers) for part, shape in layer.items()}


def interleaved(weights: NDArray[Any], heads: int) -> NDArray[Any]:
    """Reorder the rows of queries or keys from transformers' rotary layout (two halves) to llama.cpp's (neighbouring pairs).

    Source: llama.cpp, conversion/llama.py (LlamaModel.permute).
    """
    rows, columns = weights.shape
    return weights.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def halved(weights: NDArray[Any], heads: int) -> NDArray[Any]:
    """The reverse of `interleaved`."""
    rows, columns = weights.shape
    return weights.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def write(
    path: Path,
    about: About,
    sizes: Sizes,
    vocabulary: Vocabulary,
    tensors: Iterable[Tensor],
    weights: Callable[[Tensor], NDArray[Any]],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write a GGUF file.

    Args:
        path: the file.
        about: its general metadata.
        sizes: of the model.
        vocabulary: of the model.
        tensors: all tensors, in the file's order.
        weights: gives a tensor's weights: in float32, which are then converted to its type, or as bytes ready to store.
        on_progress: called with the bytes of weights written so far, and the total.
    """
    everything = list(tensors)
    with closing(gguf.GGUFWriter(path, about.architecture)) as writer:
        _add_about(writer, about)
        _add_sizes(writer, sizes)
        writer.add_vocab_size(len(vocabulary.tokens))
        ((usual, _),) = Counter(tensor.type for tensor in everything if len(tensor.shape) > 1).most_common(1)
        writer.add_file_type(_FILE_TYPES[usual])
        if any(tensor.type not in _PLAIN for tensor in everything):
            writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        if about.chat_template is not None:
            writer.add_chat_template(about.chat_template)
        _add_vocabulary(writer, vocabulary)
        for tensor in everything:
            kind = _PLAIN.get(tensor.type, np.dtype(np.uint8))
            writer.add_tensor_info(tensor.name, tensor.stored, kind, tensor.bytes, tensor.type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        done, total = 0, sum(tensor.bytes for tensor in everything)
        for tensor in everything:
            on_progress(done, total)
            found = weights(tensor)
            writer.write_tensor_data(found if found.dtype == np.uint8 else gguf.quantize(found, tensor.type))
            done += tensor.bytes
        on_progress(done, total)


def _add_about(writer: gguf.GGUFWriter, about: About) -> None:
    writer.add_type("model")
    writer.add_name(about.name)
    if about.description is not None:
        writer.add_description(about.description)
    if about.licence is not None:
        writer.add_license(about.licence)
    if about.card is not None:
        writer.add_string("batti.model_card", about.card)
    if about.prompt_version is not None:
        writer.add_string("batti.prompt_version", about.prompt_version)


def _add_sizes(writer: gguf.GGUFWriter, sizes: Sizes) -> None:
    writer.add_context_length(sizes.context)
    writer.add_embedding_length(sizes.width)
    writer.add_block_count(sizes.layers)
    writer.add_feed_forward_length(sizes.hidden)
    writer.add_head_count(sizes.heads)
    writer.add_head_count_kv(sizes.kv_heads)
    if sizes.head_width is not None:
        writer.add_key_length(sizes.head_width)
        writer.add_value_length(sizes.head_width)
    writer.add_layer_norm_rms_eps(sizes.epsilon)
    if sizes.rope_base is not None:
        writer.add_rope_freq_base(sizes.rope_base)
    writer.add_rope_dimension_count(sizes.of_a_head)


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(MODEL)
    writer.add_tokenizer_pre(PRE_TOKENISER)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.begin)
    writer.add_eos_token_id(vocabulary.end)
    if vocabulary.end_of_turn is not None:
        writer.add_eot_token_id(vocabulary.end_of_turn)
    if vocabulary.adds_begin is not None:
        writer.add_add_bos_token(vocabulary.adds_begin)
