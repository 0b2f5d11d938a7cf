"""Writes a Llama model with random weights and a small byte-level vocabulary: real, though it says nothing sensible."""

from __future__ import annotations

import math
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.prompt import CHAT_TOKENS
from training.gguf_files import writing
from training.gguf_files.vocabulary import Vocabulary
from training.gguf_files.writing import About, Sizes, Tensor

# Words that become single tokens, more or less; everything else is written in bytes.
WORDS = (
    *("action", " light", "turn", "_on", "_off", " toggle", "target", "data", "except", "brightness", "_pct", "_step"),
    *("color", "_name", "_temp", "_kelvin", "transition", " flash", " short", " A", " B", " Q", " batti", " bati"),
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
    vocabulary = _vocabulary()
    sizes = Sizes(context=n_ctx, width=width, layers=layers, hidden=2 * width, heads=4, kv_heads=2, epsilon=1e-5)
    about = About(
        name="Tiny",
        prompt_version=version,
        chat_template=chat_template,
        architecture=architecture,
    )
    shapes = writing.shapes(sizes, len(vocabulary.tokens), output=True)
    tensors = (Tensor(name, shape, gguf.GGMLQuantizationType.F32) for name, shape in shapes.items())
    random = np.random.default_rng(seed)
    writing.write(path, about, sizes, vocabulary, tensors, lambda tensor: _weights(tensor, random))
    return path


def _vocabulary() -> Vocabulary:
    letters = _byte_letters()
    tokens, merges = list(letters.values()), []
    for word in WORDS:
        text = "".join(letters[byte] for byte in word.encode())
        for end in range(2, len(text) + 1):
            if text[:end] not in tokens:
                tokens.append(text[:end])
                merges.append(f"{text[: end - 1]} {text[end - 1]}")
    tokens += CHAT_TOKENS
    begin, end, end_of_turn = map(tokens.index, (*CHAT_TOKENS[:2], prompt.END_OF_TURN))
    types = [CONTROL if token in CHAT_TOKENS else NORMAL for token in tokens]
    return Vocabulary(tokens, types, merges, begin, end, end_of_turn)


def _byte_letters() -> dict[int, str]:
    """GPT-2's way to write every byte as a printable letter; source: openai/gpt-2, src/encoder.py."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def _weights(tensor: Tensor, random: np.random.Generator) -> NDArray[np.float32]:
    """Ones for a norm, or random numbers whose spread keeps the size of what goes through a matrix."""
    if len(tensor.shape) == 1:
        return np.ones(tensor.shape, np.float32)
    scale = {"token_embd.weight": 4.0, "output.weight": 3.0}.get(tensor.name, 1.0)
    weights = random.standard_normal(tensor.shape, np.float32) * np.float32(scale / math.sqrt(tensor.shape[1]))
    if tensor.name == "output.weight":
        weights[-1] *= 4  # the end of the turn is often the likeliest token, so that answers end
    return weights
