"""Writes a GGUF of exactly Llama 3.2 1B's shape, with Llama 3's real vocabulary and random weights.

    python -m training.speed.shape --out FILE [--quantisation Q4_K_M|Q8_0] [--seed N]

Its answers are nonsense, but it loads, uses memory and time, and takes prompts like the real model: enough for tests that do
not depend on the answers. Quantised blocks are random bytes, so it takes seconds. Sizes: Meta's model card of Llama 3.2;
tensors and metadata: llama.cpp, conversion/llama.py.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from ..gguf_files import llama3_words, writing
from ..gguf_files import vocabulary as vocabularies
from ..gguf_files.writing import About, Sizes, Tensor

NAME = "Random weights in the shape of Llama 3.2 1B"
EPSILON = 1e-5
ROPE_BASE = 500_000.0
# Llama 3.2 scales the low rotary frequencies: `rope_scaling` in its config.json.
ROPE_FACTOR, ROPE_LOW, ROPE_HIGH, ROPE_TRAINED = 32.0, 1.0, 4.0, 8192
# Llama 3's chat template without tools and dates.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    "{% endif %}"
)
_ROPE_FACTORS = "rope_freqs.weight"

# Quantised blocks, from llama.cpp's ggml-common.h; all but the scales d and dmin is random.
_LAYOUTS = {
    Type.Q4_K: np.dtype([("d", "<f2"), ("dmin", "<f2"), ("scales", "u1", 12), ("qs", "u1", 128)]),
    Type.Q6_K: np.dtype([("ql", "u1", 128), ("qh", "u1", 64), ("scales", "i1", 16), ("d", "<f2")]),
    Type.Q8_0: np.dtype([("d", "<f2"), ("qs", "i1", 32)]),
}
# The mean of unsigned 4-bit values; dmin * scale subtracts it.
_MEAN_4_BITS = 7.5
# The standard deviation of a block's values at d = 1: 6 bits * 4 bits - 7.5 * 6 bits, 8 bits * 6 bits, 8 bits; all even.
_SPREADS = {Type.Q4_K: 258.3, Type.Q6_K: 1365.7, Type.Q8_0: 73.9}


class Quantisation(StrEnum):
    """The quantisations of this model that people use."""

    Q4_K_M = "Q4_K_M"
    Q8_0 = "Q8_0"


@dataclass(frozen=True)
class Shape:
    """Sizes of a model, by default Llama 3.2 1B's; `width` and `hidden` must be multiples of 256."""

    width: int = 2048
    layers: int = 16
    heads: int = 32
    kv_heads: int = 8
    hidden: int = 8192
    context: int = 131_072


def tensors(shape: Shape, n_vocab: int, quantisation: Quantisation) -> Iterator[Tensor]:
    """All tensors, in the file's order."""
    usual, more = (Type.Q4_K, Type.Q6_K) if quantisation is Quantisation.Q4_K_M else (Type.Q8_0, Type.Q8_0)
    better = {"token_embd.weight"}  # also the output matrix
    for i in range(shape.layers):
        if _more_bits(i, shape.layers):
            better |= {f"blk.{i}.attn_v.weight", f"blk.{i}.ffn_down.weight"}
    yield Tensor(_ROPE_FACTORS, (shape.width // shape.heads // 2,), Type.F32)
    for name, sizes in writing.shapes(_sizes(shape), n_vocab).items():
        matrix = more if name in better else usual
        yield Tensor(name, sizes, matrix if len(sizes) == 2 else Type.F32)


def _sizes(shape: Shape) -> Sizes:
    return Sizes(**asdict(shape), epsilon=EPSILON, rope_base=ROPE_BASE)


def _more_bits(layer: int, layers: int) -> bool:
    """Whether Q4_K_M uses more bits for a layer's attn_v and ffn_down: `use_more_bits` in llama.cpp's llama-quant.cpp."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def rope_factors(shape: Shape) -> NDArray[np.float32]:
    """The divisor of each rotary frequency: 1 for high ones, `ROPE_FACTOR` for low ones, interpolated in between."""
    size = shape.width // shape.heads
    turns = ROPE_TRAINED * ROPE_BASE ** (-np.arange(0, size, 2) / size) / (2 * math.pi)  # within the trained context
    kept = np.clip((turns - ROPE_LOW) / (ROPE_HIGH - ROPE_LOW), 0, 1)
    return (1 / ((1 - kept) / ROPE_FACTOR + kept)).astype(np.float32)


def write(
    path: Path,
    shape: Shape | None = None,
    quantisation: Quantisation = Quantisation.Q4_K_M,
    *,
    seed: int = 0,
    words: Path | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write a model, with one tensor at a time in memory.

    Args:
        path: the GGUF file.
        shape: its sizes.
        quantisation: of its matrices.
        seed: of the random weights.
        words: a GGUF file whose vocabulary is used; None: Llama 3's.
        on_progress: called with the bytes of weights written so far, and the total.
    """
    shape = shape or Shape()
    about = About(
        name=NAME,
        description="Says nothing sensible; made by Batti's training/speed/shape.py for trying out",
        chat_template=CHAT_TEMPLATE,
    )
    vocabulary = vocabularies.read(words or llama3_words.path())
    random = np.random.default_rng(seed)
    writing.write(
        path,
        about,
        _sizes(shape),
        vocabulary,
        tensors(shape, len(vocabulary.tokens), quantisation),
        lambda tensor: _weights(tensor, shape, random),
        on_progress,
    )


def _weights(tensor: Tensor, shape: Shape, random: np.random.Generator) -> NDArray[Any]:
    """Rotary factors, ones for a norm, or random blocks with the standard deviation of newly initialised weights."""
    if tensor.name == _ROPE_FACTORS:
        return rope_factors(shape)
    if tensor.type not in _LAYOUTS:
        return np.ones(tensor.shape, np.float32)
    raw = random.integers(0, 256, tensor.stored, np.uint8)
    blocks = raw.view(_LAYOUTS[tensor.type])
    scale = tensor.shape[-1] ** -0.5 / _SPREADS[tensor.type]
    blocks["d"] = scale
    if tensor.type is Type.Q4_K:
        blocks["dmin"] = _MEAN_4_BITS * scale
    return raw


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quantisation", type=Quantisation, choices=list(Quantisation), default=Quantisation.Q4_K_M)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(f"{options.out.name}: the vocabulary", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, description=options.out.name, completed=done, total=total)

        write(options.out, quantisation=options.quantisation, seed=options.seed, on_progress=show)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
