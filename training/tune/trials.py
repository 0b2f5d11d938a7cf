"""The results of a study: a table of its trials, the best trial's recipe, plots."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState
from rich.table import Table

from .. import plotting
from .search_space import Range, Recipe, recipe_of

_STATES = {
    TrialState.COMPLETE: "whole",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "interrupted",
    TrialState.WAITING: "to be tried again",
}
SCORES = ("exact_match", "loss", "seconds")
_SECTION = re.compile(r"\w+\.")


def scores(trial: FrozenTrial) -> str:
    """The scores of a trial as text; if it was pruned, those of its last evaluation."""
    found = trial.user_attrs.get("scores")
    if not found:
        return "no evaluation"
    return f"exact match {found['exact_match']:.1%}, loss {found['loss']:.4f}"


def in_words(trial: FrozenTrial) -> str:
    """A trial in one line."""
    values = ", ".join(f"{_short(label)} {value:.3g}" for label, value in trial.params.items())
    return f"trial {trial.number} {state(trial)}: {scores(trial)} ({values})"


def state(trial: FrozenTrial) -> str:
    """How a trial ended, and why if it failed."""
    if trial.state != TrialState.FAIL:
        return _STATES[trial.state]
    return f"failed: {trial.user_attrs.get('error', 'the process was killed')}"


def table(study: optuna.Study, title: str) -> Table:
    """All trials, best first."""
    header, *rows = _rows(study)
    made = Table(*map(_short, header), title=title)
    for row in rows:
        made.add_row(*(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row))
    return made


def write_csv(study: optuna.Study, path: Path) -> None:
    """All trials, best first, for a spreadsheet."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_rows(study))


def _short(label: str) -> str:
    return _SECTION.sub("", label).replace("_", " ")


def _rows(study: optuna.Study) -> Iterator[list[Any]]:
    trials = study.get_trials(deepcopy=False)
    labels = list(dict.fromkeys(label for trial in trials for label in trial.params))
    yield ["trial", "state", *SCORES, *labels]
    order = list(_STATES)
    for trial in sorted(trials, key=lambda one: (order.index(one.state), one.value or 0.0)):
        found = trial.user_attrs.get("scores", {})
        yield [
            trial.number,
            state(trial),
            *(found.get(name, "") for name in SCORES),
            *(trial.params.get(label, "") for label in labels),
        ]


def write_best(study: optuna.Study, recipe: Recipe, ranges: list[Range], path: Path) -> None:
    """The recipe of the best trial, as `training.finetune` reads it."""
    best = study.best_trial
    text = yaml.safe_dump(recipe_of(recipe, ranges, best), sort_keys=False, allow_unicode=True)
    new = path.with_suffix(".tmp")
    new.write_text(
        f"# Written by training.tune: trial {best.number}, on validation {scores(best)}.\n\n{text}", encoding="utf-8"
    )
    new.replace(path)


def draw(study: optuna.Study, folder: Path) -> bool:
    """Plot the study: its history, the importance of each value, and how values combine.

    The plots show the objective, or the loss alone if all complete trials have the same exact match. False, without plots,
    if fewer than two trials are complete.
    """
    whole = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(whole) < 2:
        return False
    pyplot = plotting.without_screen()
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    folder.mkdir(parents=True, exist_ok=True)
    plots, name = optuna.visualization.matplotlib, "not matched exactly (ties: loss)"
    shown = study
    if len({trial.user_attrs["scores"]["exact_match"] for trial in whole}) == 1:
        shown, name = _by_loss(study), "loss on validation"
    for file, plot in (
        ("history", plots.plot_optimization_history),
        ("importances", plots.plot_param_importances),
        ("parallel", plots.plot_parallel_coordinate),
    ):
        plot(shown, target_name=name)
        figure = pyplot.gcf()
        figure.set_size_inches(11, 6)
        figure.savefig(folder / f"{file}.png", dpi=120, bbox_inches="tight")
        pyplot.close(figure)
    return True


def _by_loss(study: optuna.Study) -> optuna.Study:
    """A copy of the study with the loss as the value of complete trials; the others only keep their numbers."""
    other = optuna.create_study()
    for one in study.get_trials(deepcopy=False):
        whole = one.state == TrialState.COMPLETE
        other.add_trial(
            optuna.trial.create_trial(
                state=TrialState.COMPLETE if whole else TrialState.FAIL,
                value=one.user_attrs["scores"]["loss"] if whole else None,
                params=one.params,
                distributions=one.distributions,
            )
        )
    return other
