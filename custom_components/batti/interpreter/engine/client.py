"""Requests to a llama.cpp server, with its answers and errors.

API: llama.cpp, tools/server/README.md (`/health`, `/tokenize`, `/completion`, `/v1/models`), tried with builds 8352
and 11669.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from ..errors import EngineError, SentenceTooLong, ServerDenied, ServerUnreachable
from ..language.prompt import Piece
from .completions import Request, Token, in_one_request, line_tokens, read_tokens, splitting

_PAUSES = (0.2, 0.5, 1.0)  # seconds before each retry of a request
_KNOWN = 1000  # pieces of prompt in the cache of tokens


@dataclass(frozen=True, slots=True)
class Completion:
    """What the server wrote, and its own timings; `reused` tokens of the prompt came from its cache."""

    tokens: list[Token]
    prompt_ms: float
    reused: int


class ServerClient:
    """Asks one server.

    Args:
        session: Home Assistant's own aiohttp session, which keeps connections open.
        url: address of the server, such as `http://192.168.1.20:8080`.
        api_key: the key that the server was started with, if any.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, api_key: str | None = None) -> None:
        """Keep the address; nothing is sent yet."""
        self.url = url.rstrip("/")
        self._session = session
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._known: dict[Piece, list[int]] = {}

    def forget(self) -> None:
        """Forget the tokens of the server's model."""
        self._known.clear()

    async def health(self) -> None:
        """Check that the server answers and has loaded its model.

        Raises:
            ServerUnreachable, ServerDenied: it cannot be used.
        """
        await self._request("GET", "/health")

    async def model(self) -> dict[str, Any]:
        """What the server reports about its model: `n_ctx`, `n_params` and more."""
        models = (await self._request("GET", "/v1/models")).get("data")
        first = models[0] if isinstance(models, list) and models else {}
        meta: dict[str, Any] = first.get("meta") or {}
        return meta

    async def tokenise(self, piece: Piece) -> list[int]:
        """Tokens of a piece of prompt; only special pieces may have control tokens."""
        if (known := self._known.get(piece)) is not None:
            return known
        request = splitting(piece.text, special=piece.special)
        tokens: list[int] = (await self._request("POST", "/tokenize", request)).get("tokens") or []
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[piece] = tokens
        return tokens

    async def tokenise_lines(self, lines: Sequence[str]) -> list[list[int]]:
        """Tokens of lines, each line tokenised alone; uses one request if that gives the same tokens."""
        together = in_one_request(lines)
        request = splitting("".join(together)) | {"with_pieces": True}
        said = (await self._request("POST", "/tokenize", request)).get("tokens") or []
        pieces = [(one["id"], one["piece"]) for one in said if isinstance(one, dict) and isinstance(one["piece"], str)]
        split = line_tokens(pieces, together) if len(pieces) == len(said) else None
        known = dict(zip(together, split, strict=True)) if split is not None else {}
        return [known.get(line) or await self.tokenise(Piece(line, False)) for line in lines]

    async def complete(self, request: Request) -> Completion:
        """Let the model write."""
        answer = await self._request("POST", "/completion", request)
        timings = answer.get("timings") or {}
        try:
            return Completion(
                read_tokens(answer["completion_probabilities"]),
                float(timings.get("prompt_ms") or 0),
                int(timings.get("cache_n") or 0),
            )
        except (KeyError, TypeError) as error:
            raise ServerUnreachable(
                f"{self.url} does not answer as a llama.cpp server does; it may be too old: update it"
            ) from error

    async def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request, with retries if the connection fails or the server is still loading."""
        for pause in _PAUSES:
            try:
                return await self._once(method, path, body)
            except ServerUnreachable:
                await asyncio.sleep(pause)
        return await self._once(method, path, body)

    async def _once(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            async with self._session.request(method, self.url + path, json=body, headers=self._headers) as response:
                return await self._body(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: the URL is not valid
            raise ServerUnreachable(
                f"{self.url} cannot be reached ({error or type(error).__name__}): "
                "see that the llama.cpp server runs there, and that this computer may reach it"
            ) from error

    async def _body(self, response: aiohttp.ClientResponse) -> dict[str, Any]:
        if response.status in (401, 403):
            raise ServerDenied(f"{self.url} does not take this API key: enter the one it was started with")
        try:
            body = await response.json(content_type=None)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ServerUnreachable(
                f"{self.url} answers, but not as a llama.cpp server does: see that the address is right"
            )
        if response.status == 200:
            return body
        error = body.get("error")
        message = error.get("message") if isinstance(error, dict) else error
        if response.status == 503:
            raise ServerUnreachable(f"{self.url} is not ready yet: {message}")
        if response.status == 400 and "context" in str(message):
            raise SentenceTooLong(f"The sentence does not fit the server's context: {message}")
        raise EngineError(f"The server at {self.url} answered {response.status}: {message}")
