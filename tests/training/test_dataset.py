"""The generated data: what the test must not share, what is written, and that the same seed writes the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from custom_components.batti.interpreter.language.grammar import (
    DESCRIBE,
    UNDO,
    Grammar,
    Refusal,
    action_line,
    refusal_line,
)
from training.data import dataset
from training.data.phrasebook import FOLDER, TEST, TRAIN


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("data")
    sizes = {TRAIN: 12_000, TEST: 4_000}
    for split, size in sizes.items():
        dataset.write(folder / f"{split}.jsonl", split, size, 77, workers=0)
    return {split: folder / f"{split}.jsonl" for split in sizes}


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


def test_every_answer_is_in_the_language(files: dict[str, Path]) -> None:
    for line in dataset.read(files[TRAIN]):
        answer = line["messages"][2]["content"]
        grammar = Grammar(line["labels"])
        state = grammar.start
        for text in answer.splitlines(keepends=True):
            edges = grammar.edges(state)
            if text in edges:
                state = edges[text]
                continue
            prefix = grammar.label_prefix(state)
            assert prefix, (line, text)
            assert text.startswith(prefix), (line, text)
            # A name that the home has not, or one said twice: words of the sentence.
            name = text.removeprefix(prefix).strip()
            words = " ".join(word for word in line["messages"][1]["content"].split() if word not in "[],.?")
            assert f" {name} " in f" {words} ", (line, text)
            state = grammar.label_state(state, name)
        assert grammar.may_end(state)


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
    assert set(answers) >= {*map(refusal_line, Refusal), action_line(UNDO)}
    assert any(answer.startswith(action_line(DESCRIBE)) for answer in answers)
