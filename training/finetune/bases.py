"""Loads base models for fine-tuning, as a transformers model and its tokeniser.

| base | is |
|---|---|
| `nano` | the bundled model |
| `tiny` | a small Llama with random weights and the bundled model's tokeniser, for tests |
| `tiny-llama3` | the same with Llama 3's real vocabulary and scaled rotary positions |
| `llama32-1b-shape` | the same in exactly the shape of Llama 3.2 1B, to test what a machine can do |
| a file | a GGUF that `training.nano` made |
| anything else | a folder, or a model on Hugging Face; loaded with Unsloth if that runs here |

A base is the same each time it is loaded, random weights too, so that an adapter can be merged into it later.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import hardware  # isort: skip  # Unsloth comes before transformers

import torch
from huggingface_hub.errors import GatedRepoError
from tokenizers import Tokenizer
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from custom_components.batti.interpreter.language import prompt

from ..nano import gguf_file
from ..nano.llama import EPSILON, ROPE_BASE, Llama
from ..speed import shape
from . import llama3
from .hardware import Quantisation

NANO = Path(__file__).parents[2] / "custom_components" / "batti" / "models" / "batti-nano.gguf"
MAX_LENGTH = 1024  # tokens that Unsloth reserves memory for
_SEED = 3  # of random weights
_TINY = {"width": 96, "layers": 2, "heads": 4, "kv_heads": 2, "hidden": 256}
_TINY_LLAMA3 = {"width": 64, "layers": 2, "heads": 4, "kv_heads": 2, "hidden": 128}
_RANDOM = {"tiny": _TINY, "tiny-llama3": _TINY_LLAMA3, "llama32-1b-shape": asdict(shape.Shape())}
_PADDING = ("<|finetune_right_pad_id|>", "<|end_of_text|>")  # the first one that exists; padding is masked


def load(
    base: str, *, quantised: str | None = None, unsloth: bool = True
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a base model.

    Args:
        base: one of the table in this module's docstring.
        quantised: `4bit` or `8bit`, for a base from a folder or Hugging Face, if there is a GPU.
        unsloth: whether Unsloth may be used.
    """
    if base == "nano" or Path(base).is_file():
        return _load_gguf(NANO if base == "nano" else Path(base))
    if base == "tiny":
        return _random_model(_TINY, gguf_file.read(NANO)[1], stretched=False)
    if base in _RANDOM:
        return _random_model(_RANDOM[base], llama3.tokenizer(), stretched=True)
    try:
        return _pretrained(base, hardware.quantisation(quantised), unsloth and with_unsloth(base))
    except GatedRepoError as error:
        raise SystemExit(
            f"{base} is only for those who accepted its licence: do so at https://huggingface.co/{base}, then log in "
            "with `hf auth login` or set HF_TOKEN; or take unsloth/Llama-3.2-1B-Instruct, the same weights."
        ) from error
    except OSError as error:
        raise SystemExit(f"There is no model {base} here, and Hugging Face does not give it: {error}") from error


def with_unsloth(base: str) -> bool:
    """Whether Unsloth can load this base: never the ones that Batti makes itself."""
    ours = base in ("nano", *_RANDOM) or Path(base).is_file()
    return not ours and hardware.has_unsloth()


def as_transformers(model: Llama) -> LlamaForCausalLM:
    """The bundled model as transformers' Llama: the same weights, with separate matrices for query, key, value, gate, up."""
    sizes = model.shape
    config = _config(
        {name: getattr(sizes, name) for name in ("width", "layers", "heads", "hidden")} | {"kv_heads": sizes.heads},
        sizes.vocabulary,
        sizes.context,
        {"rope_type": "default", "rope_theta": ROPE_BASE},
    )
    weights = {"model.embed_tokens.weight": model.embedding.weight, "model.norm.weight": model.norm}
    for index, block in enumerate(model.blocks):
        names = {
            "input_layernorm": block.attention_norm,
            "self_attn.o_proj": block.output.weight,
            "post_attention_layernorm": block.forward_norm,
            "mlp.down_proj": block.down.weight,
        }
        names |= zip((f"self_attn.{part}_proj" for part in "qkv"), block.qkv.weight.chunk(3), strict=True)
        names |= zip(("mlp.gate_proj", "mlp.up_proj"), block.gate_up.weight.chunk(2), strict=True)
        weights |= {f"model.layers.{index}.{name}.weight": tensor for name, tensor in names.items()}
    made = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            parameter.copy_(weights.pop(name))
    assert not weights
    return made


def _load_gguf(path: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    model, tokens = gguf_file.read(path)
    return _on_device(as_transformers(model)), wrapped(tokens)


def wrapped(tokens: Tokenizer) -> PreTrainedTokenizerBase:
    """A tokeniser for transformers; its end token is the chat format's end of turn."""
    padding = next(token for token in _PADDING if tokens.token_to_id(token) is not None)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokens, bos_token=prompt.CHAT_TOKENS[0], eos_token=prompt.END_OF_TURN, pad_token=padding
    )


def _random_model(
    sizes: dict[str, int], tokens: Tokenizer, *, stretched: bool
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model with random weights; `stretched`: with Llama 3's scaled rotary positions."""
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": ROPE_BASE}
    context = MAX_LENGTH
    if stretched:
        context = shape.Shape().context
        rope = {
            "rope_type": "llama3",
            "rope_theta": shape.ROPE_BASE,
            "factor": shape.ROPE_FACTOR,
            "low_freq_factor": shape.ROPE_LOW,
            "high_freq_factor": shape.ROPE_HIGH,
            "original_max_position_embeddings": shape.ROPE_TRAINED,
        }
    with torch.random.fork_rng():
        torch.manual_seed(_SEED)
        model = LlamaForCausalLM(_config(sizes, tokens.get_vocab_size(), context, rope))
    return _on_device(model), wrapped(tokens)


def _config(sizes: dict[str, int], vocabulary: int, context: int, rope: dict[str, Any]) -> LlamaConfig:
    return LlamaConfig(
        initializer_range=sizes["width"] ** -0.5,  # for random weights only: large enough that an adapter can learn
        vocab_size=vocabulary,
        hidden_size=sizes["width"],
        intermediate_size=sizes["hidden"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        num_key_value_heads=sizes["kv_heads"],
        max_position_embeddings=context,
        rms_norm_eps=EPSILON,
        rope_parameters=rope,
        tie_word_embeddings=True,
    )


def _on_device(model: PreTrainedModel) -> PreTrainedModel:
    return model.to("cuda" if hardware.has_gpu() else "cpu").eval()


def _pretrained(
    base: str, quantisation: Quantisation | None, unsloth: bool
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    if unsloth:
        from unsloth import FastLanguageModel

        # Source: https://docs.unsloth.ai/get-started/fine-tuning-llms-guide
        model, tokenizer = FastLanguageModel.from_pretrained(
            base,
            max_seq_length=MAX_LENGTH,
            dtype=hardware.number_type(),
            load_in_4bit=quantisation is Quantisation.FOUR_BITS,
            load_in_8bit=quantisation is Quantisation.EIGHT_BITS,
        )
        return model, _with_chat_end(tokenizer)
    tokenizer = AutoTokenizer.from_pretrained(base)
    chosen = _bits_and_bytes(quantisation) if quantisation else None
    model = AutoModelForCausalLM.from_pretrained(base, dtype=hardware.number_type(), quantization_config=chosen)
    return (model if chosen else _on_device(model)), _with_chat_end(tokenizer)


def _bits_and_bytes(quantisation: Quantisation) -> BitsAndBytesConfig:
    """4 bits as in QLoRA (Dettmers and others, 2023): NF4 weights, and the scales quantised too."""
    if quantisation is Quantisation.EIGHT_BITS:
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=hardware.number_type(),
    )


def _with_chat_end(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """Set the end and padding tokens: Llama 3.2 1B without Instruct has another end token, and no padding token."""
    known = tokenizer.get_vocab()
    if missing := [token for token in prompt.CHAT_TOKENS if token not in known]:
        raise SystemExit(f"This is no Llama 3: its tokeniser has no {', '.join(missing)}")
    tokenizer.eos_token = prompt.END_OF_TURN
    tokenizer.pad_token = next(token for token in _PADDING if token in known)
    return tokenizer
