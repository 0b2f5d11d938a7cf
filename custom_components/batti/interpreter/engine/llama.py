"""One llama.cpp context, through llama-cpp-python's low-level bindings.

Use it from one thread only: two calls at once on one context crash. llama.h in llama.cpp's sources explains every call.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections import deque
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import EngineError
from ..language.prompt import END_OF_TURN
from .context import MICRO_BATCH, Logits, check_family, identity_of, not_loaded, only_token, threads_for
from .evaluator import Evaluator
from .gguf_header import check_file

if find_spec("diskcache") is None:  # llama_cpp imports it, for a cache that nobody uses here
    sys.modules["diskcache"] = ModuleType("diskcache")
import llama_cpp as api

_LONGEST_METADATA = 32_768  # bytes; a chat template has some thousands
_WRITABLE = re.compile(rb"[a-zA-Z0-9 ]+|\n")
_SEQUENCE = 0
_LOG_ERROR = 4  # GGML_LOG_LEVEL_ERROR in ggml.h; llama-cpp-python's _logger.py has other numbers

_complaints: deque[str] = deque(maxlen=4)  # llama.cpp's logger is global


@api.llama_log_callback  # type: ignore[untyped-decorator]
def _keep_errors(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    if level == _LOG_ERROR:
        _complaints.append(text.decode(errors="replace").strip())


class LlamaContext:
    """A loaded model and its KV cache; see `context.Loaded` and `context.Context`.

    Args:
        path: a GGUF file.
        n_ctx: context size, in tokens: for a prompt and its answer together; less if the model was trained on less.
        threads: number of threads; if None, `context.threads_for` decides.

    Raises:
        ModelMissing: there is no such file, or it cannot be read.
        ModelRefused: llama.cpp cannot load it, or it is not a Llama.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int | None = None) -> None:
        """Load the model."""
        check_file(path)
        api.llama_log_set(_keep_errors, ctypes.c_void_p(0))
        api.llama_backend_init()
        self.path = path
        self.engine = f"llama-cpp-python {api.__version__}"
        self._model = self._load()
        check_family(self.metadata("general.architecture"), path)
        self._vocab = api.llama_model_get_vocab(self._model)
        self._n_vocab = api.llama_vocab_n_tokens(self._vocab)
        self.size = min(n_ctx, api.llama_model_n_ctx_train(self._model))
        self._context = self._open(threads)
        self._memory = api.llama_get_memory(self._context)
        self._batch = self._new_batch()
        self.length = 0
        # llama.cpp may guess <|end_of_text|> as the end of a turn; our prompt defines which token it is.
        self.end = only_token(self.tokenize(END_OF_TURN, special=True), END_OF_TURN, path)
        pieces = map(self.piece, range(self._n_vocab))
        self.writable = np.fromiter((_WRITABLE.fullmatch(piece) is not None for piece in pieces), np.bool_)

    @property
    def parameters(self) -> int:
        """Number of the model's parameters."""
        count: int = api.llama_model_n_params(self._model)
        return count

    def _load(self) -> Any:
        params = api.llama_model_default_params()
        params.n_gpu_layers = 0
        _complaints.clear()
        model = api.llama_model_load_from_file(str(self.path).encode(), params)
        if model is None:
            raise not_loaded(self.path, _reason())
        return model

    def _open(self, threads: int | None) -> Any:
        threads = threads or threads_for(self.parameters, os.cpu_count())
        params = api.llama_context_default_params()
        params.n_ctx = params.n_batch = self.size
        params.n_ubatch = min(MICRO_BATCH, self.size)
        params.n_threads = params.n_threads_batch = threads
        context = api.llama_init_from_model(self._model, params)
        if context is None:
            raise EngineError(f"llama.cpp cannot open {self.path.name}: {_reason()}")
        return context

    def _new_batch(self) -> Any:
        batch = api.llama_batch_init(self.size, 0, 1)
        for i in range(self.size):
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = _SEQUENCE
        return batch

    def metadata(self, key: str) -> str | None:
        """A value of the GGUF file's metadata as text; None if there is no such key."""
        buffer = ctypes.create_string_buffer(_LONGEST_METADATA)
        found = api.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode(errors="replace") if found >= 0 else None

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text; control tokens in it are read as such only if `special`."""
        raw = text.encode()
        tokens = (api.llama_token * (len(raw) + 1))()
        count = api.llama_tokenize(self._vocab, raw, len(raw), tokens, len(tokens), False, special)
        if count < 0:
            raise EngineError(f"llama.cpp cannot tokenise a text of {len(raw)} bytes")
        return list(tokens[:count])

    def tokenize_lines(self, lines: Sequence[str]) -> list[list[int]]:
        """Tokens of lines, each line tokenised alone."""
        return [self.tokenize(line) for line in lines]

    def piece(self, token: int) -> bytes:
        """The text of a token; empty for control tokens."""
        buffer = ctypes.create_string_buffer(256)
        count = api.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(count, 0)]

    def evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        """Evaluate tokens after those in the KV cache; logits after the last, or after every one: (rows, vocabulary)."""
        count, batch = len(tokens), self._batch
        batch.n_tokens = count
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = self.length + i
            batch.logits[i] = every or i == count - 1
        status = api.llama_decode(self._context, batch)
        if status != 0:
            raise EngineError(f"llama.cpp could not evaluate {count} tokens (status {status}): {_reason()}")
        self.length += count
        pointers = (api.llama_get_logits_ith(self._context, i) for i in (range(count) if every else [count - 1]))
        return np.stack([np.ctypeslib.as_array(pointer, (self._n_vocab,)) for pointer in pointers])

    def fill(self, tokens: Sequence[int]) -> None:
        """Evaluate tokens into the empty KV cache."""
        self.evaluate(tokens)

    def answerer(self, prefix: Sequence[int]) -> Evaluator:
        """An answerer for sentences after a prefix that is in the KV cache."""
        assert self.length == len(prefix)
        return Evaluator(self)

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
        api.llama_memory_seq_rm(self._memory, _SEQUENCE, length, -1)
        self.length = length

    def identity(self) -> str:
        """A hash of what a saved state depends on besides its tokens."""
        return identity_of(self.path, self.engine, self.size)

    def state(self) -> bytes:
        """The content of the KV cache."""
        buffer = (ctypes.c_uint8 * api.llama_state_seq_get_size(self._context, _SEQUENCE))()
        count = api.llama_state_seq_get_data(self._context, buffer, len(buffer), _SEQUENCE)
        return bytes(buffer[:count])

    def restore(self, state: bytes, length: int) -> bool:
        """Load a state of `length` tokens into the KV cache; False, and an empty cache, if llama.cpp refuses it."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        taken = api.llama_state_seq_set_data(self._context, buffer, len(state), _SEQUENCE)
        if not taken or api.llama_memory_seq_pos_max(self._memory, _SEQUENCE) != length - 1:
            self.rewind(0)
            return False
        self.length = length
        return True

    def close(self) -> None:
        """Free the memory; the context cannot be used afterwards."""
        api.llama_batch_free(self._batch)
        api.llama_free(self._context)
        api.llama_model_free(self._model)


def _reason() -> str:
    return "; ".join(_complaints) or "it gave no reason"
