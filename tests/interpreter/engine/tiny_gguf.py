"""Writes a Llama model with random weights and a small byte-level vocabulary: real, though it says nothing sensible."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from custom_components.batti.interpreter import prompt
from custom_components.batti.interpreter.prompt import CHAT_TOKENS

# Words that become single tokens, more or less; everything else is written in bytes.
WORDS = (
    *("action", " light", "turn", "_on", "_off", " toggle", "target", "data", "except", "brightness", "_pct", "_step"),
    *("color", "_name", "_temp", "_kelvin", "transition", " flash", " short", " bansa", " bedrum", " batti", " bati"),
    *(" ko", " ma", " bala", " nibau", " HERE", " ALL", "   ", " -", "system", "user", "assistant", "\n\n"),
)
CHAT_TEMPLATE = "{% for message in messages %}<|start_header_id|>{{ message.role }}<|end_header_id|> …"
CONTROL, NORMAL = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL


def write_model(
    path: Path,
    *,
    seed: int = 0,
    width: int = 64,
    layers: int = 2,
    n_ctx: int = 1024,
    architecture: str = "llama",
    version: str | None = prompt.VERSION,
    chat_template: str | None = None,
) -> Path:
    """Write a GGUF file of `layers` layers, `width` wide (a multiple of 32), F32.

    Without our prompt's version and with Llama 3's chat template it is a stock instruct model.
    """
    tokens, merges = _vocabulary()
    writer = gguf.GGUFWriter(path, architecture)
    if version is not None:
        writer.add_string("batti.prompt_version", version)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    writer.add_context_length(n_ctx)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_rope_dimension_count(width // 4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types([CONTROL if token in CHAT_TOKENS else NORMAL for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index(CHAT_TOKENS[0]))
    writer.add_eos_token_id(tokens.index(CHAT_TOKENS[1]))
    writer.add_eot_token_id(tokens.index(prompt.END_OF_TURN))
    for name, weights in _weights(np.random.default_rng(seed), len(tokens), width, layers):
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _vocabulary() -> tuple[list[str], list[str]]:
    letters = _byte_letters()
    tokens, merges = list(letters.values()), []
    for word in WORDS:
        text = "".join(letters[byte] for byte in word.encode())
        for end in range(2, len(text) + 1):
            if text[:end] not in tokens:
                tokens.append(text[:end])
                merges.append(f"{text[: end - 1]} {text[end - 1]}")
    return [*tokens, *CHAT_TOKENS], merges


def _byte_letters() -> dict[int, str]:
    """GPT-2's way to write every byte as a printable letter; source: openai/gpt-2, src/encoder.py."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def _weights(
    random: np.random.Generator, n_vocab: int, width: int, layers: int
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    def matrix(rows: int, columns: int, scale: float = 1.0) -> NDArray[np.float32]:
        return random.standard_normal((rows, columns), np.float32) * np.float32(scale / math.sqrt(columns))

    yield "token_embd.weight", matrix(n_vocab, width, 4.0)
    yield "output_norm.weight", np.ones(width, np.float32)
    output = matrix(n_vocab, width, 3.0)
    output[-1] *= 4  # the end of the turn is often the likeliest token, so that answers end
    yield "output.weight", output
    for i in range(layers):
        yield f"blk.{i}.attn_norm.weight", np.ones(width, np.float32)
        yield f"blk.{i}.attn_q.weight", matrix(width, width)
        yield f"blk.{i}.attn_k.weight", matrix(width // 2, width)
        yield f"blk.{i}.attn_v.weight", matrix(width // 2, width)
        yield f"blk.{i}.attn_output.weight", matrix(width, width)
        yield f"blk.{i}.ffn_norm.weight", np.ones(width, np.float32)
        yield f"blk.{i}.ffn_gate.weight", matrix(2 * width, width)
        yield f"blk.{i}.ffn_up.weight", matrix(2 * width, width)
        yield f"blk.{i}.ffn_down.weight", matrix(width, 2 * width)
