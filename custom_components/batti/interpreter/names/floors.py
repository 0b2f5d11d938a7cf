"""What the floors of a home may be called besides their own names: upstairs, ground floor, the middle one.

Most homes give their floors no level. Then a floor is where its name says, by the lexicon, or the other one of two.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from .. import lexicon
from ..home import Floor, Home
from ..words.fold import fold_name
from .vocabulary import FLOOR, GENERIC, tokens_of

_HEIGHTS = {"top": 90.0, "roof": 95.0, "bottom": -90.0}


def floor_keys(home: Home) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Floor ids with keys of what people call them by their place in the house; True where this is certain."""
    heights = _heights(home)
    for floor in home.floors:
        for kind, entry in lexicon.load("floors").items():
            certain = _is_level(floor, kind, entry, heights)
            if certain or _is_relative(floor, kind, entry, heights):
                yield from ((floor.floor_id, key, certain) for key in _said()[kind])


def _heights(home: Home) -> dict[str, float]:
    """How high each floor is, for those of which it is known; with two floors, one says where the other is."""
    heights = {floor.floor_id: height for floor in home.floors if (height := _height(floor)) is not None}
    unknown = [floor.floor_id for floor in home.floors if floor.floor_id not in heights]
    if len(home.floors) == 2 and len(unknown) == 1:
        (known,) = heights.values()
        heights[unknown[0]] = known + 1 if known <= 0 else known - 1
    if len(home.floors) == 3 and len(unknown) == 1 and min(heights.values()) <= 0 < max(heights.values()):
        heights[unknown[0]] = (min(heights.values()) + max(heights.values())) / 2
    return heights


def _height(floor: Floor) -> float | None:
    if floor.level is not None:
        return float(floor.level)
    for name in (floor.name, *floor.aliases):
        if (kind := kind_of(name)) is not None:
            level = lexicon.load("floors")[kind].get("level")
            return float(level) if level is not None else _HEIGHTS.get(kind)
    return None


def kind_of(name: str) -> str | None:
    """The kind of floor that a name says, by the lexicon."""
    words = tokens_of(fold_name(name))
    return next((kind for kind, keys in _said().items() if any(words in (key, (*key, FLOOR)) for key in keys)), None)


@cache
def _said() -> dict[str, tuple[tuple[str, ...], ...]]:
    """What people say of each kind of floor, as keys; not what says no more than floor."""
    return {
        kind: tuple(
            key for said in lexicon.spellings(entry) if not GENERIC.issuperset(key := tokens_of(fold_name(said)))
        )
        for kind, entry in lexicon.load("floors").items()
    }


def _is_level(floor: Floor, kind: str, entry: lexicon.Entry, heights: dict[str, float]) -> bool:
    """Whether a floor is certainly of a kind: by its level, or by its own name."""
    level = entry.get("level")
    if level is None:
        return False
    if heights.get(floor.floor_id) == level:
        return True
    # The lowest floor is the ground floor, unless another one is, or it is below the ground.
    is_below = _HEIGHTS["bottom"] < heights.get(floor.floor_id, 0) < 0
    return (
        kind == "ground" and not is_below and level not in heights.values() and _is_extreme(floor, heights, lowest=True)
    )


def _is_relative(floor: Floor, kind: str, entry: lexicon.Entry, heights: dict[str, float]) -> bool:
    match entry.get("relative"):
        case "top":
            return _is_extreme(floor, heights, lowest=False)
        case "bottom":
            return _is_extreme(floor, heights, lowest=True)
        case "middle":
            inner = sorted(heights, key=heights.__getitem__)[1:-1]
            return inner == [floor.floor_id]
    return False


def _is_extreme(floor: Floor, heights: dict[str, float], lowest: bool) -> bool:
    if len(set(heights.values())) < 2 or floor.floor_id not in heights:
        return False
    return heights[floor.floor_id] == (min if lowest else max)(heights.values())
