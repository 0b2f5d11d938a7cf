"""Fine-tuning: the same tokens and the same model as in the house, and runs that learn, stop, go on and keep their best."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from custom_components.batti.interpreter.language import prompt
from tests.interpreter.vocabularies import llama3, tokeniser
from tests.training import child
from training.data import dataset

EVERY = 4  # steps between evaluations
STEPS = 12
RECIPES = child.ROOT / "training" / "recipes"
OF_THE_TINY_BASE: dict[str, Any] = {
    "base": "tiny",
    "data": {"train": 200, "validation": 16},
    "lora": {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": ["q_proj", "v_proj", "down_proj"]},
    "training": {
        "epochs": 1,
        "batch": 8,
        "accumulation": 2,
        "learning_rate": 0.01,
        "warm_up": 0.1,
        "max_length": 256,
        "evaluate_every": EVERY,
        "patience": 9,
        "max_steps": STEPS,
    },
    "seed": 5,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set."""
    folder = tmp_path_factory.mktemp("data")
    for split, count in (("train", 240), ("validation", 60)):
        dataset.write(folder / f"{split}.jsonl", split, count, dataset.SEEDS, workers=0)
    return folder


@pytest.fixture(scope="module")
def facts(data: Path, tmp_path_factory: pytest.TempPathFactory, training_python: Path) -> dict[str, Any]:
    """What bases and chat make."""
    out = tmp_path_factory.mktemp("bases")
    child.run(child.PROBES / "bases.py", data, out, timeout=300)
    found: dict[str, Any] = json.loads((out / "facts.json").read_text())
    return found


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory, training_python: Path) -> dict[str, Any]:
    """What runs came to; one was killed on its way."""
    out = tmp_path_factory.mktemp("runs")
    recipe = out / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(OF_THE_TINY_BASE))
    kill_after_a_checkpoint(recipe, data, out / "stopped")
    child.run(child.PROBES / "runs.py", recipe, data, out, timeout=600)
    found: dict[str, Any] = json.loads((out / "facts.json").read_text())
    return found


def kill_after_a_checkpoint(recipe: Path, data: Path, out: Path) -> None:
    command = [child.PYTHON, "-m", "training.finetune", "--recipe", recipe, "--data", data, "--out", out]
    with (out.parent / "stopped.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=child.ROOT, env=child.environment(), stdout=log, stderr=log)
    try:
        # The next evaluation begins when a checkpoint is whole; its adapter comes after.
        adapter, checkpoint = out / "adapter", out / "checkpoints" / f"checkpoint-{EVERY}" / "trainer_state.json"
        deadline = time.monotonic() + 300
        while not (checkpoint.exists() and adapter.exists()):
            assert process.poll() is None, (out.parent / "stopped.log").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
    finally:
        process.kill()
        process.wait()
    assert not (out / "outcome.json").exists(), "it ended before it could be killed"
    # Killed a little later it would have left half a checkpoint.
    half = out / "checkpoints" / f"checkpoint-{2 * EVERY}"
    if not (half / "trainer_state.json").exists():
        half.mkdir(exist_ok=True)
        (half / "trainer_state.json").write_text('{"epoch": ')


# -- tokens and bases


def test_the_tokens_are_those_of_the_bundled_models_trainer(facts: dict[str, Any]) -> None:
    rows = facts["nano"]["rows"]
    assert len(rows) == 40
    for row in rows:
        ours, answer = row["ours"], row["answer"]
        assert ours["input_ids"] == row["samples"]
        assert ours["labels"] == [-100] * answer + row["samples"][answer:]
        assert row["read back"] == row["written"]


def test_nano_is_the_bundled_model(facts: dict[str, Any]) -> None:
    assert facts["nano"]["logits"] < 1e-3
    assert facts["nano"]["exact match"] > 0.6, "greedy answers of the bundled model are mostly right"


def test_llama_3s_tokens_are_the_engines(facts: dict[str, Any], data: Path) -> None:
    typed, ours = tokeniser(llama3())
    lines = list(dataset.read(data / "validation.jsonl"))[:40]
    hostile = {"sentence": "<|eot_id|> A ko", "messages": [{}, {}, {"content": "[]  # unclear\n"}]}
    for row, line in zip(facts["llama 3"]["rows"], [*lines, hostile], strict=True):
        pieces = [*prompt.prefix(), *prompt.user(line["sentence"], line.get("previous", ""))]
        asked = [token for piece in pieces for token in (ours if piece.special else typed)(piece.text)]
        answer = [token for text in line["messages"][2]["content"].splitlines(keepends=True) for token in typed(text)]
        assert row == [*asked, *answer, *ours(prompt.END_OF_TURN)]


def test_a_base_from_a_folder(facts: dict[str, Any]) -> None:
    found = facts["llama 3"]["from a folder"]
    assert facts["llama 3"]["vocabulary"] == 128_256
    assert found["difference"] < 1e-5
    assert found["rows"] == facts["llama 3"]["rows"]
    assert found["ends"] == prompt.END_OF_TURN


def test_random_bases_are_the_same_each_time(facts: dict[str, Any]) -> None:
    assert facts["same weights"]


def test_an_adapter_can_train_the_chat_tokens_and_keeps_them(facts: dict[str, Any]) -> None:
    assert facts["chat tokens"]["saved"] < 1e-5
    assert facts["chat tokens"]["changed"] > 0.1


def test_kept_lines_hold_a_model_to_its_base(facts: dict[str, Any]) -> None:
    """As long as it is the base nothing pulls; of new lines the loss is the usual one."""
    found = facts["held"]
    assert found["marked"] == [[False] * 5, [True] * 5, [False] * 2]
    for losses in (found["fresh"], found["moved"]):
        assert losses["new"] == pytest.approx(losses["the model's own"], rel=1e-4)
        assert losses["both"] == pytest.approx(losses["its parts"], rel=1e-4)
    assert found["fresh"]["kept"] == pytest.approx(0, abs=1e-5)
    assert found["moved"]["kept"] > 0.01
    assert found["moved"]["kept, twice the weight"] == pytest.approx(2 * found["moved"]["kept"], rel=1e-4)


# -- runs


def test_the_loss_falls(runs: dict[str, Any]) -> None:
    reports = runs["whole"]["reports"]
    assert [step for step, _ in reports] == [0, EVERY, 2 * EVERY, STEPS]
    assert reports[-1][1]["loss"] < reports[0][1]["loss"] - 0.3
    assert all(0 <= scores["exact_match"] <= 1 for _, scores in reports)


def test_the_outcome_is_the_best_evaluation(runs: dict[str, Any]) -> None:
    outcome, reports = runs["whole"]["outcome"], runs["whole"]["reports"]
    best = max((scores for _, scores in reports), key=lambda scores: (scores["exact_match"], -scores["loss"]))
    assert {key: outcome[key] for key in best} == best
    assert outcome["steps"] == STEPS
    out = Path(outcome["adapter"]).parent
    settings = json.loads((out / "adapter" / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == "tiny"
    assert (out / "tokenizer" / "tokenizer.json").exists()
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_killed_run_goes_on_and_comes_to_the_same(runs: dict[str, Any]) -> None:
    steps = [step for step, _ in runs["stopped"]["reports"]]
    assert steps in ([2 * EVERY, STEPS], [STEPS]), "it did not go on from its checkpoint"
    last, whole = runs["stopped"]["reports"][-1][1], runs["whole"]["reports"][-1][1]
    assert last["loss"] == pytest.approx(whole["loss"], abs=1e-4)
    assert last["exact_match"] == whole["exact_match"]


def test_a_run_that_has_ended_is_not_run_again(runs: dict[str, Any]) -> None:
    assert runs["again"]["reports"] == []
    assert runs["again"]["outcome"] == runs["stopped"]["outcome"]


def test_a_run_that_gets_no_better_ends_early_and_keeps_its_best(runs: dict[str, Any]) -> None:
    hopeless = runs["hopeless"]
    assert hopeless["outcome"]["steps"] == 2 * EVERY
    assert hopeless["reports"][-1][1]["loss"] > hopeless["reports"][0][1]["loss"] + 1
    assert hopeless["outcome"]["loss"] == hopeless["reports"][0][1]["loss"]
    assert hopeless["outcome"]["exact_match"] == hopeless["reports"][0][1]["exact_match"] > 0.5
    assert hopeless["largest"] == 0, "the adapter that was kept is the one of before the first step"


def test_what_a_report_raises_ends_the_run(runs: dict[str, Any]) -> None:
    assert runs["pruned"]


def test_a_folder_is_for_one_recipe(runs: dict[str, Any]) -> None:
    assert "has a run of another recipe" in runs["another recipe"]


# -- recipes and the data set


@pytest.mark.parametrize("path", sorted(RECIPES.glob("llama32_1b_*.yaml")), ids=lambda path: path.stem)
def test_recipes_say_everything(path: Path) -> None:
    tiny, recipe = (yaml.safe_load(one.read_text()) for one in (RECIPES / "tiny.yaml", path))
    assert recipe.keys() >= tiny.keys()
    for part in ("data", "lora", "training"):
        assert recipe[part].keys() >= tiny[part].keys()
    assert recipe.get("quantised") == {"lora": None, "qlora": "4bit", "8bit": "8bit"}[path.stem.rpartition("_")[2]]


@pytest.mark.usefixtures("training_python")
def test_hugging_face_reads_the_data_set_as_it_is_now(data: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for split in ("train", "validation"):
        lines = (data / f"{split}.jsonl").read_text().splitlines(keepends=True)
        (few / f"{split}.jsonl").write_text("".join(lines[:5]))
    script = (
        "import datasets, json, pathlib, sys; from training.finetune import hub_dataset;"
        "first, second, out = map(pathlib.Path, sys.argv[1:]);"
        "hub_dataset.write(first, out); datasets.load_dataset(str(out));"
        "hub_dataset.write(second, out); found = datasets.load_dataset(str(out));"
        "print(json.dumps({split: list(rows) for split, rows in found.items()}))"
    )
    found = json.loads(child.run("-c", script, few, data, tmp_path / "hub", timeout=120, HF_HOME=str(tmp_path / "hf")))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 240, "validation": 60}
    for row, line in zip(found["train"], dataset.read(data / "train.jsonl"), strict=True):
        assert row["messages"] == line["messages"]
        assert [(one["from"], one["value"]) for one in row["conversations"]] == [
            (speaker, one["content"]) for speaker, one in zip(("system", "human", "gpt"), line["messages"], strict=True)
        ]
        assert all(row[key] == line[key] for key in ("sentence", "previous", "labels"))
    card = (tmp_path / "hub" / "README.md").read_text()
    assert "license: mit" in card
    assert "| train | 240 |" in card
