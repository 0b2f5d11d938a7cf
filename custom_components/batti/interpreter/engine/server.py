"""Uses a llama.cpp server over HTTP: for a house with a weak hub, or for many hubs that share one strong machine.

Prompt and decoder are the same as in the child process; the decoder's questions become requests (`completions.py`). The
fixed prefix stays in the server's KV cache (`cache_prompt`), so a command only evaluates its own words there too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import aiohttp

from ..errors import EngineError, EngineTimeout, ModelRefused, ServerUnreachable
from ..language import prompt
from ..language.grammar import Grammar
from ..language.prompt import Style
from .client import Completion, ServerClient
from .completions import Request, Token, answering
from .context import SMALL
from .decode import Answer, Decoder
from .interface import EngineState, Generation, ModelInfo
from .lines import LineBook
from .questions import NEWLINE

START_TIMEOUT = 30.0  # seconds
_PROBE = ("A ko bati bala", ("A",))
_AHEAD = 64  # tokens; most answers have fewer
# Probability of the answer to the probe: a model trained on our prompt has more, others far less.
_TRAINED_CONFIDENCE = 0.5


class ServerEngine:
    """Asks a llama.cpp server.

    Args:
        session: Home Assistant's own aiohttp session, which keeps connections open.
        url: address of the server, such as `http://192.168.1.20:8080`.
        api_key: the key that the server was started with, if any.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, api_key: str | None = None) -> None:
        """Keep the address; nothing is sent yet."""
        self._client = ServerClient(session, url, api_key)
        self._lock = asyncio.Lock()
        self._state = EngineState.STOPPED
        self._model: _Model | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def state(self) -> EngineState:
        """Whether the server can be asked."""
        return self._state

    @property
    def info(self) -> ModelInfo | None:
        """What is known of the model; None while the server does not answer."""
        return self._model.info if self._model else None

    @property
    def pid(self) -> int | None:
        """None: the model is in another computer's memory, or in another program's."""
        return None

    async def start(self) -> None:
        """Check that the server answers and its model can be used; also whether it has come back.

        Raises:
            ServerUnreachable, ServerDenied: it cannot be used.
            ModelRefused: its model does not have Llama 3's chat format.
        """
        await self._connect()

    async def _connect(self) -> _Model:
        try:
            async with asyncio.timeout(START_TIMEOUT), self._lock:
                if self._state is EngineState.STOPPED:  # later looks leave the state until they know better
                    self._tell(EngineState.LOADING)
                await self._client.health()
                if self._model is None:
                    self._model = await self._read_model()
                model = self._model
        except TimeoutError as error:
            self._tell(EngineState.UNREACHABLE)
            raise ServerUnreachable(f"{self._client.url} did not answer within {START_TIMEOUT:g} seconds") from error
        except EngineError:
            self._tell(EngineState.UNREACHABLE)
            raise
        self._tell(EngineState.READY)
        return model

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        """Answer one marked sentence; see `base.Engine`."""
        try:
            async with asyncio.timeout(deadline):
                model = self._model or await self._connect()
                generation = await self._answer(model, sentence, labels, previous)
        except TimeoutError as error:
            raise EngineTimeout(f"The server at {self._client.url} had no answer after {deadline:g} seconds") from error
        except ServerUnreachable:
            self._tell(EngineState.UNREACHABLE)
            raise
        self._tell(EngineState.READY)
        return generation

    async def stop(self) -> None:
        """Send no more requests."""
        self._tell(EngineState.STOPPED)

    async def _read_model(self) -> _Model:
        """Find out which model the server has, and which prompt it gets."""
        meta = await self._client.model()
        for control in prompt.CHAT_TOKENS:
            if len(await self._client.tokenise(prompt.Piece(control, True))) != 1:
                raise ModelRefused(
                    f"The model of {self._client.url} has no {control} token; Batti needs a model with Llama 3's chat format"
                )
        (end,) = await self._client.tokenise(prompt.Piece(prompt.END_OF_TURN, True))
        newline = (await self._client.tokenise(prompt.Piece(NEWLINE, False)))[-1]
        info = ModelInfo(
            engine="llama.cpp server",
            style=Style.TRAINED,  # until it is tried out
            prompt_version=None,
            parameters=int(meta.get("n_params") or 0),
            context=int(meta.get("n_ctx") or meta.get("n_ctx_train") or 0),
            prefix_tokens=0,
        )
        model = _Model(info, LineBook(end), newline)
        tried = await self._answer(model, *_PROBE)
        trained = tried.confidence > _TRAINED_CONFIDENCE
        style = Style.TRAINED if trained else Style.INSTRUCT
        prefix_tokens = len(await self._tokens(prompt.prefix(style)))
        version = prompt.VERSION if trained else None
        info = replace(info, style=style, prompt_version=version, prefix_tokens=prefix_tokens)
        # A token of a small model takes less time than a request. A model that does not know our lines would write in vain.
        small = 0 < info.parameters < SMALL
        return replace(model, info=info, ahead=_AHEAD if small and trained else 0)

    async def _answer(self, model: _Model, sentence: str, labels: Sequence[str], previous: str = "") -> Generation:
        begin = perf_counter()
        grammar = Grammar(labels)
        fixed, said, _ = await asyncio.gather(
            self._tokens(prompt.prefix(Style(model.info.style))),
            self._tokens(prompt.user(sentence, previous)),
            self._learn(model.book, grammar),
        )
        prompt_tokens, clock = fixed + said, _Clock()
        deciding = Decoder(model.book, grammar, f"{previous} {sentence}").answer()
        answer = await self._asked(answering(prompt_tokens, deciding, model.newline, ahead=model.ahead), clock)
        whole = (perf_counter() - begin) * 1000
        return Generation(
            answer.text,
            answer.confidence,
            answer.unknown,
            steps=clock.steps,
            tokens=answer.tokens,
            prompt_tokens=len(prompt_tokens),
            reused_tokens=clock.reused,
            prefill_ms=clock.prompt_ms,
            decode_ms=whole - clock.prompt_ms,
        )

    async def _asked(self, work: Generator[Request, list[Token], Answer], clock: _Clock) -> Answer:
        """Send all requests for a sentence, and return the answer."""
        request = next(work)
        while True:
            completion = await self._client.complete(request)
            clock.add(completion)
            try:
                request = work.send(completion.tokens)
            except StopIteration as end:
                answer: Answer = end.value
                return answer

    async def _learn(self, book: LineBook, grammar: Grammar) -> None:
        if lines := book.missing(grammar):
            book.learn(lines, await self._client.tokenise_lines(lines))

    async def _tokens(self, pieces: Sequence[prompt.Piece]) -> list[int]:
        return [token for piece in pieces for token in await self._client.tokenise(piece)]

    def _tell(self, state: EngineState) -> None:
        if state is EngineState.UNREACHABLE:  # it may come back with another model
            self._model = None
            self._client.forget()
        if state is not self._state:
            self._state = state
            self.on_change()


@dataclass(frozen=True, slots=True)
class _Model:
    """What is known of the server's model; set and dropped as a whole.

    Attributes:
        info: the part for other code.
        book: the lines as its tokens.
        newline: the token of a newline alone.
        ahead: see `completions.answering`.
    """

    info: ModelInfo
    book: LineBook
    newline: int
    ahead: int = 0


class _Clock:
    """The server's timings, over all requests of one command."""

    def __init__(self) -> None:
        self.prompt_ms = 0.0
        self.reused = 0
        self.steps = 0

    def add(self, completion: Completion) -> None:
        """Count a request. Prompt time is that of the first one; later ones continue from the server's KV cache."""
        if not self.steps:
            self.prompt_ms, self.reused = completion.prompt_ms, completion.reused
        self.steps += len(completion.tokens)
