"""The one prompt: a fixed prefix, then the sentence, in Llama 3's chat format.

The prefix is the same for every command, so an engine evaluates it once. A special piece is our own text, and its control
tokens are read as such; text that a person typed is never special.

A model that was trained on this prompt needs only the sentence. The prefix of a stock instruct model has instructions and
some example turns (`few_shot.yaml`).

Format: Llama 3 model card, https://github.com/meta-llama/llama-models, "Prompt format".
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

VERSION = "batti-4"  # change it whenever older models would misread the prompt or the output language
SYSTEM = "batti"
# Each stands for a name of the home: in the sentence, and in the lines before it. No folded word looks like these.
MARKERS, MARKERS_BEFORE = "ABCDEFGHIJKLMNOP", "QRSTUVWXYZ"
END_OF_TURN = "<|eot_id|>"
CHAT_TOKENS = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", END_OF_TURN)


class Style(StrEnum):
    """Which prompt a model gets: one trained on this prompt, or a stock model that follows instructions."""

    TRAINED = "trained"
    INSTRUCT = "instruct"


class Piece(NamedTuple):
    """A piece of the prompt; if `special`, control tokens in it are read as such."""

    text: str
    special: bool


def prefix(style: Style = Style.TRAINED) -> list[Piece]:
    """The part that every command shares."""
    shown: dict[str, Any] = _few_shot() if style is Style.INSTRUCT else {"system": SYSTEM, "turns": []}
    return [
        Piece("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n", True),
        Piece(shown["system"], False),
        Piece("<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n", True),
        *(piece for turn in shown["turns"] for piece in _turn(**turn)),
    ]


def _turn(sentence: str, answer: str, previous: str = "") -> Iterator[Piece]:
    """An example turn of the prefix, and the header of the user's next turn."""
    yield from user(sentence, previous)
    yield from (Piece(line, False) for line in answer.splitlines(keepends=True))
    yield Piece("<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n", True)


@cache
def _few_shot() -> dict[str, Any]:
    text = (Path(__file__).parent / "few_shot.yaml").read_text(encoding="utf-8")
    shown: dict[str, Any] = yaml.safe_load(text)
    return shown


def user(sentence: str, previous: str = "") -> list[Piece]:
    """What follows the prefix: the lines before if there are any, the marked sentence, the header of the model's turn.

    >>> "".join(piece.text for piece in user("A ko bati bala"))
    ' A ko bati bala<|eot_id|><|start_header_id|>assistant<|end_header_id|>\\n\\n'

    Args:
        sentence: folded, with markers in place of names of the home.
        previous: what this sentence may refer to: a line that says what the house asked (`items.asked_line`), if it
            did, and the model's lines for the sentence before, with `MARKERS_BEFORE`.
    """
    # Each line is one piece, so it has the same tokens here as in answers. The space before the sentence gives its
    # first word the same token as later words.
    return [
        *(Piece(line, False) for line in previous.splitlines(keepends=True)),
        Piece(" " + sentence, False),
        Piece("<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", True),
    ]
