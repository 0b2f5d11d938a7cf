"""A line of the data set as tokens, exactly as the integration makes them, for any tokeniser.

As in the engine, each piece of the prompt and each part of the answer is tokenised on its own: a line, or a key and then
its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.items import NAME_KEY, VALUES_OF
from custom_components.batti.interpreter.language.prompt import Piece

Tokenise = Callable[[Piece], Iterable[int]]
"""Gives the token ids of a piece; a piece that is not special contains no control tokens of the model."""


def prefix(tokenise: Tokenise) -> list[int]:
    """The prompt before every sentence."""
    return _numbers(tokenise, prompt.prefix())


def question(tokenise: Tokenise, sentence: str, previous: str = "") -> list[int]:
    """The prompt after the prefix, up to the model's turn; arguments as in `prompt.user`."""
    return _numbers(tokenise, prompt.user(sentence, previous))


def answer(tokenise: Tokenise, text: str) -> list[int]:
    """The model's turn, with the end-of-turn token."""
    parts = (Piece(part, False) for part in parts_of(text))
    return _numbers(tokenise, [*parts, Piece(prompt.END_OF_TURN, True)])


def parts_of(answer: str) -> Iterator[str]:
    """The parts of an answer that are edges of the grammar.

    >>> list(parts_of("- after: 5 minutes\\n- action: light.turn_off\\n"))
    ['- after:', ' 5 minutes\\n', '- action: light.turn_off\\n']
    """
    for line in answer.splitlines(keepends=True):
        key = next((key for key in (*VALUES_OF, NAME_KEY) if line.startswith(key)), "")
        yield from filter(None, (key, line.removeprefix(key)))


def encode(tokenise: Tokenise, sentence: str, written: str, previous: str = "") -> tuple[list[int], int]:
    """All tokens after the prefix, and the index at which the answer begins.

    Args:
        tokenise: the model's tokeniser.
        sentence: folded, with markers for the home's names.
        written: the answer that the model must write.
        previous: its answer to the sentence before, if this one may follow on from it.
    """
    asked = question(tokenise, sentence, previous)
    return asked + answer(tokenise, written), len(asked)


def _numbers(tokenise: Tokenise, pieces: Iterable[Piece]) -> list[int]:
    return [number for piece in pieces for number in tokenise(piece)]
