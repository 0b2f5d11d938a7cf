"""A model that `train.py` trained as GGUF, stamped with what it needs to know of Batti; and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer

from custom_components.batti.interpreter import prompt

from . import tokenizer as tokenisers
from .llama import EPSILON, ROPE_BASE, Block, Llama, Shape

_PARTS = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")


def write(model: Llama, tokens: Tokenizer, path: Path, name: str = "Batti nano") -> None:
    """Write a model as GGUF; matrices as Q8_0, norms as F32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "llama")
    _describe(writer, model.shape, name)
    vocabulary(writer, tokens)
    for key, tensor in _tensors(model):
        if tensor.ndim == 1:
            writer.add_tensor(key, tensor)
        else:
            quantised = gguf.quantize(tensor, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(key, quantised, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: Shape, name: str) -> None:
    writer.add_name(name)
    writer.add_license("MIT")
    writer.add_description("Nepali, English and mixed sentences to Home Assistant light actions")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    stamp(writer)


def stamp(writer: gguf.GGUFWriter) -> None:
    """Say what prompt the model speaks: the engine refuses files of another version."""
    writer.add_string("batti.prompt_version", prompt.VERSION)


def vocabulary(writer: gguf.GGUFWriter, tokens: Tokenizer, size: int | None = None) -> None:
    """Write a tokeniser, ours or Llama 3's, as llama.cpp's `gpt2` model with Llama 3's pre-tokenisation.

    Args:
        writer: of the file.
        tokens: the tokeniser.
        size: rows of the embeddings, where these may be more than there are tokens.
    """
    texts = {number: text for text, number in tokens.get_vocab(with_added_tokens=True).items()}
    added = tokens.get_added_tokens_decoder()
    numbers = range(size or len(texts))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([texts.get(number, f"[PAD{number}]") for number in numbers])
    writer.add_token_types([_kind(added.get(number), number in texts) for number in numbers])
    writer.add_token_merges(tokenisers.merges(tokens))
    writer.add_bos_token_id(tokens.token_to_id("<|begin_of_text|>"))
    writer.add_eos_token_id(tokens.token_to_id(prompt.END_OF_TURN))
    writer.add_add_bos_token(False)


def _kind(added: AddedToken | None, known: bool) -> gguf.TokenType:
    if not known:
        return gguf.TokenType.UNUSED
    if added is None:
        return gguf.TokenType.NORMAL
    return gguf.TokenType.CONTROL if added.special else gguf.TokenType.USER_DEFINED


def _tensors(model: Llama) -> list[tuple[str, np.ndarray]]:
    """Weights under llama.cpp's names; queries and keys reordered for its rotary positions."""
    shape = model.shape

    def of(tensor: torch.Tensor) -> np.ndarray:
        return tensor.detach().float().numpy()

    tensors = [("token_embd.weight", of(model.embedding.weight)), ("output_norm.weight", of(model.norm))]
    for index, block in enumerate(model.blocks):
        query, key, value = block.qkv.weight.chunk(3)
        gate, up = block.gate_up.weight.chunk(2)
        parts = (
            block.attention_norm,
            interleaved(query, shape.heads),
            interleaved(key, shape.heads),
            value,
            block.output.weight,
            block.forward_norm,
            gate,
            up,
            block.down.weight,
        )
        tensors += [(f"blk.{index}.{part}.weight", of(tensor)) for part, tensor in zip(_PARTS, parts, strict=True)]
    return tensors


def interleaved(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows from halves to neighbouring pairs, as in llama.cpp's convert_hf_to_gguf.py (LlamaModel.permute)."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def read(path: Path) -> tuple[Llama, Tokenizer]:
    """A model and its tokeniser from a GGUF that `write` wrote, or from the folder of a run of `train.py`."""
    return _read_gguf(path) if path.is_file() else _read_run(path)


def _read_gguf(path: Path) -> tuple[Llama, Tokenizer]:
    reader = gguf.GGUFReader(path)

    def field(key: str) -> Any:
        return reader.fields[key].contents()

    texts = field("tokenizer.ggml.tokens")
    tokens = tokenisers.from_parts(texts, field("tokenizer.ggml.merges"))
    shape = Shape(
        vocabulary=len(texts),
        width=field("llama.embedding_length"),
        layers=field("llama.block_count"),
        heads=field("llama.attention.head_count"),
        hidden=field("llama.feed_forward_length"),
        context=field("llama.context_length"),
    )
    weights = {one.name: torch.from_numpy(gguf.dequantize(one.data, one.tensor_type).copy()) for one in reader.tensors}
    model = Llama(shape)
    with torch.no_grad():
        model.embedding.weight.copy_(weights["token_embd.weight"])
        model.norm.copy_(weights["output_norm.weight"])
        for index, block in enumerate(model.blocks):
            _fill(block, {key: weights[f"blk.{index}.{key}.weight"] for key in _PARTS}, shape.heads)
    return model, tokens


def _fill(block: Block, parts: dict[str, torch.Tensor], heads: int) -> None:
    query, key = (_halved(parts[part], heads) for part in ("attn_q", "attn_k"))
    block.attention_norm.copy_(parts["attn_norm"])
    block.qkv.weight.copy_(torch.cat((query, key, parts["attn_v"])))
    block.output.weight.copy_(parts["attn_output"])
    block.forward_norm.copy_(parts["ffn_norm"])
    block.gate_up.weight.copy_(torch.cat((parts["ffn_gate"], parts["ffn_up"])))
    block.down.weight.copy_(parts["ffn_down"])


def _halved(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """The reverse of `interleaved`."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _read_run(folder: Path) -> tuple[Llama, Tokenizer]:
    saved = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    model = Llama(Shape(**saved["shape"]))
    model.load_state_dict(saved["average"])
    return model, tokenisers.load(folder / "tokenizer.json")
