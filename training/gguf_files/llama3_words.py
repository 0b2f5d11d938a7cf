"""The GGUF file with Llama 3's vocabulary, from llama.cpp's sources."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def path() -> Path:
    """The path of the file: scripts/setup keeps it next to the wheel that it built.

    Raises:
        FileNotFoundError: it is not there.
    """
    cache = Path(os.environ.get("BATTI_CACHE") or _ROOT / ".cache")
    found = sorted(cache.glob("llama-cpp-python/*/ggml-vocab-llama-bpe.gguf"))
    if not found:
        raise FileNotFoundError(
            "There is no ggml-vocab-llama-bpe.gguf beside the wheel of llama-cpp-python: run scripts/setup"
        )
    return found[-1]
