"""The file with Llama 3's vocabulary, which llama.cpp's sources carry."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def path() -> Path:
    """Where scripts/setup keeps it, beside the wheel that it built.

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
