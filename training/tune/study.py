"""The Optuna study that `training.tune` runs. It lives in a folder, and can be stopped and continued at any time."""

from __future__ import annotations

import gc
import hashlib
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..data.phrasebook import TRAIN, VALIDATION
from . import search_space, trials
from .search_space import Recipe, SpaceError

_LOSS = 1e-4  # the most that the loss can add to the objective
_ATTEMPTS = 3  # at one trial, if the process is killed during it
_FAILURES = 3  # failed trials in a row that end the study
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
_SETTINGS = {"space", "random_trials", "prune_after_trials", "prune_after_steps"}

Finetune = Callable[..., Any]  # as train.run


class StudyError(Exception):
    """The study cannot start or continue; the message says what to do."""


def objective(exact_match: float, loss: float) -> float:
    """The number to minimise: the share of sentences without exact match, plus a small term of the loss to break ties.

    It is one number, because Optuna prunes only with a single objective. The loss adds less than one sentence of 10,000.
    """
    return 1 - exact_match + _LOSS * (loss / (1 + loss) if math.isfinite(loss) else 1.0)


class Tuning:
    """A study in its folder. `finetune` is `train.run`, or a function with the same parameters and result."""

    def __init__(self, recipe: Recipe, space: dict[str, Any], data: Path, out: Path, finetune: Finetune) -> None:
        """Start the study, or load it to continue."""
        if set(space) != _SETTINGS:
            raise SpaceError(f"the file of ranges has to have just {sorted(_SETTINGS)}, not {sorted(space)}")
        self._ranges = search_space.read(space["space"], recipe)
        self._recipe, self._space, self._data, self._out, self._finetune = recipe, space, data, out, finetune
        made_of = {"recipe": recipe, "space": space, "data": _fingerprint(data)}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.study = optuna.create_study(
            storage=f"sqlite:///{out.absolute()}/study.db",
            study_name="batti",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(space["prune_after_trials"], space["prune_after_steps"]),
        )
        begun = self.study.user_attrs.get("made_of", made_of)
        if changed := [part for part in made_of if begun[part] != made_of[part]]:
            raise StudyError(
                f"the study in {out} was begun with another {' and another '.join(changed)}, and its trials cannot be "
                "compared with new ones: name another --out, or delete that folder"
            )
        self.study.set_user_attr("made_of", made_of)
        for trial in self.study.get_trials(states=(TrialState.RUNNING,)):
            self._retry(trial)

    @property
    def ended(self) -> int:
        """How many trials have ended, complete or pruned."""
        return len(self.study.get_trials(deepcopy=False, states=_ENDED))

    def run(self, wanted: int, console: Console) -> None:
        """Run trials until `wanted` have ended.

        Raises:
            StudyError: several trials in a row failed.
        """
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        failures = 0
        self._keep_best()
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("trials", total=wanted, completed=self.ended)
            while self.ended < wanted:
                number = self._run_trial()
                gc.collect()  # trainers hold reference cycles, and with them GPU memory
                self._keep_best()
                last = self.study.get_trials(deepcopy=False)[number]
                console.print(trials.in_words(last), highlight=False, markup=False)
                progress.update(task, completed=self.ended)
                failures = failures + 1 if last.state == TrialState.FAIL else 0
                if failures == _FAILURES:
                    raise StudyError(f"{failures} trials failed one after the other; the last {trials.state(last)}")

    def _run_trial(self) -> int:
        """Run a trial and return its number. If interrupted, it stays marked as running; the next start finds it."""
        # A new seed per trial: after an interruption, a sampler with the same seed would draw its first values again.
        drawn = sum("attempt" not in trial.user_attrs for trial in self.study.get_trials(deepcopy=False))
        seed = self._recipe["seed"] + drawn
        self.study.sampler = optuna.samplers.TPESampler(n_startup_trials=self._space["random_trials"], seed=seed)
        trial = self.study.ask()
        try:
            self.study.tell(trial, self._objective_of(trial))
        except optuna.TrialPruned:
            self.study.tell(trial, state=TrialState.PRUNED)
        except Exception as error:
            trial.set_user_attr("error", f"{type(error).__name__}: {error}")
            self.study.tell(trial, state=TrialState.FAIL)
            if not isinstance(error, RuntimeError):  # RuntimeError: such as out of memory; other values may work
                raise
        return trial.number

    def _objective_of(self, trial: Trial) -> float:
        def report(step: int, scores: dict[str, float]) -> None:
            if not math.isfinite(scores["loss"]):
                raise optuna.TrialPruned
            if step == 0:  # the base model, the same in all trials
                return
            trial.set_user_attr("scores", scores)
            if step not in earlier:  # otherwise it was reported before the process was killed
                trial.report(objective(scores["exact_match"], scores["loss"]), step)
            if trial.should_prune():
                raise optuna.TrialPruned

        earlier = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        recipe = search_space.recipe_of(self._recipe, self._ranges, trial)
        outcome = self._finetune(recipe, self._data, self._folder(trial), report=report)
        trial.set_user_attr("scores", {name: getattr(outcome, name) for name in trials.SCORES})
        return objective(outcome.exact_match, outcome.loss)

    def _folder(self, trial: Trial | FrozenTrial) -> Path:
        """The folder of a trial's run; all attempts at a trial share it."""
        return self._out / "trials" / f"{trial.user_attrs.get('first', trial.number):03d}"

    def _retry(self, trial: FrozenTrial) -> None:
        """Mark a killed trial as failed and queue it again, a few times at most: the trial may be what kills the process."""
        attempt = trial.user_attrs.get("attempt", 1)
        self.study.tell(trial.number, state=TrialState.FAIL)
        if attempt == _ATTEMPTS:
            return
        first = trial.user_attrs.get("first", trial.number)
        self.study.add_trial(
            optuna.trial.create_trial(
                state=TrialState.WAITING,
                params=trial.params,
                distributions=trial.distributions,
                user_attrs={**trial.user_attrs, "first": first, "attempt": attempt + 1},
                intermediate_values=trial.intermediate_values,
            )
        )

    def _keep_best(self) -> None:
        """Write the best recipe so far, and delete the runs of all other trials that ended."""
        kept = {self._folder(trial) for trial in self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))}
        if self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            kept.add(self._folder(self.study.best_trial))
            trials.write_best(self.study, self._recipe, self._ranges, self._out / "best.yaml")
        for folder in (self._out / "trials").glob("*"):
            if folder not in kept:
                shutil.rmtree(folder)
        trials.write_csv(self.study, self._out / "trials.csv")


def _fingerprint(data: Path) -> dict[str, str]:
    """Hashes of the training and validation files."""
    found = {}
    for split in (TRAIN, VALIDATION):
        path = data / f"{split}.jsonl"
        if not path.exists():
            raise StudyError(f"there is no {path}: python -m training.data --out {data} writes the data set")
        with path.open("rb") as file:
            found[split] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
