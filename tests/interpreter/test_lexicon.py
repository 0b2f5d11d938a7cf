"""The lexicon is data that people edit by hand: every file has its form, and no spelling means two things."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.util.color import COLORS

from custom_components.batti.interpreter.names.vocabulary import is_ordinary
from custom_components.batti.interpreter.words.fold import fold

LEXICON = Path(__file__).parents[2] / "custom_components" / "batti" / "interpreter" / "lexicon"
LISTS = ("english", "romanised", "devanagari", "held_out")
KINDS = {
    "rooms": frozenset({"near"}),
    "generic": frozenset[str](),
    "lights": frozenset[str](),
    "floors": frozenset({"level", "relative"}),
    "colours": frozenset({"ambiguous"}),
    "temperatures": frozenset({"ambiguous"}),
    "numbers": frozenset({"ambiguous"}),
}
FEWEST = {"rooms": 45, "lights": 30, "floors": 8, "colours": 20, "temperatures": 4, "numbers": 102}
UNSAID = {"middle"}  # kinds that no sentence of the training names, so nothing is held out
NAMES = {"people": (2, 180), "kin": (2, 45), "things": (3, 250), "modifiers": (3, 40)}

# Devanagari, its danda excepted, and the joiner in र्‍याक; Latin as it is typed, "kid's room" and "no." included.
DEVANAGARI = re.compile(r"[\u0900-\u0963\u0966-\u097f\u200d]+(?: [\u0900-\u0963\u0966-\u097f\u200d]+)*")
LATIN = re.compile(r"[A-Za-z0-9'.-]+(?: [A-Za-z0-9'.-]+)*")


def load(name: str) -> dict[Any, Any]:
    """One file of the lexicon as YAML reads it."""
    content = yaml.safe_load((LEXICON / f"{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def same(spelling: str) -> str:
    """Spelling without what never tells two words apart: case and Unicode form."""
    return unicodedata.normalize("NFC", spelling).casefold()


def spellings(entry: dict[str, Any]) -> list[str]:
    """Everything that an entry may be called, in the order of the file."""
    return [spelling for key in LISTS for spelling in entry.get(key, [])]


def held_out_of(name: str) -> dict[Any, list[str]]:
    """The held-out spellings of each kind that has some."""
    return {kind: entry["held_out"] for kind, entry in load(name).items() if kind not in UNSAID}


def test_every_file_is_known() -> None:
    others = {"appliances", "things", "names", "function_words", "talk"}
    assert {path.stem for path in LEXICON.glob("*.yaml")} == {*KINDS, *others}


@pytest.mark.parametrize("name", KINDS)
def test_entries_have_their_form(name: str) -> None:
    for kind, entry in load(name).items():
        where = f"{name}.yaml: {kind}"
        lists = LISTS[:3] if kind in UNSAID else LISTS
        assert set(lists) <= set(entry) <= {*lists, *KINDS[name]}, where
        for key in lists:
            assert entry[key], f"{where} has no {key}"
            assert all(isinstance(spelling, str) for spelling in entry[key]), f"{where}: quote {entry[key]}"
        for spelling in entry["english"] + entry["romanised"]:
            assert LATIN.fullmatch(spelling), f"{where}: {spelling}"
        for spelling in entry["devanagari"]:
            assert DEVANAGARI.fullmatch(spelling), f"{where}: {spelling}"
        for spelling in entry.get("held_out", ()):
            assert LATIN.fullmatch(spelling) or DEVANAGARI.fullmatch(spelling), f"{where}: {spelling}"


def test_appliances_have_their_form() -> None:
    """No sentence names them, so nothing is held out; and none is called like a general word for a light."""
    lights = {str(fold(spelling)) for spelling in spellings(load("generic")["light"])}
    for kind, entry in load("appliances").items():
        where = f"appliances.yaml: {kind}"
        assert set(entry) == set(LISTS) - {"held_out"}, where
        for key, form in zip(LISTS, (LATIN, LATIN, DEVANAGARI), strict=False):
            assert all(map(form.fullmatch, entry[key])), where
            assert len(set(entry[key])) == len(entry[key]), where
        assert lights.isdisjoint(str(fold(spelling)) for spelling in spellings(entry)), where


def test_things_have_their_form() -> None:
    """Names of rooms and lamps that training does not say, so nothing is held out."""
    things = load("things")
    assert len(things) >= 400
    for kind, entry in things.items():
        where = f"things.yaml: {kind}"
        assert set(entry) == set(LISTS) - {"held_out"}, where
        for key, form in zip(LISTS, (LATIN, LATIN, DEVANAGARI), strict=False):
            assert entry[key], f"{where} has no {key}"
            assert all(isinstance(spelling, str) and form.fullmatch(spelling) for spelling in entry[key]), where


@pytest.mark.parametrize("name", ["generic", "rooms", "lights", "floors"])
def test_things_are_no_lights_and_no_places(name: str) -> None:
    """The first file with a spelling wins, so one of these would be lost."""
    taken = {str(fold(spelling)) for entry in load(name).values() for spelling in spellings(entry)}
    for kind, entry in load("things").items():
        assert not [one for one in spellings(entry) if str(fold(one)) in taken], f"things.yaml: {kind}"


def test_words_of_talk() -> None:
    """Folded words, in their order; each is in one of the lists."""
    talk = load("talk")
    assert list(talk) == ["often", "sometimes"]
    several = {how: [word for line in lines for word in line.split()] for how, lines in talk.items()}
    for words in several.values():
        assert words == sorted(set(words))
        assert not [word for word in words if str(fold(word)) != word]
    assert set(several["often"]).isdisjoint(several["sometimes"])
    assert len(several["often"]) >= 400
    assert len(several["sometimes"]) >= 3000


@pytest.mark.parametrize("name", [*KINDS, "things"])
def test_no_spelling_twice(name: str) -> None:
    owners: dict[str, str] = {}
    for kind, entry in load(name).items():
        counts = Counter(same(spelling) for spelling in spellings(entry))
        assert not [spelling for spelling, count in counts.items() if count > 1], f"{name}.yaml: {kind}"
        for spelling in counts:
            assert spelling not in owners, f"{name}.yaml: {spelling} is in {owners[spelling]} and in {kind}"
            owners[spelling] = kind


@pytest.mark.parametrize("name", [*KINDS, "things"])
def test_no_two_kinds_fold_alike(name: str) -> None:
    owners: dict[str, tuple[str, str]] = {}
    for kind, entry in load(name).items():
        for spelling in spellings(entry):
            owner, other = owners.setdefault(str(fold(spelling)), (kind, spelling))
            assert owner == kind, f"{name}.yaml: {spelling} ({kind}) folds like {other} ({owner})"


def test_no_room_or_light_folds_like_a_generic_word() -> None:
    generic = {str(fold(spelling)) for entry in load("generic").values() for spelling in spellings(entry)}
    for name in ("rooms", "lights"):
        for kind, entry in load(name).items():
            taken = [spelling for spelling in spellings(entry) if str(fold(spelling)) in generic]
            assert not taken, f"{name}.yaml: {kind}"


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"numbers"}))
def test_held_out_spellings_are_new_to_the_model(name: str) -> None:
    """Folding may make a held-out spelling one that training has, but at least two of a kind stay new."""
    for kind, held_out in held_out_of(name).items():
        seen = {str(fold(spelling)) for key in LISTS[:3] for spelling in load(name)[kind][key]}
        new = {str(fold(spelling)) for spelling in held_out} - seen
        assert len(new) >= 2, f"{name}.yaml: {kind}"


@pytest.mark.parametrize("name", KINDS)
def test_spellings_are_held_out_in_both_scripts(name: str) -> None:
    for kind, held_out in held_out_of(name).items():
        assert 2 <= len(held_out) <= 6, f"{name}.yaml: {kind}"
        assert any(map(LATIN.fullmatch, held_out)), f"{name}.yaml: {kind}"
        assert any(map(DEVANAGARI.fullmatch, held_out)), f"{name}.yaml: {kind}"


@pytest.mark.parametrize(("name", "fewest"), FEWEST.items())
def test_lexicon_is_wide(name: str, fewest: int) -> None:
    assert len(load(name)) >= fewest


def test_floors_know_where_they_are() -> None:
    """By their level, or by the floors around them; a roof may be a floor above the highest one, or a room."""
    floors = load("floors")
    for kind, entry in floors.items():
        assert len({"level", "relative"} & entry.keys()) == (kind != "roof"), kind
        assert isinstance(entry.get("level", 0), int), kind
    relative = {kind: entry["relative"] for kind, entry in floors.items() if "relative" in entry}
    assert relative == {"top": "top", "bottom": "bottom", "middle": "middle"}
    assert Counter(entry["level"] for entry in floors.values() if "level" in entry).most_common(1)[0][1] == 1


def test_numbers_are_complete() -> None:
    numbers = load("numbers")
    assert list(numbers) == [*range(101), "percent"]


@pytest.mark.parametrize("name", ["numbers", "colours", "temperatures"])
def test_ambiguous_spellings_are_spellings(name: str) -> None:
    for kind, entry in load(name).items():
        assert set(entry.get("ambiguous", [])) <= set(spellings(entry)), kind


@pytest.mark.parametrize("name", ["blue", "pink", "green"])
def test_light_colours_in_english_are_left_to_the_model(name: str) -> None:
    """`bedroom light blue` is a blue light, `make it light blue` is a colour."""
    ambiguous = {str(fold(spelling)) for entry in load("colours").values() for spelling in entry.get("ambiguous", [])}
    assert str(fold(f"light {name}")) in ambiguous


def test_temperatures_are_kelvin() -> None:
    assert all(isinstance(kelvin, int) and 1500 <= kelvin <= 10000 for kelvin in load("temperatures"))


def test_colours_are_css_names() -> None:
    """Those that Home Assistant takes as `color_name`."""
    assert load("colours").keys() <= COLORS.keys()


def test_generic_words() -> None:
    assert set(load("generic")) == {"light", "room", "floor", "house", "number"}


@pytest.mark.parametrize("group", NAMES)
def test_names(group: str) -> None:
    columns, fewest = NAMES[group]
    names = load("names")
    assert set(names) == set(NAMES)
    rows = names[group]
    assert len(rows) >= fewest
    for row in rows:
        assert len(row) == columns, row
        assert LATIN.fullmatch(row[0]), row
        assert DEVANAGARI.fullmatch(row[1]), row
        assert all(LATIN.fullmatch(english) for english in row[2:]), row
    counts = Counter(same(row[0]) for row in rows)
    assert not [name for name, count in counts.items() if count > 1]


def test_function_words() -> None:
    """Lists of single words, rows of them where they are many; a slip in YAML (an unquoted `on`) is no word."""
    for key, several in load("function_words").items():
        words = [word for one in several for word in (one if isinstance(one, list) else [one])]
        several_words = key == "wake_calls"  # o ke
        assert words, key
        assert all(isinstance(word, str) and (several_words or " " not in word) for word in words), (
            f"{key}: quote the words that YAML reads"
        )
        assert len({same(word) for word in words}) == len(words), f"{key}: {Counter(words).most_common(1)}"


def test_lists_of_function_words() -> None:
    """Those that the code asks for by their names; whole buildings are kinds of rooms."""
    lists = load("function_words")
    assert {"honorifics", "several", "lamps", "counted", "wake_calls", "wake_names"} <= lists.keys()
    assert set(lists["buildings"]) <= load("rooms").keys()


@pytest.mark.parametrize(
    "word", ["all", "off", "ghanta", "sabai", "nibhaidinus", "garnuhos", "balideu", "rakhera", "the"]
)
def test_words_of_commands_name_nothing(word: str) -> None:
    (folded,) = fold(word).words
    assert is_ordinary(folded.text)


@pytest.mark.parametrize("word", ["bhansa", "balcony", "garage", "jhyal", "maharaja"])
def test_names_are_no_words_of_commands(word: str) -> None:
    (folded,) = fold(word).words
    assert not is_ordinary(folded.text)
