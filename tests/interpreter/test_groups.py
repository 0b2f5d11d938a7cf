"""Groups and their members: what is called, so that no lamp is called twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.groups import leaves, left_without, without_doubles
from custom_components.batti.interpreter.home import Home, Light


def home(singles: str, groups: Mapping[str, str]) -> Home:
    """Single lights and groups, each of one letter; members that are no lights of the home are hidden."""
    return Home(
        lights=(
            *(Light(name, name) for name in singles),
            *(Light(name, name, members=tuple(members)) for name, members in groups.items()),
        )
    )


def called(named: str, around: str, where: Home) -> str:
    return "".join(sorted(without_doubles(set(named), set(around), where)))


def test_leaves() -> None:
    where = home("abc", {"G": "ab", "H": "Gc", "I": "xy"})
    found = {name: "".join(sorted(leaves(name, where))) for name in "aGHIx"}
    assert found == {"a": "a", "G": "ab", "H": "abc", "I": "xy", "x": "x"}


def test_groups_that_contain_each_other() -> None:
    where = home("ab", {"G": "aH", "H": "bG"})
    assert leaves("G", where) == leaves("H", where) == {"a", "b"}


@pytest.mark.parametrize(
    ("named", "around", "expected", "why"),
    [
        ("ab", "", "ab", "no group is meant"),
        ("G", "", "G", "a group that is named is one thing"),
        ("Ga", "", "G", "its member is in it"),
        ("Gc", "", "Gc", "another lamp is not"),
        ("", "abG", "ab", "a group in a room adds nothing to its members"),
        ("", "G", "", "nor is it called for lamps of another room"),
        ("G", "abc", "Gc", "a group that is named stands for its members in the room"),
        ("", "H", "H", "nobody could call its hidden members singly"),
        ("", "cI", "I", "nor are the others called twice"),
        ("", "I", "", "but a group with a lamp of another room is not called for its hidden member"),
        ("I", "", "I", "unless it is named"),
    ],
)
def test_what_is_called(named: str, around: str, expected: str, why: str) -> None:
    assert called(named, around, home("abcd", {"G": "ab", "H": "xy", "I": "cz"})) == expected, why


def test_groups_in_groups() -> None:
    where = home("abc", {"G": "ab", "H": "Gc"})
    assert called("", "abcGH", where) == "abc"
    assert called("H", "", where) == called("H", "abcG", where) == "H"
    assert called("HG", "", where) == "H"
    assert called("G", "abcH", where) == "Gc"


def test_hidden_members_of_groups_in_groups() -> None:
    """The widest group reaches them all."""
    where = home("a", {"G": "ax", "H": "Gy"})
    assert called("", "aGH", where) == "H"
    assert called("", "aG", where) == "G"


def test_two_groups_that_share_a_lamp() -> None:
    """Where both are named, it is still called once."""
    where = home("abc", {"G": "ab", "H": "bc"})
    assert _doubles(without_doubles(set("GH"), set(), where), where) == []


@pytest.mark.parametrize(
    ("wanted", "exceptions", "left"),
    [
        ("abc", "b", "ac"),
        ("abc", "", "abc"),
        ("abc", "G", "c"),  # except a group is except its members
        ("G", "a", "b"),  # of a group with an exception in it, the others
        ("G", "c", "G"),
        ("G", "ab", ""),
        ("H", "a", "b"),  # its hidden member cannot be called singly
        ("Gc", "Ga", "c"),
        ("K", "G", "c"),  # a group in a group
        ("K", "b", "ac"),
    ],
)
def test_exceptions(wanted: str, exceptions: str, left: str) -> None:
    where = home("abc", {"G": "ab", "H": "abx", "K": "Gc"})
    assert "".join(sorted(left_without(set(wanted), set(exceptions), where))) == left


def _doubles(names: Collection[str], where: Home) -> list[tuple[str, str]]:
    """The pairs that would call one lamp twice."""
    return [pair for pair in combinations(sorted(names), 2) if leaves(pair[0], where) & leaves(pair[1], where)]


_SINGLES, _GROUPS = set("abcd"), "GHI"


@st.composite
def _homes(draw: st.DrawFn) -> Home:
    """Homes with up to three groups, of lamps with hidden ones and of groups made before; none shares only a part."""
    groups: dict[str, str] = {}
    for name in _GROUPS[: draw(st.integers(0, 3))]:
        groups[name] = "".join(draw(st.sets(st.sampled_from([*"abcdxy", *groups]), min_size=1, max_size=4)))
    where = home("".join(_SINGLES), groups)
    inside = [leaves(name, where) for name in groups]
    assume(all(one <= other or other <= one or one.isdisjoint(other) for one, other in combinations(inside, 2)))
    return where


_NAMES = st.sets(st.sampled_from([*"abcd", *_GROUPS]))


def _reached(names: Collection[str], where: Home) -> set[str]:
    return {leaf for one in names for leaf in leaves(one, where)}


@settings(max_examples=60, deadline=None)
@given(_homes(), _NAMES, _NAMES)
def test_every_lamp_is_called_once(where: Home, named: set[str], around: set[str]) -> None:
    """Each that is meant, and none that is not but for the hidden ones."""
    known = {light.entity_id for light in where.lights}
    chosen = without_doubles(named & known, around & known, where)
    meant = _reached(named & known, where) | (around & _SINGLES)
    assert chosen <= known
    assert meant <= _reached(chosen, where)
    assert meant & _SINGLES == _reached(chosen, where) & _SINGLES
    assert _doubles(chosen, where) == []


@settings(max_examples=60, deadline=None)
@given(_homes(), _NAMES, _NAMES)
def test_no_exception_is_reached(where: Home, wanted: set[str], exceptions: set[str]) -> None:
    known = {light.entity_id for light in where.lights}
    left = left_without(wanted & known, exceptions & known, where)
    assert _reached(left, where).isdisjoint(_reached(exceptions & known, where))
    meant = _reached(wanted & known, where) - _reached(exceptions & known, where)
    assert _reached(left, where) & _SINGLES == meant & _SINGLES
