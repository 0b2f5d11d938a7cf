"""Sentences that people wrote: their notation, and which split may use them."""

from __future__ import annotations

import re

import pytest

from custom_components.batti.interpreter.language.items import FIRST_ITEMS, ITEMS, REFUSE
from training.data import seeds
from training.data.phrasebook import TEST, TRAIN, VALIDATION
from training.data.seeds import Seed, Wanted


def test_every_sentence_is_in_the_notation_and_in_one_split() -> None:
    """Reading them checks them."""
    splits = {split: {seed.plain for seed in seeds.seeds(split)} for split in (TRAIN, VALIDATION, TEST)}
    assert len(splits[TRAIN]) > 2000
    assert not splits[TRAIN] & splits[TEST]
    assert not splits[TRAIN] & splits[VALIDATION]
    assert not splits[TEST] & splits[VALIDATION]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("on A", Wanted("on", targets=("A",))),
        ("not_for_lights", Wanted(REFUSE)),
        ("toggle L+M", Wanted("toggle", targets=("L", "M"))),
        ("off all - A+B", Wanted("off", targets=("all",), exceptions=("A", "B"))),
        ("off L in F", Wanted("off", targets=("L",), places=("F",))),
        ("on all in A+B - L =p", Wanted("on", "", ("all",), ("A", "B"), ("L",), ("=p",))),
        ("on here colour:c transition:n", Wanted("on", targets=("here",), data=("colour:c", "transition:n"))),
        ("on it =40 colour:red", Wanted("on", targets=("it",), data=("=40", "colour:red"))),
        ("on rest kelvin:2700 flash", Wanted("on", targets=("rest",), data=("kelvin:2700", "flash"))),
        ("on one -20", Wanted("on", targets=("one",), data=("-20",))),
        ("on other +p", Wanted("on", targets=("other",), data=("+p",))),
        ("same A", Wanted("same", targets=("A",))),
        ("off 'tulsi ko math'", Wanted("off", targets=("'tulsi ko math'",))),
        ("off A+'tulsi' - 'ma+thi'", Wanted("off", targets=("A", "'tulsi'"), exceptions=("'ma+thi'",))),
        ("on A for:20minutes", Wanted("on", targets=("A",), times=("for:20minutes",))),
        ("on A for:nhours", Wanted("on", targets=("A",), times=("for:nhours",))),
        ("on A until:noon", Wanted("on", targets=("A",), times=("until:noon",))),
        (
            "off A until:10:00 part:night day:tomorrow",
            Wanted("off", targets=("A",), times=("until:10:00", "part:night", "day:tomorrow")),
        ),
        ("describe A ask:brightness", Wanted("describe", targets=("A",), data=("ask:brightness",))),
        ("after 5 minutes", Wanted("after", "5 minutes")),
        ("after n hours", Wanted("after", "n hours")),
        ("after t", Wanted("after", "t")),
        ("when time at:6:00 part:evening", Wanted("when", "time", times=("at:6:00", "part:evening"))),
        (
            "when time at:sunset offset:-30minutes every:day",
            Wanted("when", "time", times=("at:sunset", "offset:-30minutes", "every:day")),
        ),
        ("when time at:h every:sunday+monday", Wanted("when", "time", times=("at:h", "every:sunday+monday"))),
        ("when arrives me", Wanted("when", "arrives", ("me",))),
        ("when opens 'mul dhoka' in A for:t", Wanted("when", "opens", ("'mul dhoka'",), ("A",), times=("for:t",))),
        ("when motion A", Wanted("when", "motion", ("A",))),
        ("when dark", Wanted("when", "dark")),
        ("if is_on L", Wanted("if", "is_on", ("L",))),
        ("if after at:6:00", Wanted("if", "after", times=("at:6:00",))),
        ("if no_motion", Wanted("if", "no_motion")),
        ("undo", Wanted("undo")),
        ("teach L name:'sathi batti'", Wanted("teach", targets=("L",), name="sathi batti")),
        ("teach L in A name:jun", Wanted("teach", targets=("L",), places=("A",), name="jun")),
        ("list_routines", Wanted("list_routines")),
        ("cancel A", Wanted("cancel", targets=("A",))),
        ("pause time part:morning", Wanted("pause", times=("part:morning",))),
        ("resume A time every:weekend", Wanted("resume", targets=("A",), times=("every:weekend",))),
        ("change time at:i", Wanted("change", times=("at:i",))),
        ("answer yes", Wanted("answer", "yes")),
        ("answer yes - A =p", Wanted("answer", "yes", exceptions=("A",), data=("=p",))),
        ("answer no", Wanted("answer", "no")),
        ("answer none", Wanted("answer", "none")),
        ("choose A+L", Wanted("choose", targets=("A", "L"))),
        ("choose first", Wanted("choose", targets=("first",))),
        ("choose other in A", Wanted("choose", targets=("other",), places=("A",))),
    ],
)
def test_the_notation(text: str, wanted: Wanted) -> None:
    assert Wanted.parse(text) == wanted


def test_every_kind_of_item_can_be_wanted() -> None:
    """And every one that needs a target or a time says so."""
    for name in FIRST_ITEMS:
        verb, _, kind = name.partition(" ")
        if verb not in ("when", "if"):
            continue
        needed = "A" if "target" in ITEMS[name].needed else "day:today" if "time" in ITEMS[name].needed else ""
        assert (Wanted.parse(f"{verb} {kind} {needed}").verb, Wanted.parse(f"{verb} {kind} {needed}").kind) == (
            verb,
            kind,
        )
        if needed:
            with pytest.raises(ValueError, match="it needs a t"):
                Wanted.parse(f"{verb} {kind}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("blink A", "there is no verb 'blink'"),
        ("", "there is no verb ''"),
        ("on A 30", "'30' is not known"),
        ("on A =", "'=' is not known"),
        ("on A =101", "'=101' is not known"),
        ("on A =x", "'=x' is not known"),
        ("on A colour:colourful", "'colour:colourful' is not known"),
        ("on A kelvin:2750", "'kelvin:2750' is not known"),
        ("on A ask:colour", "'ask:colour' is not known"),
        ("on A brightness_pct:30", "'brightness_pct:30' is not known"),
        ("on", "it needs a target"),
        ("on - A", "it needs a target"),
        ("on bedroom", "'bedroom' is not known"),
        ("on X", "'X' is not known"),
        ("on A in", "'in' is not known"),
        ("on A in bedroom", "'bedroom' names nothing"),
        ("on all - bedroom", "'bedroom' names nothing"),
        ("on A for:5", "'for:5' is not known"),
        ("on A for:5parsecs", "'for:5parsecs' is not known"),
        ("on A for:500minutes", "'for:500minutes' is not known"),
        ("on A until:later", "'until:later' is not known"),
        ("when time at:25:00", "'at:25:00' is not known"),
        ("when time part:brunch", "'part:brunch' is not known"),
        ("when time day:someday", "'day:someday' is not known"),
        ("when time every:day+fortnight", "'every:day+fortnight' is not known"),
        ("when time at:sunset offset:2days", "'offset:2days' is not known"),
        ("when time", "it needs a time"),
        ("when arrives", "it needs a target"),
        ("when rains", "'when' is one of arrives, bright"),
        ("if", "'if' is one of after, away"),
        ("answer maybe", "'answer' is one of no, none, yes"),
        ("after", "'' is no amount of time"),
        ("after five minutes", "'five minutes' is no amount of time"),
        ("after x", "'x' is no amount of time"),
        ("choose", "it needs a target"),
        ("teach L", "a name is what something is taught"),
        ("on L name:jun", "a name is what something is taught"),
        ("undo A now", "'now' is not known"),
    ],
)
def test_what_is_not_in_the_notation_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'not something to do: {text!r}: {problem}')}"):
        Wanted.parse(text)


def test_what_is_done_must_be_said() -> None:
    """Slots, and words in quotes: they begin where a word of the text does, and something may be attached to them."""
    seed = Seed("r", "{A} ko batti bala", (Wanted.parse("on B =p"),), "", False)
    with pytest.raises(ValueError, match=r"has no \['B', 'p'\]"):
        seed.check()
    Seed("d", "तुलसीको बत्ती बाल", (Wanted.parse("on 'तुलसी'"),), "", False).check()
    for text in ("off 'batti tulsi'", "off 'ulsi'", "teach L name:'tulasi'"):
        with pytest.raises(ValueError, match="has no"):
            Seed("r", "{L} tulsi batti nibhau", (Wanted.parse(text),), "", False).check()


def test_slots_of_values_are_slots() -> None:
    assert Wanted.parse("on A+L - B =p colour:c transition:n").slots == {"A", "L", "B", "p", "c", "n"}
    assert Wanted.parse("on here -20 colour:red flash").slots == set()
    assert Wanted.parse("off L in F for:t").slots == {"L", "F", "t"}
    assert Wanted.parse("off L for:nminutes").slots == {"L", "n"}
    assert Wanted.parse("off L for:5minutes").slots == {"L"}
    assert Wanted.parse("when time at:h offset:-nminutes").slots == {"h", "n"}
    assert Wanted.parse("after n hours").slots == {"n"}
    assert Wanted.parse("after t").slots == {"t"}
    assert Wanted.parse("after 5 hours").slots == set()


def test_words_in_quotes_are_names_without_a_slot() -> None:
    wanted = Wanted.parse("teach 'tulsi'+L in 'angan' name:'jun ko batti'")
    assert wanted.quoted == ["tulsi", "angan", "jun ko batti"]
    assert wanted.slots == {"L"}


@pytest.mark.parametrize(
    ("texts", "plain", "command"),
    [
        (["on A"], True, True),
        (["on A", "off B - L"], True, True),
        (["on A", "off B", "toggle L"], True, False),
        (["describe A"], True, False),
        (["on A for:5minutes"], False, False),
        (["after 5 minutes", "on A"], False, False),
        (["undo"], False, False),
        (["on A", "not_for_lights"], False, False),
        ([], False, False),
    ],
)
def test_what_is_done_at_once(texts: list[str], plain: bool, command: bool) -> None:
    """Such sentences can stand beside others, but not those that follow on from another."""
    wanted = tuple(map(Wanted.parse, texts))
    seed = Seed("r", "", wanted, "" if wanted else "unclear", False)
    assert (seed.is_plain, seed.is_command) == (plain, command)
    assert not Seed("r", "", wanted, "", True).is_command


def test_a_part_that_is_not_for_lights_is_the_last() -> None:
    for split in (TRAIN, VALIDATION, TEST):
        left_out = [seed for seed in seeds.seeds(split) if any(one.verb == REFUSE for one in seed.wanted)]
        assert len(left_out) > (20 if split == TRAIN else 0)
        for seed in left_out:
            assert [one.verb == REFUSE for one in seed.wanted] == [False] * (len(seed.wanted) - 1) + [True], seed.text
            assert len(seed.wanted) > 1, seed.text
