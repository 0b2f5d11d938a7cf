"""How well a model understands: on the generated test split and on sentences written by hand.

    python -m training.evaluate                                 # tests/cases/natural/*.yaml and training/.data/test.jsonl
    python -m training.evaluate --model other.gguf --cases tests/cases/natural/gaun_ghar.yaml --misses

The same interpreter, engine and grammar as in the house. Exact match: the lines are those wanted. Partial match: share of
key-value pairs that are right. Effect: after carrying the plan out, every light of the home is as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from custom_components.batti.interpreter import Turn, interpret
from custom_components.batti.interpreter.engine.base import Engine
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.home import Home, load_home

from . import card, effects
from .dataset import OUT, read

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "custom_components" / "batti" / "models" / "batti-nano.gguf"
NATURAL = ROOT / "tests" / "cases" / "natural"
HOMES = ROOT / "tests" / "homes"
_Z = 1.96  # of a 95% interval


@dataclass
class Score:
    """Hits among trials, by slice."""

    hits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    trials: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def count(self, hit: bool, *slices: str) -> None:
        """Count one trial in all its slices."""
        for name in slices:
            self.trials[name] += 1
            self.hits[name] += hit

    def interval(self, name: str) -> tuple[float, float, float]:
        """Share of hits, and its 95% interval after Wilson (1927)."""
        n, p = self.trials[name], self.hits[name] / self.trials[name]
        centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
        return p, centre - half, centre + half

    def rows(self) -> list[tuple[str, int, float, float, float]]:
        """Name, trials, share and interval of every slice."""
        return [(name, self.trials[name], *self.interval(name)) for name in self.trials]


@dataclass
class Report:
    """Everything that was measured."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    misses: list[dict[str, Any]] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    partial: list[float] = field(default_factory=list)
    steps: int = 0
    tokens: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        times = sorted(self.times_ms)
        return {
            "scores": {
                metric: {row[0]: {"n": row[1], "share": row[2], "low": row[3], "high": row[4]} for row in score.rows()}
                for metric, score in self.scores.items()
            },
            "milliseconds": {"median": times[len(times) // 2], "95%": times[int(len(times) * 0.95)]} if times else {},
            "partial match": sum(self.partial) / len(self.partial) if self.partial else None,
            "steps_per_token": self.steps / max(1, self.tokens),
            "misses": self.misses,
        }


async def judge_generated(engine: Engine, lines: Iterable[dict[str, Any]], report: Report) -> None:
    """Judge a split of the data set: the model's lines against those wanted."""
    for line in lines:
        sentence, wanted = line["messages"][1]["content"], line["messages"][2]["content"]
        found = await engine.generate(sentence, line["labels"], 30)
        exact = found.text == wanted
        slices = ("all", f"script {line['script']}", f"intent {line['intent']}")
        report.scores["exact match"].count(exact, *slices)
        report.partial.append(_partial(found.text, wanted))
        _count_refusal(report, wanted.startswith("["), found.text.startswith("["))
        report.steps += found.steps
        report.tokens += found.tokens
        if not exact:
            miss = {"say": line["text"], "seen": sentence, "wanted": wanted, "found": found.text}
            report.misses.append(miss | {"confidence": found.confidence})


async def judge_case(engine: Engine, home: Home, case: dict[str, Any], report: Report) -> None:
    """Judge one sentence written by hand by what becomes of the lights."""
    found = await interpret(case["say"], home, engine, Turn(case.get("where")), 30)
    states = effects.before(home, case.get("state"))
    expected = case.get("expect") or {}
    right = effects.as_expected(effects.after(found.plan, home, states), states, expected)
    tags = [f"tag {tag}" for tag in case.get("tags", ())]
    report.scores["effect"].count(right, "all", *tags, f"why {case['why']}" if case.get("why") else "commands")
    _count_refusal(report, not expected, not found.plan.actions)
    report.times_ms.append(found.timings_ms["total"])
    report.steps += found.steps
    report.tokens += found.tokens
    if not right:
        miss = {"say": case["say"], "wanted": expected, "why": case.get("why"), "found": found.written}
        report.misses.append(miss | {"plan": found.yaml, "confidence": found.confidence})


def _count_refusal(report: Report, wanted: bool, found: bool) -> None:
    if wanted:
        report.scores["refusal recall"].count(found, "all")
    if found:
        report.scores["refusal precision"].count(wanted, "all")


def _partial(found: str, wanted: str) -> float:
    """The share of key-value pairs and names that both have, of all that either has, wherever they stand."""
    ours, theirs = Counter(found.splitlines()), Counter(wanted.splitlines())
    return (ours & theirs).total() / max(1, (ours | theirs).total())


def cases_of(path: Path) -> tuple[Home, list[dict[str, Any]]]:
    """The home and the cases of one file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return load_home(HOMES / f"{data['home']}.yaml"), data["cases"]


def machine() -> str:
    """What this runs on, in words."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")] or [
        platform.processor()
    ]
    return f"{len(names)} x {names[0]}, {platform.system()}, Python {platform.python_version()}"


def show(title: str, report: Report, misses: bool) -> None:
    """Print a report."""
    table = Table("metric", "slice", "n", "share", "95% interval", title=title)
    for metric, score in report.scores.items():
        for name, n, share, low, high in score.rows():
            if n >= 10:
                table.add_row(metric, name, str(n), f"{100 * share:.1f}%", f"{100 * low:.1f} to {100 * high:.1f}")
        table.add_section()
    console = Console()
    console.print(table)
    data = report.as_dict()
    console.print({key: data[key] for key in ("milliseconds", "partial match", "steps_per_token")})
    for miss in report.misses if misses else ():
        console.print(miss)


async def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Run everything that was asked for."""
    engine = LocalEngine(options.model)
    await engine.start()
    reports: dict[str, Report] = {}
    try:
        if options.generated.exists() and not options.cases:
            report = reports["generated test"] = Report()
            lines = [line for _, line in zip(range(options.most), read(options.generated), strict=False)]
            await judge_generated(engine, track(lines, description="generated"), report)
        report = reports["natural sentences"] = Report()
        for path in options.cases or sorted(NATURAL.glob("*.yaml")):
            home, cases = cases_of(path)
            for case in track(cases, description=path.stem):
                await judge_case(engine, home, case, report)
    finally:
        await engine.stop()
    for title, report in reports.items():
        show(title, report, options.misses)
    return {title: report.as_dict() for title, report in reports.items()}


def main() -> None:
    """Parse the command line, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--generated", type=Path, default=OUT / "test.jsonl", help="a split that dataset.py wrote")
    parser.add_argument("--most", type=int, default=10**9, help="at most so many of the generated sentences")
    parser.add_argument(
        "--cases", type=Path, nargs="*", help="files of sentences written by hand; all natural ones by default"
    )
    parser.add_argument("--json", type=Path, help="also write everything here")
    parser.add_argument("--misses", action="store_true", help="print what went wrong")
    parser.add_argument("--card", type=Path, help="also write the model card here")
    options = parser.parse_args()
    Console().print(f"{options.model.name} on {machine()}")
    results = asyncio.run(evaluate(options))
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.card:
        card.write(options.card, options.model, results, machine())


if __name__ == "__main__":
    main()
