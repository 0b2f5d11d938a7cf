"""Light groups and their members: never both at once, or a toggle would cancel itself and a step be taken twice.

>>> lights = [{"entity_id": f"light.{name}", "name": name} for name in ("left", "right")]
>>> group = {"entity_id": "light.both", "name": "both", "members": ["light.left", "light.right"]}
>>> home = Home.from_dict({"lights": [*lights, group]})
>>> sorted(without_doubles({"light.both", "light.left"}, set(), home))
['light.both']
>>> sorted(without_doubles(set(), {"light.both", "light.left", "light.right"}, home))
['light.left', 'light.right']
"""

from __future__ import annotations

from collections.abc import Collection

from .home import Home


def leaves(entity_id: str, home: Home) -> frozenset[str]:
    """The single lights of a group, also of groups in it; of a single light, itself. Not all need be in the home."""
    members = home.members
    if entity_id not in members:
        return frozenset({entity_id})
    found, todo, seen = set(), [entity_id], {entity_id}
    while todo:
        one = todo.pop()
        inside = members.get(one, ())
        if not inside:
            found.add(one)
        todo += [member for member in inside if member not in seen]
        seen.update(inside)
    return frozenset(found)


def without_doubles(named: Collection[str], around: Collection[str], home: Home) -> set[str]:
    """Which lights to call, so that none is called twice.

    Args:
        named: lights that are meant themselves. A group that is named is one thing, and stands for its members.
        around: lights that are meant because of the place that they are in. There a group is called only if it reaches
            lights that nobody could call singly, and none that is not meant.
    """
    groups = {group: leaves(group, home) for group in home.members}
    in_home = {light.entity_id for light in home.lights} - groups.keys()
    wanted = {*named, *around}
    chosen, reached = set(wanted), set[str]()  # reached: by the groups so far
    for group, inside in sorted(groups.items(), key=lambda one: (-len(one[1]), one[0])):
        if group not in chosen:
            continue
        reaches_more = not inside <= in_home
        if not inside.isdisjoint(reached):
            # Another group has some of its lights already.
            chosen = (chosen - {group}) | ((inside & in_home) - reached)
        elif group in named or (inside & in_home <= wanted and reaches_more):
            chosen -= {other for other in chosen if other != group and leaves(other, home) <= inside}
            reached |= inside
        else:
            chosen.discard(group)
    return chosen


def left_without(wanted: Collection[str], exceptions: Collection[str], home: Home) -> set[str]:
    """The wanted lights without the exceptions: of a group that has an exception in it, the other members."""
    left_out = {leaf for one in exceptions for leaf in leaves(one, home)}
    in_home = {light.entity_id for light in home.lights} - home.members.keys()
    kept: set[str] = set()
    for one in wanted:
        inside = leaves(one, home)
        kept |= {one} if inside.isdisjoint(left_out) else (inside & in_home) - left_out
    return kept
