"""The vocabularies that tests split texts with: the bundled model's, and Llama 3's real one, from llama.cpp's sources."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "custom_components" / "batti" / "models" / "batti-nano.gguf"
CACHE = Path(os.environ.get("BATTI_CACHE") or ROOT / ".cache")

Tokenise = Callable[[str], list[int]]


def llama3() -> Path:
    """The real vocabulary, beside the wheel that scripts/setup built."""
    found = sorted(CACHE.glob("llama-cpp-python/*/ggml-vocab-llama-bpe.gguf"))
    assert found, "scripts/setup --llama-cpp keeps ggml-vocab-llama-bpe.gguf beside the wheel; run it"
    return found[-1]


@cache
def tokeniser(path: Path) -> tuple[Tokenise, Tokenise]:
    """Tokenise as the engine tokenises what people typed, and as it tokenises its own constants."""
    import llama_cpp as api  # not every test run has it

    params = api.llama_model_default_params()
    params.vocab_only = True
    model = api.llama_model_load_from_file(str(path).encode(), params)
    assert model
    vocab = api.llama_model_get_vocab(model)

    def tokenise(text: str, special: bool) -> list[int]:
        raw = text.encode()
        tokens = (api.llama_token * (len(raw) + 8))()
        return list(tokens[: api.llama_tokenize(vocab, raw, len(raw), tokens, len(tokens), False, special)])

    return lambda text: tokenise(text, False), lambda text: tokenise(text, True)
