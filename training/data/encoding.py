"""A line of the data set as the tokens that the house makes of it, for any tokeniser.

As in the engine, pieces of the prompt and lines of an answer are tokenised one by one, each whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from custom_components.batti.interpreter import prompt
from custom_components.batti.interpreter.prompt import Piece

Tokenise = Callable[[Piece], Iterable[int]]
"""Gives the tokens of a piece, as numbers; a piece that is not special holds none of the model's control tokens."""


def prefix(tokenise: Tokenise) -> list[int]:
    """What stands before every sentence."""
    return _numbers(tokenise, prompt.prefix())


def question(tokenise: Tokenise, sentence: str, previous: str = "") -> list[int]:
    """What follows the prefix, up to where the model's turn begins; arguments as in `prompt.user`."""
    return _numbers(tokenise, prompt.user(sentence, previous))


def answer(tokenise: Tokenise, text: str) -> list[int]:
    """The model's turn with its end."""
    lines = (Piece(line, False) for line in text.splitlines(keepends=True))
    return _numbers(tokenise, [*lines, Piece(prompt.END_OF_TURN, True)])


def encode(tokenise: Tokenise, sentence: str, written: str, previous: str = "") -> tuple[list[int], int]:
    """What follows the prefix, and where in it the answer begins.

    Args:
        tokenise: of the model.
        sentence: folded, names of the home in brackets.
        written: what the model is to write.
        previous: what it wrote for the sentence before, where this one may follow on from it.
    """
    asked = question(tokenise, sentence, previous)
    return asked + answer(tokenise, written), len(asked)


def _numbers(tokenise: Tokenise, pieces: Iterable[Piece]) -> list[int]:
    return [number for piece in pieces for number in tokenise(piece)]
