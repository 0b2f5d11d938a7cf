"""A lamp and its place, said side by side, are one mention: `hall ko wall lamp`, `the wall lamp in the hall`.

So are two parts of one name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..home import Home
from .keys import Thing
from .mentions import Mention
from .vocabulary import CONNECTIVES, EXCEPT, LIGHT, tokens_of

_BETWEEN = CONNECTIVES | {"te"}  # the, folded


def together(mentions: Sequence[Mention], words: Sequence[str], home: Home) -> Iterator[Mention]:
    """The mentions, with lamps and their places side by side as one.

    A lamp that is not in the place beside it is no mention: the model copies both words, and the house has no such lamp. A
    lamp that needs its place is none without it.
    """
    left = list(mentions)
    while left:
        one = left.pop(0)
        other = left[0] if left and _side_by_side(one, left[0], words) else None
        if other is not None and (place := _place_of(one, other)) is not None:
            lamp = other if place is one else one
            inside = tuple(thing for thing in lamp.things if _is_in(thing, place.things, home))
            left_out = place is one and "ma" in words[one.last + 1 : other.first] and _excepted(other, words)
            if inside and not left_out:
                asks = one.asks or other.asks
                left[0] = replace(one, last=other.last, things=inside, asks=asks, needs_place=False)
                continue
            if not inside and not lamp.needs_place and _of_its_own(place, lamp, words):
                yield place
                del left[0]
                continue
        if other is not None and (both := _in_both(one, other)):
            left[0] = replace(one, last=other.last, things=both, asks=one.asks or other.asks)
            continue
        if not one.needs_place:
            yield one


def _is_in(lamp: Thing, places: Sequence[Thing], home: Home) -> bool:
    area_id, floor_id = home.places.get(lamp.id, (None, None))
    return Thing("area", area_id or "") in places or Thing("floor", floor_id or "") in places


def _place_of(one: Mention, other: Mention) -> Mention | None:
    """Which of the two is a place, if the other one is a lamp."""
    kinds = [{thing.kind for thing in mention.things} for mention in (one, other)]
    if kinds[0] <= {"area", "floor"} and kinds[1] == {"light"}:
        return one
    return other if kinds[0] == {"light"} and kinds[1] <= {"area", "floor"} else None


def _in_both(one: Mention, other: Mention) -> tuple[Thing, ...]:
    """What two mentions may both mean: `gate pillar` and `left` are one of the pillars."""
    if one.needs_place or (other.needs_place and one.things != other.things):
        return ()
    return tuple(thing for thing in one.things if thing in other.things)


def _side_by_side(one: Mention, other: Mention, words: Sequence[str]) -> bool:
    """Whether only small words stand between two mentions: `hall ma bhako`, `hall ko batti,` (but not `hall ra`)."""
    between = words[one.last + 1 : other.first]
    if between and between[-1] == ",":
        return False
    return all(word in _BETWEEN or tokens_of((word,)) == (LIGHT,) for word in between)


def _of_its_own(place: Mention, lamp: Mention, words: Sequence[str]) -> bool:
    """Whether a place was surely said for the lamp: `hall ko lamp`, `hall lamp`, `lamp in the hall`."""
    first, last = sorted((place, lamp), key=lambda mention: mention.first)
    between = words[first.last + 1 : last.first]
    return not between or "ko" in between if first is place else "in" in between


def _excepted(lamp: Mention, words: Sequence[str]) -> bool:
    """`hall ma lamp bahek` is the hall except its lamp, not the lamp in it."""
    return not EXCEPT.isdisjoint(words[lamp.last + 1 : lamp.last + 4])
