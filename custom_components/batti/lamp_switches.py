"""Tells from its names whether a lamp hangs on a switch."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache

from .interpreter import lexicon
from .interpreter.names.vocabulary import LIGHT, appliances, kinds
from .interpreter.words.fold import fold_name

# Kinds of lights with a name in one word that may as well be something else: main (the mains?), strip (of sockets?).
_UNCLEAR_ALONE = frozenset(
    f"<{kind}>" for kind in ("main", "small", "panel_light", "projector_lamp", "focus_light", "spotlight", "strip")
)
_LONGEST = 6  # words: longer names of a kind do not matter here
_Words = tuple[str, ...]


class Chance(Enum):
    """How likely a lamp hangs on a switch."""

    NEVER = "never"
    MAYBE = "maybe"
    SURE = "sure"


def chance_of(names: Iterable[str]) -> Chance:
    """How likely a lamp hangs on a switch that people call by these names.

    >>> [chance_of([name]).value for name in ("Porch Lamp", "Pani Motor", "Sonoff 1000A", "Fan Light")]
    ['sure', 'never', 'maybe', 'maybe']
    """
    found = {_of(fold_name(name)) for name in names}
    # One name that says what it is, is enough.
    for chance in (Chance.NEVER, Chance.SURE):
        if chance in found:
            return chance
    return Chance.MAYBE


@cache
def read_words() -> None:
    """Read the words from disk once; takes a moment."""
    appliances()
    _lamps()
    kinds()


def _of(words: _Words) -> Chance:
    is_lamp, is_both, is_thing = False, False, False
    index = 0
    while index < len(words):
        span, kind = _longest(words, index, kinds())
        end = index + (span or 1)
        if _longest(words, index, appliances())[0] >= end - index:
            return Chance.NEVER
        is_lamp |= kind in _lamps() and not (span == 1 and kind in _UNCLEAR_ALONE)
        if any(_longest(words[:end], at, appliances())[0] for at in range(index, end)):
            # The light of a gate or a fan has both words; so may have a switch for both. A TV room is a room.
            is_both |= kind in _lamps()
            is_thing |= kind not in _lamps()
        index = end
    if is_thing and not is_lamp:
        return Chance.NEVER
    return Chance.SURE if is_lamp and not is_both else Chance.MAYBE


def _longest(words: _Words, index: int, table: dict[_Words, str]) -> tuple[int, str]:
    """How many words from this one on are in the table, and what they are there."""
    for span in range(min(_LONGEST, len(words) - index), 0, -1):
        if kind := table.get(words[index : index + span]):
            return span, kind
    return 0, ""


@cache
def _lamps() -> frozenset[str]:
    return frozenset({LIGHT, *(f"<{kind}>" for kind in lexicon.load("lights"))})
