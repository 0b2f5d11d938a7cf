"""The decoder's questions to a model. `evaluator.py` answers by evaluating tokens, `completions.py` by asking a server.

Every question contains all tokens written so far. So a question may go back, and the other side need not remember any.
"""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """Which token comes next, where lines differ? The answer is a `Parted`.

    Attributes:
        written: the answer's tokens so far.
        options: the tokens that may come.
    """

    written: tuple[int, ...]
    options: tuple[int, ...]


class Score(NamedTuple):
    """How likely is it that the model continues with exactly these tokens? The answer is a log probability."""

    written: tuple[int, ...]
    tokens: tuple[int, ...]


class Name(NamedTuple):
    """Which name would the model write here, without constraints? A `Named`; None if none is as likely as `bar`."""

    written: tuple[int, ...]
    bar: float


Question = Part | Score | Name


class Parted(NamedTuple):
    """The likeliest of some tokens, and its unconstrained log probability."""

    token: int
    log_p: float


class Named(NamedTuple):
    """A name with the newline after it: its tokens, its text, its unconstrained log probability."""

    tokens: tuple[int, ...]
    text: str
    log_p: float


Reply = Parted | Named | float | None

MAX_NAME_TOKENS = 16  # of a name, including its newline
NEWLINE = "\n"
