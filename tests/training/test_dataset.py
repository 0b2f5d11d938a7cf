"""The generated data: what the test must not share, what is written, and that the same seed writes the same."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.language.items import (
    DESCRIBE,
    FIRST_ITEMS,
    ITEMS,
    NAME_KEY,
    REFUSE,
    UNDO,
    WRITTEN_REFUSALS,
    Asking,
    action_line,
    asked_line,
    refusal_line,
)
from custom_components.batti.interpreter.language.prompt import MARKERS, MARKERS_BEFORE
from training.data import dataset, seeds, values
from training.data.phrasebook import FOLDER, TEST, TRAIN
from training.data.seeds import Seed

from .lines import unknown, wrong

RARE = "rare"  # said from some seeds of each kind of item, and some others
MARKER = re.compile(r"\b[A-Z]\b")
PUNCTUATION = (",", ".", "?", "!", ";", ":", "।")


def few() -> tuple[Seed, ...]:
    """At most three seeds of each kind of item, and for each question of the house; and some others to say beside them."""
    found: dict[object, list[Seed]] = {}
    usual = seeds.seeds(TRAIN)
    for seed in usual:
        kinds = [(wanted.verb, wanted.kind if wanted.verb != "after" else "") for wanted in seed.wanted]
        for kind in (*kinds, seed.asked):
            found.setdefault(kind, []).append(seed)
    return tuple(dict.fromkeys([*(seed for several in found.values() for seed in several[:3]), *usual[::200]]))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("data")
    sizes = {TRAIN: 10_000, TEST: 4_000}
    for split, size in sizes.items():
        dataset.write(folder / f"{split}.jsonl", split, size, 77, workers=0)
    several = few()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeds, "seeds", lambda split: several)
        dataset.write(folder / f"{RARE}.jsonl", TRAIN, 2_000, 77, workers=0)
    return {which: folder / f"{which}.jsonl" for which in (*sizes, RARE)}


def test_the_test_split_shares_no_form_no_verb_form_and_no_room_with_training(files: dict[str, Path]) -> None:
    assert dataset.leaks(files[TRAIN], files[TEST]) == set()


def test_a_shared_form_is_found(files: dict[str, Path]) -> None:
    assert dataset.leaks(files[TRAIN], files[TRAIN])


def test_held_out_lists_share_nothing_with_training_lists() -> None:
    compared = 0
    for path in FOLDER.glob("*.yaml"):
        compared += _compare(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader), path.name)  # noqa: S506
    assert compared > 50


def _compare(entry: object, where: str) -> int:
    """How many pairs of lists were held against each other."""
    if not isinstance(entry, dict):
        return 0
    compared = 0
    held, train = entry.get("held_out"), entry.get("train")
    if isinstance(held, list) and isinstance(train, list) and not where.endswith("toggle"):
        if where.startswith("verbs.yaml/paradigms") and not where.endswith("bare"):
            assert not {tuple(pair) for pair in held} & {tuple(pair) for pair in train}, where
            compared += 1
        elif where.startswith("forms.yaml"):
            assert not set(held) & set(train), where
            compared += 1
    if isinstance(held, dict):
        for script, phrases in held.items():
            assert not set(phrases) & set(entry[script]), (where, script)
            compared += 1
    return compared + sum(_compare(value, f"{where}/{key}") for key, value in entry.items())


@pytest.mark.parametrize("which", [TRAIN, TEST, RARE])
def test_every_answer_is_in_the_language(files: dict[str, Path], which: str) -> None:
    """And names only markers of the sentence, or of the lines before it, and words that were said."""
    for line in dataset.read(files[which]):
        written, markers = line["messages"][2]["content"], MARKER.findall(line["sentence"])
        assert set(markers) <= set(MARKERS), line
        assert [label for label in line["labels"] if label in MARKERS] == list(dict.fromkeys(markers)), line
        assert wrong(written, line["labels"]) is None, line
        words = [word for word in f"{line['previous']} {line['sentence']}".split() if word not in PUNCTUATION]
        assert all(f" {name} " in f" {' '.join(words)} " for name in unknown(written, line["labels"])), line


@pytest.mark.parametrize("which", [TRAIN, RARE])
def test_lines_before_a_sentence_are_as_the_house_keeps_them(files: dict[str, Path], which: str) -> None:
    """In the language, with markers of their own; a line that says what the house asked may begin them."""
    asked = set()
    for line in dataset.read(files[which]):
        before, markers = line["previous"], MARKER.findall(line["previous"])
        assert set(markers) <= set(MARKERS_BEFORE), line
        assert [label for label in line["labels"] if label in MARKERS_BEFORE] == list(dict.fromkeys(markers)), line
        first = next((one for one in map(asked_line, Asking) if before.startswith(one)), "")
        asked.add(first)
        if before := before.removeprefix(first):
            assert wrong(before, MARKERS_BEFORE) is None, line
    assert asked == {"", *map(asked_line, Asking)}


def test_names_that_are_taught_are_words_of_the_sentence(files: dict[str, Path]) -> None:
    """Without punctuation between them: the decoder takes no others."""
    taught = 0
    for line in dataset.read(files[RARE]):
        for text in line["messages"][2]["content"].splitlines():
            if text.startswith(NAME_KEY):
                assert f"{text.removeprefix(NAME_KEY)} " in f" {line['sentence']} ", line
                taught += 1
    assert taught > 10


def test_every_kind_of_item_is_said(files: dict[str, Path]) -> None:
    said = {text for line in dataset.read(files[RARE]) for text in line["messages"][2]["content"].splitlines(True)}
    heads = {name: ITEMS[name].head for name in FIRST_ITEMS}
    assert [name for name, head in heads.items() if not any(text.startswith(head) for text in said)] == []


@pytest.mark.parametrize("which", [TRAIN, TEST, RARE])
def test_what_is_not_for_lights_may_stand_beside_commands(files: dict[str, Path], which: str) -> None:
    """It is said once, after all that is done; a whole sentence of it is a refusal."""
    head = ITEMS[REFUSE].head
    answers = [line["messages"][2]["content"] for line in dataset.read(files[which])]
    beside = [answer for answer in answers if head in answer]
    assert len(beside) > len(answers) / 200
    for answer in beside:
        assert answer.count(head) == 1, answer
        assert answer.endswith(f"\n{head}"), answer


def test_light_before_a_colour_is_its_lightness_only_after_a_lamp() -> None:
    """`hall light blue` is a blue light of the hall."""
    rng = random.Random(3)
    said = {after: {values.colour(rng, "e", TRAIN, after)[1] for _ in range(2_000)} for after in (False, True)}
    ambiguous = {
        one for entry in lexicon.load("colours").values() for one in entry.get("ambiguous") or () if " " in one
    }
    assert ambiguous & said[True]
    assert not ambiguous & said[False]


def test_the_same_seed_says_the_same() -> None:
    assert list(dataset.sentences(5, TRAIN, 50)) == list(dataset.sentences(5, TRAIN, 50))
    assert list(dataset.sentences(5, TRAIN, 50)) != list(dataset.sentences(6, TRAIN, 50))


def test_the_balance(files: dict[str, Path]) -> None:
    """Every script and every kind of refusal has its share; at least 15% are to be refused."""
    lines = list(dataset.read(files[TRAIN]))
    scripts = [line["script"] for line in lines]
    assert all(scripts.count(script) > 0.2 * len(lines) for script in "rde")
    refused = [line for line in lines if line["messages"][2]["content"].startswith("[")]
    assert len(refused) > 0.15 * len(lines)
    answers = [line["messages"][2]["content"] for line in lines]
    assert set(answers) >= {*map(refusal_line, WRITTEN_REFUSALS), action_line(UNDO)}
    assert any(answer.startswith(action_line(DESCRIBE)) for answer in answers)
