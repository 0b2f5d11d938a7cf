"""The part of the prompt that all commands share: evaluated once, kept in the KV cache, saved for the next start."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from ..errors import EngineError
from .context import Loaded

_LOGGER = logging.getLogger(__name__)
_DIGEST_BYTES = hashlib.sha256().digest_size


def fill_prefix(context: Loaded, tokens: list[int], state_dir: Path | None) -> None:
    """Put the prefix into an empty context, from a saved state if there is a valid one.

    Args:
        context: the model.
        tokens: the prefix.
        state_dir: where states are kept, one file for each model; None to keep none.
    """
    if state_dir is None:
        context.fill(tokens)
        return
    key = repr((context.identity(), tokens)).encode()
    file = state_dir / f"{context.path.stem}.state"
    state = _read(file, key)
    if state is None or not context.restore(state, len(tokens)):
        context.fill(tokens)
        _save(context, file, key)


def _read(file: Path, key: bytes) -> bytes | None:
    """A saved state; None if there is none, or it is another model's or damaged (llama.cpp might crash on it)."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    digest, state = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    return state if hashlib.sha256(key + state).digest() == digest else None


def _save(context: Loaded, file: Path, key: bytes) -> None:
    """Save the state, completely or not at all. A failed write only costs time at the next start, so it is no error."""
    new = file.with_suffix(".new")
    try:
        state = context.state()
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(hashlib.sha256(key + state).digest() + state)
        new.replace(file)
    except (EngineError, OSError) as error:
        _LOGGER.warning("Cannot save the prompt's state in %s: %s", file.parent, error)
