"""The search for hyperparameters: with something that pretends to fine-tune, and once with the real thing, tiny."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import statistics
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from custom_components.batti.interpreter.language import prompt
from tests import measured
from tests.training import child
from training.tune import search_space

RECIPES = child.ROOT / "training" / "recipes"
SPACE = yaml.safe_load((RECIPES / "tune.yaml").read_text(encoding="utf-8"))
RANGES = SPACE["space"]
RECIPE: dict[str, Any] = {
    "base": "tiny",
    "lora": {"rank": 8, "alpha": 16, "dropout": 0.0, "targets": ["q_proj"]},
    "training": {"learning_rate": 0.001, "warm_up": 0.1, "batch": 4},
    "seed": 3,
}
PLOTS = {"history.png", "importances.png", "parallel.png"}
TRIALS = 14
_PATIENCE = 600  # seconds; on a machine that does nothing else they are far less
ENDED = ("whole", "pruned")


class Study:
    """A study in a folder, run by a child process in the training environment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.out = folder, folder / "data", folder / "out"
        self.data.mkdir()
        for split in ("train", "validation"):
            (self.data / f"{split}.jsonl").write_text(f"{split}\n")
        self.recipe = folder / "recipe.yaml"
        self.recipe.write_text(yaml.safe_dump(RECIPE))

    def start(self, trials: int, *more: object, **pretend: Any) -> subprocess.Popen[str]:
        given = ["--recipe", self.recipe, "--data", self.data, "--out", self.out, "--trials", trials, *more]
        return subprocess.Popen(
            [child.PYTHON, child.PROBES / "pretend.py", *map(str, given)],
            cwd=child.ROOT,
            env=child.environment(PRETEND=json.dumps(pretend)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, trials: int, *more: object, code: int = 0, **pretend: Any) -> str:
        """What it printed; errors where it failed."""
        with self.start(trials, *more, **pretend) as process:
            printed, errors = process.communicate(timeout=_PATIENCE)
        assert process.returncode == code, errors
        return errors if code else printed

    @property
    def rows(self) -> list[dict[str, str]]:
        return rows(self.out)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """What the stand-in for fine-tuning was called with."""
        return [json.loads(line) for line in (self.out / "runs.jsonl").read_text().splitlines()]

    @property
    def best(self) -> Any:
        return yaml.safe_load((self.out / "best.yaml").read_text(encoding="utf-8"))


def rows(out: Path) -> list[dict[str, str]]:
    """The trials in the order in which they were begun."""
    with (out / "trials.csv").open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: int(row["trial"]))


def ended(found: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in found if row["state"] in ENDED]


def in_ranges(recipe: dict[str, Any]) -> bool:
    lora, training = recipe["lora"], recipe["training"]
    values = {f"lora.{name}": lora[name] for name in ("rank", "dropout")}
    values |= {f"training.{name}": training[name] for name in ("learning_rate", "warm_up")}
    rounding = 0.5 / lora["rank"]  # of alpha, to a whole number
    factor = RANGES["lora.alpha"]
    return (
        all(RANGES[name]["low"] <= value <= RANGES[name]["high"] for name, value in values.items())
        and factor["low"] - rounding <= lora["alpha"] / lora["rank"] <= factor["high"] + rounding
        and all(isinstance(lora[name], int) for name in ("rank", "alpha"))
    )


@pytest.fixture
def study(tmp_path: Path, training_python: Path) -> Study:
    return Study(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, training_python: Path) -> Study:
    """One that ran without interruption."""
    whole = Study(tmp_path_factory.mktemp("whole"))
    whole.run(TRIALS, "--plots")
    return whole


def test_interrupted_it_comes_to_the_same(study: Study, whole: Study) -> None:
    """Killed amid a trial, it goes on with that trial from its checkpoint, and ends as if nothing had been."""
    study.run(TRIALS, code=-signal.SIGKILL, killed={"006": 3})
    before = study.rows
    assert len(before) == 6
    study.run(TRIALS)
    assert study.rows[:6] == before
    assert [row["state"] for row in study.rows[6:8]] == ["failed: the process was killed", "whole"]
    assert [run["begin"] for run in study.runs if run["trial"] == "006"] == [0, 3]

    def told(found: Study) -> list[list[str]]:
        return [[value for name, value in row.items() if name != "trial"] for row in ended(found.rows)]

    assert told(study) == told(whole)
    assert len(told(whole)) == len(whole.rows) == TRIALS
    assert study.best == whole.best


def test_what_is_tried(whole: Study) -> None:
    """Values within the ranges, each in its place, no two alike, the rest as in the recipe."""
    recipes = [run["recipe"] for run in whole.runs]
    assert all(map(in_ranges, recipes))
    assert len({json.dumps(recipe) for recipe in recipes}) == TRIALS
    for recipe in recipes:
        assert (recipe["base"], recipe["seed"], recipe["lora"]["targets"]) == ("tiny", 3, ["q_proj"])
        assert recipe["training"]["batch"] == RECIPE["training"]["batch"]
        assert {part: set(recipe[part]) for part in ("lora", "training")} == {
            part: set(RECIPE[part]) for part in ("lora", "training")
        }


def test_the_best_is_kept(whole: Study) -> None:
    best = min((row for row in whole.rows if row["state"] == "whole"), key=lambda row: float(row["loss"]))
    assert whole.best == whole.runs[int(best["trial"])]["recipe"]
    assert [path.name for path in (whole.out / "trials").iterdir()] == [f"{int(best['trial']):03d}"]


def test_pruned_are_worse_than_the_median(whole: Study) -> None:
    """Of the whole trials before, at the step where they were stopped, and not sooner; the others never are."""
    before: list[dict[int, float]] = []
    for row in whole.rows:
        values = evaluations(whole.out, int(row["trial"]))
        worse = [
            len(before) >= SPACE["prune_after_trials"]
            and min(values[earlier] for earlier in values if earlier <= step)
            > statistics.median(other[step] for other in before)
            for step in values
        ]
        pruned = row["state"] == "pruned"
        assert worse == [False] * (len(worse) - 1) + [pruned]
        if not pruned:
            before.append(values)
    assert len(before) < TRIALS


def evaluations(out: Path, number: int) -> dict[int, float]:
    """What was minimised, after each step of a trial at which that was found out."""
    query = (
        "SELECT step, intermediate_value FROM trial_intermediate_values JOIN trials USING (trial_id) WHERE number = ?"
    )
    with closing(sqlite3.connect(out / "study.db")) as base:
        return dict(sorted(base.execute(query, (number,))))


def test_plots(whole: Study) -> None:
    files = {path.name: path.read_bytes() for path in (whole.out / "plots").iterdir()}
    assert set(files) == PLOTS
    assert all(data.startswith(b"\x89PNG") for data in files.values())
    assert len(set(files.values())) == len(PLOTS)


def test_exact_match_comes_before_loss(study: Study) -> None:
    """One sentence in a thousand outweighs the largest loss; of equal ones the smaller loss is better."""
    study.run(3, exact={"001": 0.001})
    with (study.out / "trials.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))  # the best first
    assert {row["state"] for row in table} == {"whole"}
    assert [float(row["exact_match"]) for row in table] == [0.001, 0, 0]
    better, second, third = (float(row["loss"]) for row in table)
    assert second < third < better
    assert study.best == study.runs[1]["recipe"]


def test_a_loss_that_is_no_number_is_pruned(study: Study) -> None:
    study.run(3, diverging=["000"])
    assert [row["state"] for row in study.rows] == ["pruned", "whole", "whole"]


def test_failing(study: Study) -> None:
    """Another trial takes a failed one's place; when they fail one after the other, that ends it, and says why."""
    study.run(3, failing=["001"])
    assert [row["state"] for row in study.rows] == [
        "whole",
        "failed: RuntimeError: no memory for 001",
        "whole",
        "whole",
    ]
    assert study.run(9, code=1, failing=["004", "005", "006"]) == (
        "tune: 3 trials failed one after the other; the last failed: RuntimeError: no memory for 006\n"
    )
    study.run(5)
    assert len(ended(study.rows)) == 5


def test_what_always_kills_is_given_up(study: Study) -> None:
    for _ in range(3):
        study.run(2, code=-signal.SIGKILL, killed={"000": 0})
    study.run(2, killed={"000": 0})
    assert [row["state"] for row in study.rows] == ["failed: the process was killed"] * 3 + ["whole"] * 2
    first, again, once_more, other, _ = [run["recipe"] for run in study.runs]
    assert first == again == once_more != other


def test_two_at_once(study: Study) -> None:
    with study.start(2, waiting=["000"]) as process:
        while not (study.out / "runs.jsonl").exists():
            assert process.poll() is None
            time.sleep(0.02)
        assert "another process is at work in" in study.run(2, code=1)
        (study.data / "go").touch()
        process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0
    assert [row["state"] for row in study.rows] == ["whole", "whole"]


def test_another_study_in_its_folder(study: Study) -> None:
    """Is not mixed with the first."""
    study.run(1)
    space = study.folder / "space.yaml"
    space.write_text(yaml.safe_dump(SPACE | {"random_trials": 1}))
    assert "was begun with another space, and" in study.run(2, "--space", space, code=1)
    (study.data / "train.jsonl").write_text("more")
    assert "was begun with another data, and" in study.run(2, code=1)
    study.recipe.write_text(yaml.safe_dump(RECIPE | {"seed": 4}))
    assert "was begun with another recipe and another data, and" in study.run(2, code=1)
    assert len(study.rows) == 1


def test_too_little(study: Study) -> None:
    """No data, no trials, too few trials for plots."""
    assert "No plots: they need two whole trials." in study.run(1, "--plots")
    assert "0 is less than 1" in study.run(0, code=2)
    (study.data / "validation.jsonl").unlink()
    assert "python -m training.data" in study.run(2, code=1)


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        ("training.rate", {"low": 1, "high": 2}, r"training\.rate is to be tuned, but the recipe has no number"),
        ("base", {"low": 1, "high": 2}, "base is to be tuned, but"),
        ("base.name", {"low": 1, "high": 2}, r"base\.name is to be tuned, but"),
        ("lora.targets", {"low": 1, "high": 2}, r"lora\.targets is to be tuned, but"),
        ("lora.alpha", {"low": 1, "high": 2, "times": "lora.size"}, r"lora\.size is to be tuned, but"),
        ("lora.rank", [4, 8], r"lora\.rank: a range is"),
        ("lora.rank", {"low": 4}, r"lora\.rank: a range is"),
        ("lora.rank", {"low": 4, "high": 8, "step": 2}, r"lora\.rank: a range is"),
        ("lora.rank", {"low": 8, "high": 4}, r"lora\.rank: from 8 to 4 is no range"),
        ("lora.dropout", {"low": 0.0, "high": 0.2, "log": True}, "is no range, by ratios"),
        ("training.learning_rate", {"low": "1e-5", "high": 0.1}, "YAML reads 1e-5 as text"),
    ],
)
def test_ranges_that_make_no_sense(name: str, parts: Any, said: str) -> None:
    with pytest.raises(search_space.SpaceError, match=said):
        search_space.read({name: parts}, RECIPE)


# -- and with real fine-tuning


@pytest.mark.usefixtures("training_python")
def test_the_tiny_base(tmp_path: Path) -> None:
    """A study of twelve runs, killed in the third and taken up again."""
    out, log, recipe = tmp_path / "out", tmp_path / "log", tmp_path / "tiny.yaml"
    begun_from = tiny(tmp_path)
    recipe.write_text(yaml.safe_dump(begun_from))
    given = ["--recipe", recipe, "--space", RECIPES / "tune.yaml", "--data", tmp_path, "--out", out, "--trials", 12]
    command = ["-m", "training.tune", *map(str, given), "--plots"]
    with log.open("wb") as file:
        environment = child.environment(**measured.UNMEASURED)
        process = subprocess.Popen([child.PYTHON, *command], cwd=child.ROOT, env=environment, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + _PATIENCE
        # The file that makes a checkpoint whole.
        while not any(path.stat().st_size for path in (out / "trials" / "002").rglob("trainer_state.json")):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    before = rows(out)
    assert len(before) >= 2
    assert not (out / "plots").exists()
    child.run(*command, timeout=2 * _PATIENCE, **measured.UNMEASURED)

    found = rows(out)
    assert found[: len(before)] == before
    assert len(ended(found)) == 12
    (killed,) = (row for row in found if row["state"] not in ENDED)
    assert killed["state"] == "failed: the process was killed"
    again = found[int(killed["trial"]) + 1]
    assert [again[name] for name in list(again)[5:]] == [killed[name] for name in list(killed)[5:]]
    assert any(row["state"] == "pruned" for row in found)
    whole = [row for row in found if row["state"] == "whole"]
    assert len({row["loss"] for row in whole}) == len(whole) >= SPACE["prune_after_trials"]

    best = yaml.safe_load((out / "best.yaml").read_text(encoding="utf-8"))
    assert in_ranges(best)
    assert best["base"] == "tiny"
    assert {path.name for path in (out / "plots").iterdir()} == PLOTS
    (kept,) = (out / "trials").iterdir()
    outcome = json.loads((kept / "outcome.json").read_text())
    assert outcome["loss"] == pytest.approx(min(float(row["loss"]) for row in whole))
    # Ready for training.finetune: for this recipe that run has ended.
    child.run("-m", "training.finetune", "--recipe", out / "best.yaml", "--data", tmp_path, "--out", kept, timeout=300)


def tiny(folder: Path) -> dict[str, Any]:
    """The recipe of the tiny base with few steps, and the data for them."""
    sentences = [
        {
            "messages": [
                {"role": "system", "content": prompt.SYSTEM},
                {"role": "user", "content": f"{said} {verb}"},
                {"role": "assistant", "content": f"- action: light.turn_{done}\n  target:\n    - {label}\n"},
            ],
            "sentence": f"{said} {verb}",
            "previous": "",
            "labels": ["A", "B"] if label == "B" else ["A"],
        }
        for said, label in (
            *(("A ko bati", "A"), ("aba A", "A"), ("e A ko ligt", "A")),
            *(("A haina B ko bati", "B"), ("A hoina aba B", "B"), ("A chodera B ko ligt", "B")),
        )
        for verb, done in (("bala", "on"), ("nibau", "off"), ("bali deu", "on"), ("band gara", "off"))
    ]
    for split, lines in {"train": sentences, "validation": sentences[::6]}.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    recipe: dict[str, Any] = yaml.safe_load((RECIPES / "tiny.yaml").read_text(encoding="utf-8"))
    recipe["training"] |= {"epochs": 2, "batch": 8, "evaluate_every": 3}
    return recipe
