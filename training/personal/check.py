"""Measures what fine-tuning for one home learns and what it forgets: scores before and after, through Batti's engine.

    python -m training.personal.check HOME --corrections FILE.yaml --out DIR [--cases FILE.yaml] [--elsewhere DATA.jsonl]

It makes the data set (`finetuning_set.py`), fine-tunes the recipe's base model, exports it, and gives both models the same
sentences: corrections in other homes with other words around them, new names in their home, sentences written by hand, and
sentences about other homes. DIR/check.json has the scores, DIR/model the GGUF. Run again, it continues.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import BattiError
from custom_components.batti.interpreter.home import Home

from ..data import dataset
from ..data.commands import Example
from ..data.phrasebook import TEST
from ..evaluate import judging, scoring
from . import corrections, finetuning_set
from .own_home import read_home

_SEED = 77  # of the generated sentences about other homes
BY_HAND, WITHOUT_NAMES = "by hand", "by hand, new names not added"

Answers = list[bool]


@dataclass(frozen=True)
class Asked:
    """All sentences that both models must answer."""

    lines: dict[str, list[dict[str, Any]]]
    cases: Sequence[dict[str, Any]]
    home: Home  # with its new names
    home_without_names: Home  # without them


async def ask(model: Path, asked: Asked) -> dict[str, Answers]:
    """Which sentences a model gets right: generated ones by exact match, those written by hand by effect."""
    engine = LocalEngine(model)
    await engine.start()
    right: dict[str, Answers] = {}
    try:
        for name, lines in asked.lines.items():
            right[name] = []
            for line in lines:
                report = judging.Report()
                await judging.judge_generated(engine, [line], report)
                right[name].append(not report.misses)
        for name, home in ((BY_HAND, asked.home), (WITHOUT_NAMES, asked.home_without_names)):
            for case in asked.cases:
                report = judging.Report()
                await judging.judge_case(engine, home, case, report)
                right.setdefault(name, []).append(not report.misses)
    finally:
        await engine.stop()
    return right


def compare(before: dict[str, Answers], after: dict[str, Answers]) -> dict[str, dict[str, Any]]:
    """The shares right before and after, with intervals, and how many answers became right or wrong."""
    return {
        name: {
            "n": len(answers),
            "before": scoring.interval(answers),
            "after": scoring.interval(after[name]),
            "learnt": sum(new and not old for old, new in zip(answers, after[name], strict=True)),
            "lost": sum(old and not new for old, new in zip(answers, after[name], strict=True)),
        }
        for name, answers in before.items()
        if answers
    }


def show(results: dict[str, Any], console: Console) -> None:
    """Print the results."""
    table = Table("", "sentences", "before", "after", "learnt", "lost", title="right answers, with 95% intervals")
    for name, row in results["scores"].items():
        shares = (
            f"{100 * row[when]['share']:.1f}% ({100 * row[when]['low']:.0f} to {100 * row[when]['high']:.0f})"
            for when in ("before", "after")
        )
        table.add_row(name, str(row["n"]), *shares, str(row["learnt"]), str(row["lost"]))
    console.print(table)
    tuned = results["fine-tuning"]
    console.print(
        f"{results['data']['train']:,} sentences, {tuned['steps']} steps, {tuned['seconds']:.0f} s "
        f"({tuned['cpu_seconds']:.0f} s of computing) on {results['cores']} core(s) of {results['machine']}; "
        f"all together {results['seconds']:.0f} s"
    )


def elsewhere(path: Path | None, most: int) -> list[dict[str, Any]]:
    """Sentences about other homes: from a file, or generated."""
    if path is not None:
        return list(islice(dataset.read(path), most))
    examples: list[Example] = list(dataset.sentences(_SEED, TEST, most))
    return [dataset.messages(example) for example in examples]


def check(options: argparse.Namespace) -> dict[str, Any]:
    """Generate data, fine-tune, export, evaluate; returns what `show` prints."""
    from ..finetune import train  # not at the top: torch loads slowly, --help should be fast

    begun = time.monotonic()
    recipe = finetuning_set.recipe_of(options.recipe, options.sentences)
    if options.max_steps:
        recipe["training"]["max_steps"] = options.max_steps
    home = read_home(options.home)
    written = finetuning_set.write(home, options.corrections, options.out / "data", recipe)
    finetuning_set.show_written(written, Console())
    worked = time.process_time()
    outcome = train.run(recipe, options.out / "data", options.out / "run")
    worked = time.process_time() - worked
    model = exported(outcome.adapter, options.out / "model")
    lines: dict[str, list[dict[str, Any]]] = {dataset.ELSEWHERE: elsewhere(options.elsewhere, options.most)}
    for line in dataset.read(options.out / "data" / "test.jsonl"):
        lines.setdefault(line["source"], []).append(line)
    cases = yaml.safe_load(options.cases.read_text(encoding="utf-8"))["cases"] if options.cases else []
    asked = Asked(lines, cases, corrections.read(options.corrections, home).home, home)
    before, after = (asyncio.run(ask(one, asked)) for one in (judging.MODEL, model))
    tuned = {key: value for key, value in asdict(outcome).items() if key != "adapter"} | {"cpu_seconds": worked}
    return {
        "scores": compare(before, after),
        "data": {split: sum(counts.values()) for split, counts in written.counts.items()},
        "fine-tuning": tuned,
        "seconds": time.monotonic() - begun,
        "cores": len(os.sched_getaffinity(0)),
        "machine": judging.machine(),
        "misses": [case["say"] for case, right in zip(cases, after.get(BY_HAND, []), strict=True) if not right],
    }


def exported(adapter: Path, folder: Path) -> Path:
    """Export an adapter as Q8_0, like the bundled model; returns the GGUF."""
    from ..export import command

    command.main([str(adapter), "--out", str(folder), "--name", "house", "--quantisations", "Q8_0", "--sample", "50"])
    return folder / "house-Q8_0.gguf"


def main() -> None:
    """Run the check, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--corrections", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", type=Path, help="sentences written by hand, with the expected state of the lights")
    parser.add_argument(
        "--elsewhere", type=Path, help="a file that training.data wrote; without it, sentences are generated"
    )
    parser.add_argument("--most", type=int, default=600, help="the maximum number of its sentences")
    parser.add_argument("--sentences", type=int, help="how many in the data set; otherwise as in the recipe")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--recipe", type=Path, default=finetuning_set.RECIPE)
    options = parser.parse_args()
    try:
        results = check(options)
    except BattiError as error:
        sys.exit(str(error))
    show(results, Console())
    (options.out / "check.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
