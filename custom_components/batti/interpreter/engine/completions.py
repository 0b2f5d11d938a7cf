"""Turns the decoder's questions into requests to llama.cpp's server, and reads its answers: over a network or in-process.

The server is asked for the next choice. `logit_bias` makes the allowed tokens likelier than all others, so no grammar has
to be sent; the server still reports the unconstrained probability of the choice. Tokens that are already certain are part
of the request's prompt, so they are evaluated in one batch. The common start of two prompts stays in the server's KV cache
(`cache_prompt`).

API: llama.cpp, tools/server/README.md (`/completion`, `/tokenize`), tried with builds 8352 and 11669.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from ..errors import EngineGarbled
from .decode import Answer, Deciding
from .questions import MAX_NAME_TOKENS, NEWLINE, Name, Named, Part, Parted, Question, Reply, Score

_ABOVE_ALL = 500.0  # added to a logit: more than the difference of any two logits, and small enough for 32 bits
_NAME_GRAMMAR = 'root ::= [a-zA-Z0-9 ]+ "\\n"\n'


class Token(NamedTuple):
    """A token from the server: number, text, unconstrained log probability."""

    number: int
    text: str
    log_p: float


Request = dict[str, Any]
Asking = Generator[Request, list[Token], Reply]
"""Yields bodies of requests, receives the tokens that the server wrote, returns the answer to a question."""


def answering(
    prompt: Sequence[int], deciding: Deciding[Answer], newline: int, *, ahead: int = 0
) -> Generator[Request, list[Token], Answer]:
    """All requests for one sentence.

    Args:
        prompt: tokens of the prompt.
        deciding: the decoder, which asks the questions.
        newline: the token of a newline alone.
        ahead: tokens that the model writes in advance, for later questions. If a request costs more than a token, as with
            a small model behind a network, one request then usually answers all questions.
    """
    question = next(deciding)
    asker = Asker(prompt, newline, ahead)
    while True:
        reply = yield from asker.ask(question)
        try:
            question = deciding.send(reply)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


class Asker:
    """Turns questions about one sentence into requests; see `answering`."""

    def __init__(self, prompt: Sequence[int], newline: int, ahead: int = 0) -> None:
        """Start with no answers."""
        self._prompt = list(prompt)
        self._newline = newline
        self._ahead = ahead
        self._after: tuple[int, ...] = ()  # what was written before the model continued freely
        self._free_text: list[Token] = []  # what it wrote then

    def ask(self, question: Question) -> Asking:
        """The requests for one question."""
        written = [*self._prompt, *question.written]
        match question:
            case Part(_, options):
                if self._ahead and not self._said(question.written):
                    self._after, self._free_text = question.written, (yield request(written, self._ahead, {}))
                said = self._said(question.written)
                if said and said[0].number in options:
                    return Parted(said[0].number, said[0].log_p)
                return (yield from _part(written, options))
            case Score(_, tokens):
                said = self._said(question.written)[: len(tokens)]
                if tuple(token.number for token in said) == tokens:
                    return sum(token.log_p for token in said)
                return (yield from _score(written, tokens))
            case Name(_, bar):
                return (yield from _name(written, bar, self._newline))

    def _said(self, written: tuple[int, ...]) -> list[Token]:
        """The rest of the model's free text, if `written` agrees with it so far; else nothing."""
        since = written[len(self._after) :]
        same = written[: len(self._after)] == self._after
        if same and since == tuple(token.number for token in self._free_text[: len(since)]):
            return self._free_text[len(since) :]
        return []


def _part(written: list[int], options: Sequence[int]) -> Generator[Request, list[Token], Parted]:
    chosen = yield request(written, 1, bias(options))
    if not chosen or chosen[0].number not in options:
        raise EngineGarbled(f"The server does not keep to what it may write: token {[one.number for one in chosen]}")
    return Parted(chosen[0].number, chosen[0].log_p)


def _score(written: list[int], tokens: Sequence[int]) -> Generator[Request, list[Token], float]:
    # All tokens at once: the model usually writes them in this order. Otherwise each is asked for alone.
    said = yield request(written, len(tokens), bias(tokens))
    same = [one for one, _ in takewhile(lambda pair: pair[0].number == pair[1], zip(said, tokens, strict=False))]
    total = sum(token.log_p for token in same)
    for at in range(len(same), len(tokens)):
        total += (yield from _part([*written, *tokens[:at]], tokens[at : at + 1])).log_p
    return total


def _name(written: list[int], bar: float, newline: int) -> Generator[Request, list[Token], Named | None]:
    said = yield request(written, MAX_NAME_TOKENS - 1, {"grammar": _NAME_GRAMMAR})
    said = [token for token in said if token.text]  # without the end of the turn
    total = sum(token.log_p for token in said)
    if total < bar:
        return None
    text = "".join(token.text for token in said)
    numbers = [token.number for token in said]
    if not text.endswith(NEWLINE):  # cut off by the limit
        text, numbers = text + NEWLINE, [*numbers, newline]
    return Named(tuple(numbers), text, total)


def splitting(text: str, *, special: bool = False) -> Request:
    """The request for the tokens of a text; control tokens in it are read as such only if `special`."""
    return {"content": text, "add_special": False, "parse_special": special}


def read_tokens(written: Iterable[dict[str, Any]]) -> list[Token]:
    """Read the tokens that the server wrote."""
    return [Token(one["id"], one["token"], one["logprob"]) for one in written]


def bias(tokens: Iterable[int]) -> Request:
    """The part of a request that allows only these tokens."""
    return {"logit_bias": [[token, _ABOVE_ALL] for token in sorted(set(tokens))]}


def request(prompt: Sequence[int], limit: int, more: Request) -> Request:
    """The request for at most `limit` tokens after a prompt: always the likeliest allowed one, with its probability."""
    return {
        "prompt": list(prompt),
        "n_predict": limit,
        "n_probs": 1,
        # Always the likeliest token, whatever options the server was started with.
        "samplers": ["temperature"],
        "temperature": 0,
        "cache_prompt": True,
        **more,
    }


def in_one_request(lines: Sequence[str]) -> list[str]:
    """The lines whose tokens one request can give; the others, keys without an end of line, are asked for alone."""
    return [line for line in lines if line.endswith(NEWLINE)]


def line_tokens(tokens: Iterable[tuple[int, str]], lines: Sequence[str]) -> list[list[int]] | None:
    """The tokens of each line, after all lines were tokenised as one text; None if a token has parts of two lines.

    Args:
        tokens: numbers and pieces of text.
        lines: the lines, each with one newline at its end.
    """
    split: list[list[int]] = []
    texts: list[str] = [NEWLINE]  # complete
    for number, piece in tokens:
        if texts[-1].endswith(NEWLINE):
            split.append([])
            texts.append("")
        split[-1].append(number)
        texts[-1] += piece
    return split if texts[1:] == list(lines) else None
