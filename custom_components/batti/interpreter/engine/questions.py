"""What decoding asks of a model. `evaluator.py` answers by evaluating tokens, `completions.py` by asking llama.cpp's server.

Every question names all that is written so far, so whoever answers may forget and go back as it likes.
"""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """Which token comes next, where lines part? The answer is a `Parted`.

    Attributes:
        written: the answer's tokens so far.
        options: the tokens that may come.
    """

    written: tuple[int, ...]
    options: tuple[int, ...]


class Score(NamedTuple):
    """How likely is it that the model goes on with just these tokens? The answer is a log probability."""

    written: tuple[int, ...]
    tokens: tuple[int, ...]


class Name(NamedTuple):
    """Which name would the model write here, left free? The answer is a `Named`; None where none is as likely as `bar`."""

    written: tuple[int, ...]
    bar: float


Question = Part | Score | Name


class Parted(NamedTuple):
    """The likeliest of some tokens, and its log probability with nothing forbidden."""

    token: int
    log_p: float


class Named(NamedTuple):
    """A name with the newline after it: its tokens, its text, its log probability with nothing forbidden."""

    tokens: tuple[int, ...]
    text: str
    log_p: float


Reply = Parted | Named | float | None

MAX_NAME_TOKENS = 16  # of a name, its newline included
NEWLINE = "\n"
