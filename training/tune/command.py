"""Searches good hyperparameters: an Optuna study whose trials are runs of `training.finetune`.

    python -m training.tune --recipe training/recipes/tiny.yaml --space training/recipes/tune.yaml \
        --data training/.data --out training/.runs/tune --trials 12 --plots

The file of `--space` has the ranges to search; all other values come from the recipe. A trial that is worse than the median
of earlier trials at an evaluation is stopped ("pruned"). Results are in `--out`: `study.db` (SQLite), `best.yaml` (a recipe
for `training.finetune`), `trials.csv`, `plots/`, and in `trials/` the run of the best trial; other runs are deleted.

Started again with the same `--out`, the study continues until `--trials` trials in all have ended, complete or pruned. If
the process was killed during a trial, that trial is marked as failed and tried again with the same values, from its last
checkpoint. Interruptions do not change the result: each trial has its own random seed.

The objective is to minimise the share of validation sentences without exact match; the loss breaks ties:
`1 - exact_match + 0.0001 * loss / (1 + loss)`. So if exact match stays 0, as with very small models or training for a few
minutes, the loss alone decides.
"""

from __future__ import annotations

import argparse
import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from rich.console import Console

from . import trials
from .search_space import SpaceError
from .study import Finetune, StudyError, Tuning

SPACE = Path(__file__).parents[1] / "recipes" / "tune.yaml"
_WIDTH = 160  # columns, if the output is no terminal


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Lock the folder against other processes; the lock ends with the process, even if it is killed."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StudyError(f"another process is at work in {out}: wait for it, or name another --out") from error
        yield


def tune(options: argparse.Namespace, finetune: Finetune) -> None:
    """Start or continue a study, and write its results.

    Raises:
        StudyError, SpaceError: the study cannot run; the message says why.
    """
    recipe, space = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (options.recipe, options.space))
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    with _locked(options.out):
        tuning = Tuning(recipe, space, options.data, options.out, finetune)
        tuning.run(options.trials, console)
        console.print(trials.table(tuning.study, f"{tuning.ended} trials have ended; best: {options.out}/best.yaml"))
        if options.plots and not trials.draw(tuning.study, options.out / "plots"):
            console.print("No plots: they need two whole trials.")


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m training.tune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", type=Path, required=True, help="the recipe for all values that are not tuned")
    parser.add_argument("--space", type=Path, default=SPACE, help="the values to tune, with their ranges")
    parser.add_argument("--data", type=Path, required=True, help="the folder with train.jsonl and validation.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the study")
    parser.add_argument(
        "--trials", type=_positive, default=30, help="stop after this many trials, earlier ones included (30)"
    )
    parser.add_argument("--plots", action="store_true", help="also draw the study, into OUT/plots")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def main(arguments: list[str] | None = None, finetune: Finetune | None = None) -> None:
    """Tune `train.run`, or another function with the same parameters and result."""
    options = options_of(arguments)
    try:
        tune(options, finetune or _finetune())
    except (StudyError, SpaceError, FileNotFoundError) as error:
        raise SystemExit(f"tune: {error}") from error
    except KeyboardInterrupt as error:
        raise SystemExit("tune: interrupted; the same command goes on from here") from error


def _finetune() -> Finetune:
    from ..finetune.train import run  # imports PyTorch, so only once the command line is known to be right

    return run
