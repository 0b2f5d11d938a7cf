"""The bundled model as a GGUF file, written and read. The file also holds the version of Batti's prompt."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from tokenizers import Tokenizer

from custom_components.batti.interpreter.language import prompt

from ..gguf_files import vocabulary as vocabularies
from ..gguf_files import writing
from ..gguf_files.reading import Reader
from ..gguf_files.writing import About, Sizes, Tensor, halved, interleaved
from . import tokenizer as tokenisers
from .llama import EPSILON, ROPE_BASE, Block, Llama, Shape

_PARTS = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")
_ABOUT = About(
    name="Batti nano",
    description="Nepali, English and mixed sentences to Home Assistant light actions",
    licence="MIT",
    prompt_version=prompt.VERSION,
)


def write(model: Llama, tokens: Tokenizer, path: Path) -> None:
    """Write a model as GGUF: matrices as Q8_0, norms as F32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = _tensors(model)
    tensors = (Tensor(name, one.shape, Type.F32 if one.ndim == 1 else Type.Q8_0) for name, one in numbers.items())
    vocabulary = tokenisers.vocabulary_of(tokens)
    writing.write(path, _ABOUT, _sizes(model.shape), vocabulary, tensors, lambda tensor: numbers[tensor.name])


def _sizes(shape: Shape) -> Sizes:
    return Sizes(
        context=shape.context,
        width=shape.width,
        layers=shape.layers,
        hidden=shape.hidden,
        heads=shape.heads,
        kv_heads=shape.heads,
        epsilon=EPSILON,
        rope_base=ROPE_BASE,
    )


def _tensors(model: Llama) -> dict[str, np.ndarray]:
    """All weights under llama.cpp's names; queries and keys reordered for its rotary positions."""
    heads = model.shape.heads

    def of(tensor: torch.Tensor) -> np.ndarray:
        return tensor.detach().float().numpy()

    tensors = {"token_embd.weight": of(model.embedding.weight), "output_norm.weight": of(model.norm)}
    for index, block in enumerate(model.blocks):
        query, key, value = (of(part) for part in block.qkv.weight.chunk(3))
        gate, up = (of(part) for part in block.gate_up.weight.chunk(2))
        parts = (
            of(block.attention_norm),
            interleaved(query, heads),
            interleaved(key, heads),
            value,
            of(block.output.weight),
            of(block.forward_norm),
            gate,
            up,
            of(block.down.weight),
        )
        tensors |= {f"blk.{index}.{part}.weight": one for part, one in zip(_PARTS, parts, strict=True)}
    return tensors


def read(path: Path) -> tuple[Llama, Tokenizer]:
    """A model and its tokeniser, from a GGUF that `write` wrote or from the run folder of `train.py`."""
    return _read_gguf(path) if path.is_file() else _read_run(path)


def _read_gguf(path: Path) -> tuple[Llama, Tokenizer]:
    reader = Reader(path)

    def size(key: str) -> int:
        found: int = reader.fields[f"llama.{key}"].contents()
        return found

    vocabulary = vocabularies.read(path)
    shape = Shape(
        vocabulary=len(vocabulary.tokens),
        width=size("embedding_length"),
        layers=size("block_count"),
        heads=size("attention.head_count"),
        hidden=size("feed_forward_length"),
        context=size("context_length"),
    )
    numbers = {one.name: gguf.dequantize(one.data, one.tensor_type) for one in reader.tensors}
    model = Llama(shape)
    with torch.no_grad():
        model.embedding.weight.copy_(_tensor(numbers["token_embd.weight"]))
        model.norm.copy_(_tensor(numbers["output_norm.weight"]))
        for index, block in enumerate(model.blocks):
            _fill(block, {part: numbers[f"blk.{index}.{part}.weight"] for part in _PARTS}, shape.heads)
    return model, tokenisers.from_vocabulary(vocabulary)


def _fill(block: Block, parts: dict[str, np.ndarray], heads: int) -> None:
    parts |= {part: halved(parts[part], heads) for part in ("attn_q", "attn_k")}
    one = {part: _tensor(numbers) for part, numbers in parts.items()}
    block.attention_norm.copy_(one["attn_norm"])
    block.qkv.weight.copy_(torch.cat((one["attn_q"], one["attn_k"], one["attn_v"])))
    block.output.weight.copy_(one["attn_output"])
    block.forward_norm.copy_(one["ffn_norm"])
    block.gate_up.weight.copy_(torch.cat((one["ffn_gate"], one["ffn_up"])))
    block.down.weight.copy_(one["ffn_down"])


def _tensor(numbers: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(numbers.copy())  # copied, because the memory map of the file is read-only


def _read_run(folder: Path) -> tuple[Llama, Tokenizer]:
    saved = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    model = Llama(Shape(**saved["shape"]))
    model.load_state_dict(saved["average"])
    return model, tokenisers.load(folder / "tokenizer.json")
