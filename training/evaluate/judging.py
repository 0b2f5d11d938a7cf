"""Evaluates a model on the generated test split and on sentences written by hand.

    python -m training.evaluate                                 # tests/cases/natural, tests/cases/exam, .data/test.jsonl
    python -m training.evaluate --model other.gguf --cases tests/cases/natural/gaun_ghar.yaml --misses
    python -m training.evaluate --json results.json --plots plots --card custom_components/batti/models/MODEL_CARD.md

It uses the same interpreter, engine and grammar as the integration. Exact match: the lines are the expected ones; any name
that the home does not have counts as equal. Partial match: the share of lines that are right. Effect: after the plan, every
light of the home is as it should be; for generated sentences: the same lights and data, in any order
(`scoring.same_effect`). Wider or reversed, the worst of the wrong actions: a light changed that should not have, or ended on
instead of off, or off instead of on. Other wrong: fewer lights, or another value. Both are shares of all sentences, and lower
is better; the other wrong effects are refusals. Refusals are all answers that change no light now (`changes_nothing`).
Confidence is compared with effect.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from custom_components.batti.interpreter import Turn, interpret
from custom_components.batti.interpreter.engine.interface import Engine
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.home import Home, load_home
from custom_components.batti.interpreter.language.items import LIGHT_ACTIONS
from custom_components.batti.interpreter.resolve import has_meaning

from .. import plotting
from ..data.dataset import OUT, read
from . import card, effects, plots, scoring

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "custom_components" / "batti" / "models" / "batti-nano.gguf"
NATURAL = ROOT / "tests" / "cases" / "natural"
EXAM = ROOT / "tests" / "cases" / "exam"
HOMES = ROOT / "tests" / "homes"
READY = Path(os.environ.get("BATTI_CACHE") or ROOT / ".cache") / "engine" / "packages"
"""The ready engine, where scripts/setup prepares it."""
_DEADLINE = 30


@dataclass
class Report:
    """Everything that was measured on one set of sentences."""

    scores: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    confusion: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    answers: list[tuple[float, bool]] = field(default_factory=list)  # confidence, and whether the effect was right
    misses: list[dict[str, Any]] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    steps: int = 0
    tokens: int = 0

    def count(self, metric: str, value: float, slices: Iterable[str]) -> None:
        """Count one sentence in all its slices."""
        for name in slices:
            self.scores[metric][name].append(value)

    def count_effect(self, fault: scoring.Fault | None, slices: Iterable[str]) -> None:
        """Count whether the effect of one sentence is right, and if not, whether something wrong was done."""
        self.count("effect", fault is None, slices)
        for wrong in scoring.WRONG_ACTIONS:
            self.count(wrong, fault is wrong, slices)

    def count_refusal(self, wanted: bool, found: bool, slices: list[str]) -> None:
        """Count one sentence for refusal recall and precision, if it belongs there."""
        if wanted:
            self.count("refusal recall", found, slices)
        if found:
            self.count("refusal precision", wanted, scoring.by_sentence(slices))

    def count_work(self, confidence: float, right: bool, steps: int, tokens: int) -> None:
        """Count the model's work on one sentence, and whether the effect was right."""
        self.answers.append((confidence, right))
        self.steps += steps
        self.tokens += tokens

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; misses with a wrong effect come first, sorted by confidence."""
        times = sorted(self.times_ms)
        return {
            "scores": {
                metric: {name: scoring.interval(slices[name]) for name in scoring.in_order(slices)}
                for metric in scoring.METRICS
                if (slices := self.scores.get(metric))
            },
            "confusion": {wanted: dict(self.confusion[wanted]) for wanted in _in_order(self.confusion)},
            "calibration": scoring.calibration(self.answers),
            "milliseconds": {"median": times[len(times) // 2], "95%": times[int(len(times) * 0.95)]} if times else {},
            "steps": self.steps / max(1, len(self.answers)),
            "tokens": self.tokens / max(1, len(self.answers)),
            "steps_per_token": self.steps / max(1, self.tokens),
            "misses": sorted(self.misses, key=lambda miss: (miss["same effect"], -miss["confidence"])),
        }


def changes_nothing(answer: str) -> bool:
    """Whether an answer changes no light now: it refuses, asks or undoes, or is what the house cannot do yet."""
    changes = any(step.action in LIGHT_ACTIONS for step in scoring.steps_of(answer))
    return not changes or not has_meaning(answer)


async def judge_generated(engine: Engine, lines: Iterable[dict[str, Any]], report: Report) -> None:
    """Judge a split of the data set: compare the model's lines with the expected ones."""
    for line in lines:
        sentence, wanted = line["sentence"], line["messages"][2]["content"]
        found = await engine.generate(sentence, line["labels"], _DEADLINE, line.get("previous", ""))
        fault = scoring.fault_of(found.text, wanted, line["labels"])
        slices = scoring.slices_of_line(line)
        report.count_effect(fault, slices)
        exact = scoring.canonical(found.text, line["labels"]) == scoring.canonical(wanted, line["labels"])
        report.count("exact match", exact, slices)
        report.count("partial match", scoring.partial_match(found.text, wanted), slices)
        report.count_refusal(changes_nothing(wanted), changes_nothing(found.text), slices)
        report.confusion[scoring.class_of(wanted)][scoring.class_of(found.text)] += 1
        report.count_work(found.confidence, fault is None, found.steps, found.tokens)
        if not exact:
            miss = {"say": line["text"], "seen": sentence, "wanted": wanted, "found": found.text}
            report.misses.append(miss | _judged(fault, found.confidence))


async def judge_case(engine: Engine, home: Home, case: dict[str, Any], report: Report) -> None:
    """Judge one sentence written by hand, by its effect on the lights."""
    found = await interpret(case["say"], home, engine, Turn(case.get("where")), _DEADLINE)
    states = effects.before(home, case.get("state"))
    expected = case.get("expect") or {}
    fault = effects.fault_of(effects.after(found.plan, home, states), states, expected)
    slices = scoring.slices_of_case(case, len(home.lights))
    report.count_effect(fault, slices)
    report.count_refusal(not expected, not found.plan.calls, slices)
    report.confusion[_command_or(bool(expected))][_command_or(bool(found.plan.calls))] += 1
    report.count_work(found.confidence, fault is None, found.steps, found.tokens)
    report.times_ms.append(found.timings_ms["total"])
    if fault:
        miss = {"say": case["say"], "wanted": expected, "why": case.get("why"), "found": found.written}
        report.misses.append(miss | {"plan": found.yaml} | _judged(fault, found.confidence))


def _judged(fault: scoring.Fault | None, confidence: float) -> dict[str, Any]:
    """What a miss says of its effect: its fault, or None if only lines differ."""
    return {"same effect": fault is None, "fault": fault and fault.value, "confidence": confidence}


def _command_or(changes_lights: bool) -> str:
    return "commands" if changes_lights else "refusal"


def _in_order(classes: Iterable[str]) -> list[str]:
    return sorted(classes, key=lambda name: [*scoring.CLASSES, name].index(name))


def cases_of(path: Path) -> tuple[Home, list[dict[str, Any]]]:
    """The home and the cases of one file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return load_home(HOMES / f"{data['home']}.yaml"), data["cases"]


def machine() -> str:
    """A description of this machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")] or [
        platform.processor()
    ]
    return f"{len(names)} x {names[0]}, {platform.system()}, Python {platform.python_version()}"


def show(title: str, report: dict[str, Any], misses: int) -> None:
    """Print a report, and the first `misses` of the wrong answers."""
    console = Console()
    for part, (header, *rows) in card.tables(report).items():
        table = Table(*header, title=f"{title}: {part}")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    found = _in_order({name for row in report["confusion"].values() for name in row})
    table = Table("wanted \\ found", *found, title=f"{title}: confusion")
    for wanted, row in report["confusion"].items():
        table.add_row(wanted, *(str(row.get(name, "")) for name in found))
    console.print(table)
    console.print({key: report[key] for key in ("milliseconds", "steps", "tokens", "steps_per_token")})
    for miss in report["misses"][:misses]:
        console.print(miss)


async def judge(engine: Engine, options: argparse.Namespace) -> dict[str, Report]:
    """Judge all requested sentences, by set."""
    reports: dict[str, Report] = {}
    if options.generated is not None:
        report = reports["generated test"] = Report()
        lines = list(islice(read(options.generated), options.most))
        await judge_generated(engine, track(lines, description="generated"), report)
    sets = {"natural sentences": sorted(NATURAL.glob("*.yaml")), "exam sentences": sorted(EXAM.glob("*.yaml"))}
    for title, paths in ({"given sentences": options.cases} if options.cases else sets).items():
        for path in paths:
            home, cases = cases_of(path)
            for case in track(cases, description=path.stem):
                await judge_case(engine, home, case, reports.setdefault(title, Report()))
    return reports


async def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Run the requested evaluation and print the reports."""
    engine = LocalEngine(options.model)
    await engine.start()
    try:
        reports = await judge(engine, options)
    finally:
        await engine.stop()
    results = {title: report.as_dict() for title, report in reports.items()}
    for title, report in results.items():
        show(title, report, options.misses)
    return results


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument(
        "--generated", type=Path, help="a split that training.data wrote; .data/test.jsonl by default, if it is there"
    )
    parser.add_argument("--most", type=int, help="the maximum number of generated sentences")
    parser.add_argument("--cases", type=Path, nargs="*", help="only these files of sentences written by hand")
    parser.add_argument("--json", type=Path, help="also write all results here")
    parser.add_argument("--plots", type=Path, help="also draw plots, into this folder")
    parser.add_argument("--card", type=Path, help="also write the model card here")
    parser.add_argument(
        "--misses",
        type=int,
        nargs="?",
        const=40,
        default=0,
        help="print so many wrong answers (40), the most confident first",
    )
    options = parser.parse_args(arguments)
    if options.generated is None and not options.cases and (OUT / "test.jsonl").exists():
        options.generated = OUT / "test.jsonl"
    if options.plots and not plotting.possible():
        parser.error("--plots needs matplotlib: scripts/setup --training")
    return options


def main() -> None:
    """Evaluate, print, and write what was asked for."""
    options = options_of()
    Console().print(f"{options.model.name} on {machine()}")
    results = asyncio.run(evaluate(options))
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.plots:
        plotting.write(plots.draw, results, options.plots)
    if options.card:
        card.write(options.card, options.model, results, machine())
