"""One model through xllamacpp, which brings llama.cpp's server into this process: the ready engine.

Completions are asked of it directly. It also listens on an address of this computer, which is how text is split into
tokens and its memory saved; the key for that is made here and leaves this process in no way. Its own log, which would
hold what people say, is off.
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
from ..prompt import END_OF_TURN
from .completions import Asker, Request, Token, bias, line_tokens, read_tokens, request, splitting
from .context import ARCHITECTURE, MICRO_BATCH, check_family, identity_of, not_loaded, only_token, threads_for
from .gguf_header import read_header
from .questions import NEWLINE, Question, Reply

_HERE = "127.0.0.1"
_PATIENCE = 60.0  # seconds for an answer that takes a millisecond
_QUIET, _ERRORS = -1, 1  # of llama.cpp's log
_SLOT = "/slots/0?action="
_LAST_WORDS = 20  # times a twentieth of a second
_KNOWN = 1000  # texts whose tokens are remembered


class XllamaContext:
    """A model and its memory; see `context.Loaded`.

    Args:
        path, n_ctx, threads: see `model.Model`.

    Raises:
        ModelMissing: there is no such file, or it cannot be read.
        ModelRefused: llama.cpp cannot load it, or it is no Llama.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int | None = None) -> None:
        """Load the model."""
        self.path = path
        self.engine = f"xllamacpp {api.__version__}"
        self._header = read_header(path)
        check_family(self.metadata("general.architecture"), path)
        self.size = min(n_ctx, self._header.number(f"{ARCHITECTURE}.context_length") or n_ctx)
        self._key = secrets.token_hex(32)
        # There only while a state is on its way: this process most often ends by being killed, and leaves nothing.
        self._folder = _temporary() / f"batti-{secrets.token_hex(8)}"
        self._server = self._load(threads or threads_for(self.parameters, os.cpu_count()))
        self._connection = http.client.HTTPConnection(
            self._server.listening_address.removeprefix("http://"), timeout=_PATIENCE
        )
        self._known: dict[tuple[str, bool], list[int]] = {}
        self.end = only_token(self.tokenize(END_OF_TURN, special=True), END_OF_TURN, path)
        self.newline = self.tokenize(NEWLINE)[-1]

    @property
    def parameters(self) -> int:
        """How many numbers the model has."""
        return self._header.parameters

    def metadata(self, key: str) -> str | None:
        """A value of the GGUF file's metadata as text, None where it has no such key."""
        return self._header.metadata.get(key)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of text; control tokens count as such only where `special`."""
        if (known := self._known.get((text, special))) is not None:
            return known
        tokens: list[int] = self._post("/tokenize", splitting(text, special=special))["tokens"]
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[text, special] = tokens
        return tokens

    def tokenize_lines(self, lines: Sequence[str]) -> list[list[int]]:
        """Tokens of lines, each split for itself."""
        answer = self._post("/tokenize", splitting("".join(lines)) | {"with_pieces": True})
        pieces = [(one["id"], one["piece"]) for one in answer["tokens"]]
        if all(isinstance(piece, str) for _, piece in pieces) and (split := line_tokens(pieces, lines)) is not None:
            return split
        return [self.tokenize(line) for line in lines]

    def complete(self, asked: Request) -> tuple[list[Token], dict[str, Any]]:
        """What the model writes, and the server's own figures of it."""
        try:
            answer: dict[str, Any] = self._server.handle_completions(asked)
        except UnicodeDecodeError:  # a token that is part of a character; over HTTP it comes as text that can be read
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
        """Put tokens into the empty memory."""
        self.complete(request(tokens, 1, bias([self.end])))

    def answerer(self, prefix: Sequence[int]) -> Completer:
        """What answers questions about sentences after a prefix that is in memory."""
        return Completer(self, prefix)

    def identity(self) -> str:
        """What a saved state depends on besides its tokens, as a hash."""
        return identity_of(self.path, self.engine, self.size)

    def state(self) -> bytes:
        """What is in memory."""
        with self._file() as file:
            written = self._post(f"{_SLOT}save", {"filename": file.name})["n_written"]
            state = file.read_bytes()
        # On a full disk the server says that all went well; restoring half a state would end the process.
        if not state or len(state) != written:
            raise EngineError(f"llama.cpp wrote {len(state)} of the state's {written} bytes")
        return state

    def restore(self, state: bytes, length: int) -> bool:
        """Put a state of `length` tokens into memory; False where llama.cpp refuses it, and memory is empty."""
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
        params.cache_ram_mib = 0  # one prompt after another: no copies of earlier ones
        params.hostname, params.port, params.api_keys = _HERE, 0, [self._key]  # a port of the system's choosing
        params.webui = False
        # The file's own is not used, and a broken one would keep the model from loading.
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
                self._connection.close()  # the server closes it now and then; it is opened again by itself
                if last:
                    raise EngineError(f"llama.cpp's server does not answer in its own process: {error!r}") from error
        if response.status != http.HTTPStatus.OK:
            raise EngineError(f"llama.cpp's server answered {response.status}: {answer.get('error')}")
        return answer


class Completer:
    """Answers decoding's questions with completions; see `context.Answerer`."""

    def __init__(self, context: XllamaContext, prefix: Sequence[int]) -> None:
        """Ask this model, which has the prompt's fixed part in memory."""
        self._context = context
        self._prefix = list(prefix)
        self._asker = Asker(self._prefix, context.newline)
        self.steps = self.reused = 0
        self.prefill_ms = 0.0

    def begin(self, prompt: Sequence[int]) -> None:
        """Forget the last sentence; what follows the prompt's fixed part is evaluated with the first question."""
        self._asker = Asker([*self._prefix, *prompt], self._context.newline)
        self.steps = self.reused = 0
        self.prefill_ms = 0.0

    def ask(self, question: Question) -> Reply:
        """Answer a question; see there for what its answer is."""
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
    """The folder for what is soon gone; named also where the system has none that can be written to."""
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return Path("/tmp")  # noqa: S108 - nothing is written where there is no such folder


def _complaints(params: api.CommonParams) -> str:
    """What llama.cpp says of a model that it did not load: it tries again, and may complain. Nobody has spoken yet."""
    params.verbosity = _ERRORS
    with suppress(OSError), tempfile.TemporaryFile("a+b") as file:
        stderr = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            with suppress(RuntimeError):
                api.Server(params)
            # A thread of its own writes what is said.
            for _ in range(_LAST_WORDS):
                time.sleep(0.05)
                file.seek(0)
                lines = file.read().decode(errors="replace").splitlines()
                if said := [line.strip() for line in lines if "error" in line or "alloc" in line]:
                    return "; ".join(dict.fromkeys(said))
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
    return ""
