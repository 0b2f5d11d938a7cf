"""The ready engine: one model through xllamacpp, which brings llama.cpp's server into this process.

Completions are direct calls. Tokenising and saving the KV cache work only over HTTP, so the server also listens on this
computer; the key for that is made here and never leaves this process. The server's own log is off, because it would
contain what people say.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import xllamacpp as api

from ..errors import EngineError, SentenceTooLong
from ..language.prompt import END_OF_TURN
from .completions import Asker, Request, Token, bias, in_one_request, line_tokens, read_tokens, request, splitting
from .context import ARCHITECTURE, MICRO_BATCH, check_family, identity_of, not_loaded, only_token, threads_for
from .gguf_header import read_header
from .questions import NEWLINE, Question, Reply

_HERE = "127.0.0.1"
_TIMEOUT = 60.0  # seconds; an answer normally takes a millisecond
_QUIET, _ERRORS = -1, 1  # of llama.cpp's log
_SLOT = "/slots/0?action="
_LOG_PAUSES = 20  # pauses of 0.05 seconds
_KNOWN = 1000  # texts in the cache of tokens


class XllamaContext:
    """A loaded model and its KV cache; see `context.Loaded`.

    Args:
        path, n_ctx, threads: see `model.Model`.

    Raises:
        ModelMissing: there is no such file, or it cannot be read.
        ModelRefused: llama.cpp cannot load it, or it is not a Llama.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int | None = None) -> None:
        """Load the model."""
        self.path = path
        self.engine = f"xllamacpp {api.__version__}"
        self._header = read_header(path)
        check_family(self.metadata("general.architecture"), path)
        self.size = min(n_ctx, self._header.number(f"{ARCHITECTURE}.context_length") or n_ctx)
        self._key = secrets.token_hex(32)
        # Exists only while a state is saved or restored: this process is usually killed, and must leave nothing behind.
        self._folder = _temporary() / f"batti-{secrets.token_hex(8)}"
        self._server = self._load(threads or threads_for(self.parameters, os.cpu_count()))
        self._connection = http.client.HTTPConnection(
            self._server.listening_address.removeprefix("http://"), timeout=_TIMEOUT
        )
        self._known: dict[tuple[str, bool], list[int]] = {}
        self.end = only_token(self.tokenize(END_OF_TURN, special=True), END_OF_TURN, path)
        self.newline = self.tokenize(NEWLINE)[-1]

    @property
    def parameters(self) -> int:
        """Number of the model's parameters."""
        return self._header.parameters

    def metadata(self, key: str) -> str | None:
        """A value of the GGUF file's metadata as text; None if there is no such key."""
        return self._header.metadata.get(key)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text; control tokens in it are read as such only if `special`."""
        if (known := self._known.get((text, special))) is not None:
            return known
        tokens: list[int] = self._post("/tokenize", splitting(text, special=special))["tokens"]
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[text, special] = tokens
        return tokens

    def tokenize_lines(self, lines: Sequence[str]) -> list[list[int]]:
        """Tokens of lines, each line tokenised alone."""
        together = in_one_request(lines)
        answer = self._post("/tokenize", splitting("".join(together)) | {"with_pieces": True})
        pieces = [(one["id"], one["piece"]) for one in answer["tokens"]]
        split = line_tokens(pieces, together) if all(isinstance(piece, str) for _, piece in pieces) else None
        known = dict(zip(together, split, strict=True)) if split is not None else {}
        return [known.get(line) or self.tokenize(line) for line in lines]

    def complete(self, asked: Request) -> tuple[list[Token], dict[str, Any]]:
        """Let the model write; returns its tokens, and the server's timings."""
        try:
            answer: dict[str, Any] = self._server.handle_completions(asked)
        except UnicodeDecodeError:  # a token is part of a character; over HTTP it is readable text
            answer = self._post("/completion", asked)
        if (error := answer.get("error")) is not None:
            message = error.get("message")
            if error.get("type") == "exceed_context_size_error":
                raise SentenceTooLong(f"The sentence does not fit the context: {message}")
            raise EngineError(f"llama.cpp could not go on: {message}")
        written = answer.get("completion_probabilities")
        if written is None:
            written = answer["choices"][0]["logprobs"]["content"]
        return read_tokens(written), answer["timings"]

    def fill(self, tokens: Sequence[int]) -> None:
        """Evaluate tokens into the empty KV cache."""
        self.complete(request(tokens, 1, bias([self.end])))

    def answerer(self, prefix: Sequence[int]) -> Completer:
        """An answerer for sentences after a prefix that is in the KV cache."""
        return Completer(self, prefix)

    def identity(self) -> str:
        """A hash of what a saved state depends on besides its tokens."""
        return identity_of(self.path, self.engine, self.size)

    def state(self) -> bytes:
        """The content of the KV cache."""
        with self._file() as file:
            written = self._post(f"{_SLOT}save", {"filename": file.name})["n_written"]
            state = file.read_bytes()
        # On a full disk the server reports success; restoring half a state would crash the process.
        if not state or len(state) != written:
            raise EngineError(f"llama.cpp wrote {len(state)} of the state's {written} bytes")
        return state

    def restore(self, state: bytes, length: int) -> bool:
        """Load a state of `length` tokens into the KV cache; False, and an empty cache, if llama.cpp refuses it."""
        with suppress(EngineError, OSError), self._file() as file:
            file.write_bytes(state)
            if self._post(f"{_SLOT}restore", {"filename": file.name})["n_restored"] == length:
                return True
        self._post(f"{_SLOT}erase", {})
        return False

    def close(self) -> None:
        """Free the model's memory."""
        self._connection.close()
        del self._server

    @contextmanager
    def _file(self) -> Iterator[Path]:
        """A file that the server can write and read."""
        self._folder.mkdir(mode=0o700)
        try:
            yield self._folder / "state"
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _load(self, threads: int) -> api.Server:
        params = api.CommonParams()
        params.model.path = str(self.path)
        params.n_gpu_layers = 0
        params.fit_params = False
        params.n_ctx = params.n_batch = self.size
        params.n_ubatch = min(MICRO_BATCH, self.size)
        params.n_parallel = 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.warmup = False
        params.cache_ram_mib = 0  # keep no copies of earlier prompts
        params.hostname, params.port, params.api_keys = _HERE, 0, [self._key]  # 0: the system chooses a port
        params.webui = False
        # The file's own template is not used, and a broken one would stop the model from loading.
        params.chat_template = "llama3"
        params.n_threads_http = 2
        params.slot_save_path = f"{self._folder}/"
        params.verbosity = _QUIET
        try:
            return api.Server(params)
        except RuntimeError as error:
            raise not_loaded(self.path, _complaints(params) or str(error)) from error

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        for last in (False, True):
            try:
                self._connection.request("POST", path, json.dumps(body), headers)
                response = self._connection.getresponse()
                answer: dict[str, Any] = json.loads(response.read())
                break
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._connection.close()  # the server sometimes closes it; the next request opens it again
                if last:
                    raise EngineError(f"llama.cpp's server does not answer in its own process: {error!r}") from error
        if response.status != http.HTTPStatus.OK:
            raise EngineError(f"llama.cpp's server answered {response.status}: {answer.get('error')}")
        return answer


class Completer:
    """Answers the decoder's questions with completions; see `context.Answerer`."""

    def __init__(self, context: XllamaContext, prefix: Sequence[int]) -> None:
        """Use this model, which has the prompt's fixed prefix in its KV cache."""
        self._context = context
        self._prefix = list(prefix)
        self._asker = Asker(self._prefix, context.newline)
        self.steps = self.reused = 0
        self.prefill_ms = 0.0

    def begin(self, prompt: Sequence[int]) -> None:
        """Start a new sentence; the part after the fixed prefix is evaluated with the first question."""
        self._asker = Asker([*self._prefix, *prompt], self._context.newline)
        self.steps = self.reused = 0
        self.prefill_ms = 0.0

    def ask(self, question: Question) -> Reply:
        """Answer a question of `questions.py`, which says what the answer is."""
        work = self._asker.ask(question)
        tokens: list[Token] | None = None
        while True:
            try:
                asked = next(work) if tokens is None else work.send(tokens)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            tokens, timings = self._context.complete(asked)
            if not self.steps:
                self.prefill_ms, self.reused = timings["prompt_ms"], timings["cache_n"]
            self.steps += len(tokens)


def _temporary() -> Path:
    """The folder for temporary files; also a name if the system has no writable one."""
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return Path("/tmp")  # noqa: S108 - nothing is written if the folder does not exist


def _complaints(params: api.CommonParams) -> str:
    """llama.cpp's errors for a model that it did not load: load it again with the log on, before any sentence."""
    params.verbosity = _ERRORS
    with suppress(OSError), tempfile.TemporaryFile("a+b") as file:
        stderr = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            with suppress(RuntimeError):
                api.Server(params)
            # llama.cpp writes its log in another thread.
            for _ in range(_LOG_PAUSES):
                time.sleep(0.05)
                file.seek(0)
                lines = file.read().decode(errors="replace").splitlines()
                if said := [line.strip() for line in lines if "error" in line or "alloc" in line]:
                    return "; ".join(dict.fromkeys(said))
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
    return ""
