"""The fine-tuning set of one house: corrections checked and taken apart, said again, mixed; and what is learnt from it."""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from custom_components.batti.interpreter.errors import HomeError
from custom_components.batti.interpreter.home import Home, load_home
from custom_components.batti.interpreter.language.plan import Plan, lights_of
from custom_components.batti.interpreter.language.prompt import MARKERS, MARKERS_BEFORE
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.keys import Thing
from custom_components.batti.interpreter.resolve import resolve
from custom_components.batti.interpreter.words.fold import fold
from tests import measured
from tests.training import child
from training.data import dataset
from training.data.homes import random_home
from training.data.naming import trained_rooms
from training.data.phrasebook import TEST, TRAIN, Phrasebook
from training.data.seeds import Seed, Wanted
from training.personal import corrections, finetuning_set, variations, wording
from training.personal.corrections import Alias, CorrectionError
from training.personal.family import Family
from training.personal.own_home import read_home

from .lines import wrong

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "tests" / "homes" / "lalitpur_house.yaml"
KEPT = ROOT / "tests" / "cases" / "personal" / "lalitpur_corrections.yaml"
FILES_OF_NO_CORRECTIONS = {
    "say: bhansa": "are a list of entries",
    "": "are a list of entries",
    "- [": "Cannot read",
    "- {say: [}": "Cannot read",
}
KITCHEN_OFF = "do: [{action: light.turn_off, target: {area_id: kitchen}}]"


@pytest.fixture(scope="module")
def house() -> Home:
    return load_home(HOUSE)


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    recipe = finetuning_set.recipe_of(finetuning_set.RECIPE, 200)
    recipe["house"]["test"] = 30
    return recipe


@pytest.fixture(scope="module")
def written(house: Home, recipe: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("personal")
    finetuning_set.write(house, KEPT, folder, recipe, show=False)
    return folder


def kept(tmp_path: Path, text: str, home: Home) -> corrections.Kept:
    file = tmp_path / "corrections.yaml"
    file.write_text(text, encoding="utf-8")
    return corrections.read(file, home)


def lines_of(folder: Path, split: str) -> list[dict[str, Any]]:
    return list(dataset.read(folder / f"{split}.jsonl"))


# -- the home


def diagnostics(home: Home) -> dict[str, Any]:
    plain = asdict(home)
    for light in plain["lights"]:
        light["color_modes"] = sorted(light["color_modes"])
    return {"home_assistant": {"version": "2026.10.4"}, "data": {"note": "…", "home": plain}}


def test_the_home_is_that_of_the_devices_diagnostics(house: Home, tmp_path: Path) -> None:
    file = tmp_path / "diagnostics.json"
    file.write_text(json.dumps(diagnostics(house)), encoding="utf-8")
    assert read_home(file) == read_home(HOUSE) == house


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps({"data": {"home": {"floors": 1, "areas": 7, "lights": 12}}}), "those of the device"),
        ("[1, 2]", "those of the device"),
        ("areas: [{area_id: a, name: A}]", "no lights in areas"),
        ("lights: [{entity_id: light.a, name: A}]", "no lights in areas"),
        ("lights: [", "Cannot read"),
    ],
)
def test_a_file_without_a_home_is_told_of(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(HomeError, match=said):
        read_home(file)
    with pytest.raises(HomeError, match="Cannot read"):
        read_home(tmp_path / "nowhere.json")


# -- corrections


def test_what_the_model_writes_becomes_the_plan_that_was_kept(house: Home) -> None:
    """By the house's own resolving."""
    found = corrections.read(KEPT, house)
    wheres = {"luklukki para": "study"}
    for one in found.corrections:
        plan = resolve(one.answer, one.marked, found.home, wheres.get(one.say))
        assert plan.actions
        assert not plan.unknown
    by_say = {one.say: one for one in found.corrections}
    off = by_say["bhanchha ko batti jhyappa para"]
    assert off.answer == "- action: light.turn_off\n  target:\n    - A\n"
    assert off.marked.text == "A ko bati jyapa para"
    assert resolve(off.answer, off.marked, found.home, None).to_list() == [
        {"action": "light.turn_off", "target": {"area_id": "kitchen"}}
    ]
    assert by_say["ghar lai chup laga"].answer == "- action: light.turn_off\n  target:\n    - ALL\n"
    assert "    - HERE\n  data:\n    flash: short\n" in by_say["luklukki para"].answer
    mood = by_say["study ma chiya mood gara"].answer
    assert mood.endswith("  data:\n    brightness_pct: 30\n    color_temp_kelvin: 2700\n")


def test_a_new_name_becomes_an_alias_of_the_thing_that_was_meant(house: Home) -> None:
    found = corrections.read(KEPT, house)
    assert found.aliases == (Alias("jhyaure", Thing("light", "light.shelly_77aa")),)
    marked = NameIndex(found.home).mark(fold("jhyaure batti bala"))
    assert marked.text == "A bati bala"
    assert marked.labels["A"].things == (Thing("light", "light.shelly_77aa"),)
    assert not NameIndex(house).mark(fold("jhyaure batti bala")).labels


def test_a_name_that_the_home_knows_already_is_not_new(house: Home, tmp_path: Path) -> None:
    text = (
        "- {say: gundruk nibhau, name: gundruk, do: [{action: light.turn_off, target: {entity_id: light.shelly_77aa}}]}"
    )
    found = kept(tmp_path, text.replace("name: gundruk", "name: Gundruk"), house)
    assert not found.aliases
    assert found.home == house


def test_a_name_may_be_of_a_room_and_serve_other_corrections(house: Home, tmp_path: Path) -> None:
    text = f"""
- say: bhattivala nibhau ani kausi bala
  name: bhattivala
  do:
    - {{action: light.turn_off, target: {{area_id: kitchen}}}}
    - {{action: light.turn_on, target: {{area_id: terrace}}}}
- say: bhattivala jhyappa para
  {KITCHEN_OFF}
"""
    found = kept(tmp_path, text, house)
    assert found.aliases == (Alias("bhattivala", Thing("area", "kitchen")),)
    assert [one.seed.text for one in found.corrections] == ["{A} nibhau ani {B} bala", "{A} jhyappa para"]
    assert [one.has_new_name for one in found.corrections] == [True, False]


@pytest.mark.parametrize(
    ("do", "lines"),
    [
        ("[{action: light.turn_off, target: {area_id: [kitchen, terrace]}}]", ["A", "B"]),
        ("[{action: light.turn_off, target: {area_id: terrace}}]", ["B"]),
        # The same lights, by id.
        (
            "[{action: light.turn_off, target: {entity_id: [light.kitchen_ceiling, light.kitchen_counter, light.hood]}}]",
            ["A"],
        ),
    ],
)
def test_labels_are_those_of_the_lights_that_are_meant(do: str, lines: list[str], house: Home, tmp_path: Path) -> None:
    (one,) = kept(tmp_path, f"- {{say: bhansa ra kausi jhyappa para, do: {do}}}", house).corrections
    assert one.answer.splitlines()[2:] == [f"    - {label}" for label in lines]


def test_exceptions_are_found(house: Home, tmp_path: Path) -> None:
    text = (
        "- {say: bhansa bahek sabai jhyappa para, do: [{action: light.turn_off, target: {area_id: %s, entity_id: %s}}]}"
    )
    marked = NameIndex(house).mark(fold("bhansa bahek sabai jhyappa para"))
    written = "- action: light.turn_off\n  target:\n    - ALL\n  except:\n    - A\n"
    action = resolve(written, marked, house, None).actions[0]
    areas, lights = list(action.target["area_id"]), list(action.target.get("entity_id", ()))
    text = text % (areas, lights) if lights else text.replace(", entity_id: %s", "") % areas
    (one,) = kept(tmp_path, text, house).corrections
    assert one.answer == written
    assert one.seed.wanted == (Wanted("off", targets=("all",), exceptions=("A",)),)
    assert one.seed.text == "{A} bahek sabai jhyappa para"


def test_a_light_is_found_by_its_place(house: Home, tmp_path: Path) -> None:
    """Three rooms have a ceiling light, so that of the room that is named is meant."""
    do = "do: [{action: light.turn_off, target: {entity_id: light.tasmota_5}}]"
    (one,) = kept(tmp_path, f"- {{say: 'guest room ma, tyo ceiling jhyappa para', {do}}}", house).corrections
    assert one.answer == "- action: light.turn_off\n  target:\n    - B\n  in:\n    - A\n"
    assert one.seed.text == "{A} ma, tyo {L} jhyappa para"
    assert one.seed.wanted == (Wanted("off", targets=("L",), places=("A",)),)
    assert variations.rephrased(one.seed, random.Random(1), Phrasebook(random.Random(1)), lambda: "r") == one.seed


def test_a_name_that_is_said_twice_is_one_slot(house: Home, tmp_path: Path) -> None:
    (one,) = kept(tmp_path, f"- {{say: 'bhansa, e bhansa jhyappa para', {KITCHEN_OFF}}}", house).corrections
    assert (one.marked.text, one.seed.text) == ("A , e A jyapa para", "{A}, e {A} jhyappa para")


@pytest.mark.parametrize(
    ("do", "answer"),
    [
        ("[]", "[]  # unclear\n"),
        ("[], why: forbidden", "[]  # forbidden\n"),
        ("[{action: batti.undo}]", "- action: batti.undo\n"),
        ("[{action: batti.describe, target: {entity_id: all}}]", "- action: batti.describe\n  target:\n    - ALL\n"),
    ],
)
def test_what_changes_nothing_may_be_kept_too(do: str, answer: str, house: Home, tmp_path: Path) -> None:
    found = kept(tmp_path, f"- {{say: k cha khabar, do: {do}}}", house)
    assert found.corrections[0].answer == answer
    # And is said again, with things around it.
    family = Family(random.Random(1), house, TRAIN, found.seeds)
    assert answer in {family.say_own().answer for _ in range(20)}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{say: bhansa jhyappa}", "an entry has `say`, `do`"),
        (f"{{say: bhansa jhyappa, {KITCHEN_OFF}, wher: kitchen}}", "an entry has `say`, `do`"),
        (f"{{say: 5, {KITCHEN_OFF}}}", "`say` is a sentence"),
        ("{say: bhansa jhyappa, do: light.turn_off}", "A plan is a list"),
        ("{say: bhansa jhyappa, do: [{action: switch.turn_off, target: {area_id: kitchen}}]}", "Not an action"),
        ("{say: bhansa jhyappa, do: [{action: light.turn_off, target: {area_id: bhansa}}]}", "no area_id bhansa"),
        ("{say: bhansa jhyappa, do: [{action: light.turn_on, target: {entity_id: light.x}}]}", "no entity_id light.x"),
        (f"{{say: bhansa jhyappa, {KITCHEN_OFF}, where: bhansa}}", "`where` is an area_id"),
        (f"{{say: bhansa jhyappa, {KITCHEN_OFF}, why: forbidden}}", "`why` stands with"),
        ("{say: bhansa jhyappa, do: [], why: because}", "`why` stands with"),
        ("{say: bhansa jhyappa, do: [], why: not yet}", "`why` stands with"),
        (
            "{say: bhansa jhyappa, do: [{after: 5 minutes}, {action: light.turn_off, target: {area_id: kitchen}}]}",
            r"\{'after': '5 minutes'\} cannot be learnt",
        ),
        (
            "{say: bhansa jhyappa, do: [{action: light.turn_off, target: {area_id: kitchen}, for: 10 minutes}]}",
            "'for': '10 minutes'.* cannot be learnt",
        ),
        ("{say: arko jhyappa, do: [{action: light.turn_off, who: [other]}]}", "'other'.* cannot be learnt"),
        ("{say: niyam jhyappa, do: [{action: batti.list_routines}]}", "'batti.list_routines'.* cannot be learnt"),
        (
            "{say: bhansa jhyappa, do: [{action: batti.teach, target: {area_id: kitchen}, name: jhyappa}]}",
            "'batti.teach'.* cannot be learnt",
        ),
        (
            "{say: hoina jhyappa, do: [{action: batti.undo}, {action: light.turn_off, target: {area_id: kitchen}}]}",
            "batti.undo stands alone",
        ),
        (f"{{say: kausi jhyappa, {KITCHEN_OFF}}}", r"do not name kitchen; they name kausi \(terrace\)"),
        (f"{{say: jhyaure batti jhyappa, {KITCHEN_OFF}}}", "as `name`, or the area"),
        (f"{{say: tyo jhyappa, {KITCHEN_OFF}, name: jhyaure}}", "is not in the sentence"),
        (f"{{say: kausi jhyappa, {KITCHEN_OFF}, name: kausi}}", "does not work as a name"),
        (f"{{say: gara jhyappa, {KITCHEN_OFF}, name: [gara]}}", "`name` is a word"),
        (
            "{say: bhansa tyo, do: [{action: light.turn_on, target: {area_id: kitchen}, data: {color_temp_kelvin: 2750}}]}",
            "'color_temp_kelvin: 2750' is not in the model's language",
        ),
        (
            "{say: bhansa jhyappa, do: [{action: light.turn_on, target: {area_id: kitchen}, data: {brightness_pct: 0}}]}",
            "from 1 to 100",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_told_with_its_line(entry: str, said: str, house: Home, tmp_path: Path) -> None:
    text = f"# mine\n- {{say: bhansa ko batti jhyappa, {KITCHEN_OFF}}}\n\n- {entry}\n"
    with pytest.raises(CorrectionError, match=rf"^Line 4[:,].*{said}"):
        kept(tmp_path, text, house)


def test_a_file_that_is_no_list_of_corrections(house: Home, tmp_path: Path) -> None:
    for text, said in FILES_OF_NO_CORRECTIONS.items():
        with pytest.raises(CorrectionError, match=said):
            kept(tmp_path, text, house)
    with pytest.raises(CorrectionError, match="Cannot read"):
        corrections.read(tmp_path / "nowhere.yaml", house)


def test_a_percentage_that_is_said_may_be_another(house: Home, tmp_path: Path) -> None:
    do = "do: [{action: light.turn_on, target: {area_id: kitchen}, data: {brightness_pct: 40}}]"
    texts = [
        kept(tmp_path, f"- {{say: {say}, {do}}}", house).corrections[0].seed
        for say in ("bhansa 40% tyappa", "भान्सा ४० प्रतिशत ट्याप्प")
    ]
    assert [(seed.text, seed.script, seed.wanted[0].data) for seed in texts] == [
        ("{A} {p} tyappa", "r", ("=p",)),
        ("{A} {p} ट्याप्प", "d", ("=p",)),
    ]


@pytest.mark.parametrize(
    ("say", "script"),
    [("kitchen jhyappa", "r"), ("make the kitchen snug please", "e"), ("किचन झ्याप्प", "d"), ("bedroom off gara", "r")],
)
def test_the_language_of_a_sentence(say: str, script: str, house: Home) -> None:
    assert wording.script_of(NameIndex(house).mark(fold(say))) == script


# -- the same said again


SEED = Seed("r", "{A} ko batti jhyappa para", (Wanted.parse("off A"),), "", False)


def test_verbs_take_other_forms_and_the_test_takes_those_held_out() -> None:
    train, test = ({seed.text for seed in variations.inflected(SEED, split)} for split in (TRAIN, TEST))
    assert {"{A} ko batti jhyappa para", "{A} ko batti jhyappa paridinus na"} <= train
    assert "{A} ko batti jhyappa parnuhola" in test
    assert not train & test
    unknown = Seed("r", "luklukki", (Wanted.parse("off here"),), "", False)
    assert variations.inflected(unknown, TRAIN) == [unknown]
    assert variations.forbidden(unknown) == []


def test_what_is_told_not_to_be_done_is_forbidden() -> None:
    prohibitions = variations.forbidden(SEED)
    assert "{A} ko batti jhyappa napara" in {seed.text for seed in prohibitions}
    assert {(seed.wanted, seed.refusal) for seed in prohibitions} == {((), "forbidden")}


def test_a_room_is_said_in_other_phrases_and_stays_the_one_that_is_meant(house: Home) -> None:
    family = Family(random.Random(3), house, TRAIN, [SEED])
    examples = [family.say_own() for _ in range(150)]
    words = [example.marked for example in examples]
    assert all("jyapa" in one or example.noisy for one, example in zip(words, examples, strict=True))
    assert len({example.answer for example in examples}) > 20
    assert any("ko bati jyapa" in one for one in words)
    assert any(re.search(r"\bma jyapa|[A-P] jyapa", one) for one in words)
    assert any(example.answer == "[]  # forbidden\n" for example in examples)
    alone = [example for example in examples if example.answer.count("- action") == 1 and not example.previous]
    assert len(alone) > 75
    assert all("light.turn_off" in example.answer for example in alone)


def test_floors_above_the_fourth_are_called_by_their_names() -> None:
    home = Home.from_dict(
        {
            "floors": [
                {"floor_id": "f", "name": "Penthouse", "level": 7},
                {"floor_id": "g", "name": "Cellar", "level": -1},
            ],
            "areas": [{"area_id": "a", "name": "Bhansa", "floor_id": "f"}],
            "lights": [{"entity_id": "light.a", "name": "Chim", "area_id": "a"}],
        }
    )
    seed = Seed("r", "{F} jhyappa para", (Wanted.parse("off F"),), "", False)
    family = Family(random.Random(3), home, TRAIN, [seed])
    said = " ".join(family.say_own().text.lower() for _ in range(40))
    assert "penthouse" in said
    assert "cellar" in said


def test_a_new_name_is_said_in_all_sorts_of_sentences(house: Home) -> None:
    found = corrections.read(KEPT, house)
    family = Family(random.Random(5), found.home, TRAIN, (), found.aliases)
    examples = [family.say_own() for _ in range(30)]
    for example in examples:
        assert example.named.count("jyaure") == 1
        (marker,) = (label for label, words in example.names.items() if words == "jyaure" and label in MARKERS)
        assert f"    - {marker}\n" in example.answer
    assert len({example.answer for example in examples}) > 10


# -- the data set


def test_the_set_has_all_three_kinds_and_nothing_of_it_twice(written: Path, recipe: dict[str, Any]) -> None:
    train, validation = lines_of(written, "train"), lines_of(written, "validation")
    verbatim = 9 * recipe["house"]["verbatim"]
    assert len(train) + len(validation) == 200 + verbatim
    sources = [line["source"] for line in (*train, *validation)]
    assert {source: sources.count(source) for source in finetuning_set.SOURCES} == {
        "corrections": 70 + verbatim,
        "home": 10,
        "elsewhere": 120,
    }
    keys = [{(line["previous"], line["sentence"]) for line in lines} for lines in (train, validation)]
    assert not keys[0] & keys[1]
    said = [line["text"] for line in train]
    assert all(
        said.count(one.say) == recipe["house"]["verbatim"]
        for one in corrections.read(KEPT, load_home(HOUSE)).corrections
    )


def test_lines_are_those_of_the_data_set(written: Path) -> None:
    (example,) = dataset.sentences(1, TRAIN, 1)
    for split in ("train", "validation", "test"):
        for line in lines_of(written, split):
            assert line.keys() == dataset.messages(example).keys() | {"source"}
            assert wrong(line["messages"][2]["content"], line["labels"]) is None, line


def test_lines_before_a_sentence_have_markers_of_their_own(written: Path) -> None:
    """And what is corrected is said after other sentences too."""
    lines = [line for line in lines_of(written, "train") if line["source"] == "corrections" and line["previous"]]
    assert lines
    for line in lines:
        before = re.findall(r"^    - ([A-Z])$", line["previous"], re.MULTILINE)
        assert set(before) <= set(MARKERS_BEFORE)
        assert set(before) <= set(line["labels"])


def test_the_test_has_the_words_and_none_of_the_names_and_forms_of_training(written: Path) -> None:
    test, train = lines_of(written, "test"), lines_of(written, "train")
    of_words = [line for line in test if line["source"] == "corrections"]
    assert [line["source"] for line in test].count(finetuning_set.NEW_NAME) == 10
    assert len(of_words) == 30
    new = ("jyap", "jba ma", "tihar", "chiya mud", "chup", "lukluki", "snug")
    clean = [line for line in of_words if not line["noisy"]]
    assert all(any(word in line["sentence"] for word in new) for line in clean)
    for line in of_words:
        assert trained_rooms().isdisjoint(line["named"])
    assert not {line["text"] for line in test} & {line["text"] for line in train}


def test_the_same_seed_makes_the_same_set(written: Path, house: Home, recipe: dict[str, Any], tmp_path: Path) -> None:
    finetuning_set.write(house, KEPT, tmp_path, recipe, show=False)
    for split in ("train", "validation", "test"):
        assert (tmp_path / f"{split}.jsonl").read_bytes() == (written / f"{split}.jsonl").read_bytes()


def test_without_corrections_it_is_of_the_home(house: Home, recipe: dict[str, Any], tmp_path: Path) -> None:
    counts = finetuning_set.write(house, None, tmp_path, recipe, show=False).counts
    assert counts["test"] == {}
    assert counts["train"].get("home", 0) + counts["validation"].get("home", 0) == round(200 * 0.05 / 0.65)
    assert "corrections" not in counts["train"]


def test_general_sentences_are_drawn_from_what_is_to_be_kept(
    written: Path, house: Home, recipe: dict[str, Any], tmp_path: Path
) -> None:
    keep = tmp_path / "keep.jsonl"
    few = [line for line in lines_of(written, "train") if line["source"] == "elsewhere"][:40]
    keep.write_text("".join(json.dumps(line) + "\n" for line in few), encoding="utf-8")
    finetuning_set.write(house, KEPT, tmp_path, recipe, keep, show=False)
    general = [
        line for split in ("train", "validation") for line in lines_of(tmp_path, split) if line["source"] == "elsewhere"
    ]
    assert {line["text"] for line in general} == {line["text"] for line in few}


def test_the_command_says_what_to_do_in_home_assistant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [str(HOUSE), "--corrections", str(KEPT), "--out", str(tmp_path / "out"), "--sentences", "30"]
    monkeypatch.setattr(sys, "argv", ["personal", *arguments])
    finetuning_set.main()
    assert 'add alias "jhyaure" to light.shelly_77aa' in capsys.readouterr().out
    assert (tmp_path / "out" / "train.jsonl").exists()
    arguments[2] = str(tmp_path / "wrong.yaml")
    Path(arguments[2]).write_text(
        "- {say: bhansa nibhau, do: [{action: light.turn_off, target: {area_id: x}}]}", encoding="utf-8"
    )
    monkeypatch.setattr(sys, "argv", ["personal", *arguments])
    with pytest.raises(SystemExit, match="Line 1, 'bhansa nibhau': the home has no area_id x"):
        finetuning_set.main()


def test_corrections_of_any_home_can_be_learnt_from() -> None:
    """What is resolved can be traced back: plans of the house's own, in random homes."""
    rng = random.Random(11)
    traced = 0
    for _ in range(6):
        home = random_home(rng, TRAIN)
        family = Family(rng, home, TRAIN)
        for _ in range(20):
            example = family.say()
            if example.previous or "light.turn_o" not in example.answer:
                continue
            marked = NameIndex(home).mark(fold(example.text))
            plan = resolve(example.answer, marked, home, None)
            if not plan.actions or plan.unknown or plan.question:
                continue
            clauses = wording.clauses_of(Plan(plan.actions), marked, home, None)
            assert clauses is not None, example
            again = resolve(wording.answer_of(clauses, plan, None), marked, home, None)  # type: ignore[arg-type]
            assert [(one.action, one.data, set(lights_of(one, home))) for one in again.actions] == [
                (one.action, one.data, set(lights_of(one, home))) for one in plan.actions
            ]
            traced += 1
    assert traced > 30


# -- what is learnt

WORDS = f"""
- say: bhanchha ko batti jhyappa para
  {KITCHEN_OFF}
- say: kausi jhwamma para
  do: [{{action: light.turn_on, target: {{area_id: terrace}}, data: {{brightness_pct: 100}}}}]
- say: jhyaure batti nibhaideu
  name: jhyaure
  do: [{{action: light.turn_off, target: {{entity_id: light.shelly_77aa}}}}]
"""


@pytest.mark.usefixtures("training_python")
def test_the_bundled_model_learns_a_familys_words_and_forgets_little(recipe: dict[str, Any], tmp_path: Path) -> None:
    """A small version of `training/personal/check.py`, which gives the numbers: two verbs, 60 steps."""
    small = recipe | {"data": {"validation": 24}}
    small["house"] = recipe["house"] | {"sentences": 400, "test": 60}
    small["training"] = recipe["training"] | {
        "batch": 16,
        "max_steps": 60,
        "evaluate_every": 60,
        "learning_rate": 0.002,
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(small), encoding="utf-8")
    (tmp_path / "words.yaml").write_text(WORDS, encoding="utf-8")
    child.run(
        *("-m", "training.personal.check", HOUSE),
        *("--corrections", tmp_path / "words.yaml", "--recipe", tmp_path / "recipe.yaml"),
        *("--cases", KEPT.with_name("lalitpur_said.yaml"), "--most", "150", "--out", tmp_path / "out"),
        timeout=1800,
        **measured.UNMEASURED,
    )
    scores = json.loads((tmp_path / "out" / "check.json").read_text(encoding="utf-8"))["scores"]
    shares = {name: (row["before"]["share"], row["after"]["share"]) for name, row in scores.items()}
    # The better the bundled model, the more of them it knows before.
    assert shares["corrections"][1] > max(0.75, shares["corrections"][0] + 0.25), shares
    assert shares["by hand"][1] > shares["by hand"][0], shares
    # 150 sentences cannot show a loss of 1%; they show what a broken mixture would do.
    assert shares["elsewhere"][1] > shares["elsewhere"][0] - 0.06, shares
    # The name is learnt by the home.
    assert shares["by hand"][0] > shares["by hand, new names not added"][0], shares
