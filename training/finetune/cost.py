"""Computes (does not measure) time, memory and price of fine-tuning Llama 3.2 1B on common GPUs.

    python -m training.finetune.cost --recipe training/recipes/llama32_1b_lora.yaml --data training/.data/train.jsonl

Time: per weight and token, 2 operations in the forward pass and 2 in the backward pass (the base weights get no gradient);
2 more with gradient checkpointing. A GPU is assumed to reach a share of the peak in its data sheet. Memory: the base model,
the adapter with its gradient and Adam's two averages, and the activations of the longest batch. Prices are those in
`recipes/gpus.yaml`; they differ and change. Not included: answering validation sentences, generating the data set.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from ..data import dataset
from ..data.phrasebook import TRAIN
from ..speed.shape import Shape

GPUS = Path(__file__).parents[1] / "recipes" / "gpus.yaml"
_SAMPLE = 2000  # lines whose tokens are counted
# Bytes per weight of the base's matrices: bfloat16, LLM.int8, 4 bits with double quantisation (QLoRA's 4.127 bits).
_BYTES_PER_WEIGHT = {None: 2.0, "8bit": 1.0, "4bit": 4.127 / 8}
_SLOWDOWN = {None: 1.0, "8bit": 1.6, "4bit": 1.25}  # for dequantising the weights; guessed
_ADAPTER_BYTES = 16  # bytes per weight: the weight, its gradient, two averages, all in float32
_LOGIT_BYTES = 10  # bytes per logit: in bfloat16, in float32, its gradient
_OVERHEAD = 0.8e9  # bytes: the CUDA context and unused memory of the allocator


@dataclass(frozen=True)
class Cost:
    """The cost of a recipe: operations in all steps; peak memory with all logits, and with fused logits."""

    tokens: int
    operations: float
    bytes: float
    bytes_fused: float


def weights(shape: Shape, vocabulary: int) -> tuple[int, int]:
    """The number of weights in the matrices of all layers, and in the embeddings.

    >>> sum(weights(Shape(), 128_256))
    1235746816
    """
    kv = shape.width // shape.heads * shape.kv_heads
    layer = 2 * shape.width * (shape.width + kv) + 3 * shape.width * shape.hidden
    return shape.layers * layer, vocabulary * shape.width


def adapter_weights(shape: Shape, lora: dict[str, Any]) -> int:
    """The number of weights of an adapter: for each matrix, the rank times (rows + columns).

    >>> every = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    >>> adapter_weights(Shape(), {"rank": 16, "targets": every})
    11272192
    """
    kv = shape.width // shape.heads * shape.kv_heads
    outward = {"q_proj": shape.width, "o_proj": shape.width, "k_proj": kv, "v_proj": kv}
    ends = {name: shape.width + rows for name, rows in outward.items()}
    ends |= dict.fromkeys(("gate_proj", "up_proj", "down_proj"), shape.width + shape.hidden)
    return int(shape.layers * lora["rank"] * sum(ends[name] for name in lora["targets"]))


def cost(recipe: dict[str, Any], lengths: Sequence[int], sentences: int, vocabulary: int, shape: Shape) -> Cost:
    """The cost of a recipe for a number of sentences, whose lengths in tokens are distributed like `lengths`."""
    training, quantised = recipe["training"], recipe.get("quantised")
    matrices, embeddings = weights(shape, vocabulary)
    twice = training.get("gradient_checkpointing", False)
    tokens = sum(lengths) / len(lengths) * sentences * training["epochs"]
    operations = tokens * (matrices + embeddings) * (6 if twice else 4) * _SLOWDOWN[quantised]
    kept = matrices * _BYTES_PER_WEIGHT[quantised] + embeddings * 2
    kept += adapter_weights(shape, recipe["lora"]) * _ADAPTER_BYTES + _OVERHEAD
    batch = training["batch"] * max(lengths)
    kv = shape.width // shape.heads * shape.kv_heads
    layer = 2 * (7 * shape.width + 2 * kv + 4 * shape.hidden)  # activations that a layer's gradients need, in 16 bits
    kept += batch * (2 * shape.width * shape.layers + layer if twice else layer * shape.layers)
    return Cost(round(tokens), operations, kept + batch * vocabulary * _LOGIT_BYTES, kept)


def show(found: Cost, gpus: dict[str, Any], console: Console) -> None:
    """Print the cost for each GPU."""
    table = Table("GPU", "memory GB", "it takes GB", "minutes", "USD", title=f"{found.tokens:,} tokens; computed")
    for name, gpu in gpus["gpus"].items():
        hours = found.operations / (gpu["teraflops"] * 1e12 * gpus["share"]) / 3600
        fits = (
            ""
            if found.bytes < gpu["memory"] * 1e9
            else ", tight"
            if found.bytes_fused < gpu["memory"] * 1e9
            else ", no"
        )
        taken = f"{found.bytes_fused / 1e9:.1f} to {found.bytes / 1e9:.1f}{fits}"
        price = f"{hours * gpu['price']:.2f}" if gpu.get("price") else "yours"
        table.add_row(name, str(gpu["memory"]), taken, f"{60 * hours:.0f}", price)
    console.print(table)
    console.print("Of the two figures of memory the first is with fused logits, as Unsloth and trl compute them.")


def main() -> None:
    """Compute and print the cost of a recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="train.jsonl; without it, sentences are generated")
    options = parser.parse_args()
    from . import bases, chat, llama3  # they import PyTorch, which the arithmetic does not need

    recipe = yaml.safe_load(options.recipe.read_text(encoding="utf-8"))
    made = map(dataset.messages, dataset.sentences(recipe["seed"], TRAIN, _SAMPLE))
    lines = list(islice(dataset.read(options.data) if options.data else made, _SAMPLE))
    tokenizer = bases.wrapped(llama3.tokenizer())
    lengths = [len(chat.encode(tokenizer, line, 1 << 20)["input_ids"]) for line in lines]
    limit = recipe["training"]["max_length"]
    fitting = [length for length in lengths if length <= limit]
    console = Console()
    console.print(
        f"Sentences have {sum(lengths) / len(lengths):.0f} tokens on average with prompt and answer, at most {max(lengths)}; "
        f"{len(lengths) - len(fitting)} of {len(lengths)} have more than {limit}."
    )
    show(
        cost(recipe, fitting, recipe["data"]["train"], len(tokenizer), Shape()),
        yaml.safe_load(GPUS.read_text(encoding="utf-8")),
        console,
    )


if __name__ == "__main__":
    main()
