"""Measures how fast a command is understood, with how many model steps, how much memory and energy.

    scripts/benchmark                                          # the bundled model, through both engines
    scripts/benchmark --model A.gguf B.gguf --threads 1 2 4    # every file with every number of threads
    scripts/benchmark --shape --json speed.json --plots plots  # also a model of Llama 3.2 1B's shape, random weights

It prints the machine too. Compare only figures of the same run, by their ratio to the first row: machines and their other
load differ. A model with random weights would write nonsense without end, so it gets the answers of the first row
(`dictated.py`): then it takes the same time as a trained model of its size.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from custom_components.batti.interpreter import Interpretation
from custom_components.batti.interpreter.engine.interface import Binding, Engine
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import EngineError
from custom_components.batti.interpreter.home import Area, Home, Light
from custom_components.batti.interpreter.language.prompt import Style

from .. import plotting
from ..evaluate.judging import HOMES, MODEL, NATURAL, cases_of, machine
from . import plots, report, shape
from .figures import Speed, ninety_fifth, ratios
from .meter import POWERCAP
from .stopwatch import Dictation, Setup, Trial, engine_of, speed_of, understand

_HOME = "pokhara_guesthouse"  # 20 lights
_LARGE = 100
_WIDTH = 160  # columns, if the output is no terminal

Make = Callable[[Setup, Path], LocalEngine]


def larger(home: Home, lights: int) -> Home:
    """The same home with more rooms and lights, up to this number of lights."""
    areas, all_lights = list(home.areas), list(home.lights)
    while len(all_lights) < lights:
        number = len(all_lights)
        areas.append(Area(f"extra_{number}", f"Annex room {number + 400}"))
        all_lights.append(Light(f"light.extra_{number}", f"Annex lamp {number + 400}", (), f"extra_{number}"))
    return Home(home.floors, tuple(areas), tuple(all_lights))


async def measure(engine: Engine, home: Home, cases: list[dict[str, Any]], repeat: int) -> list[Interpretation]:
    """Understand all sentences several times; the first round is a warm-up and not counted."""
    rounds = [
        await understand(engine, home, cases, f"{len(home.lights)} lights, round {number}")
        for number in range(repeat + 1)
    ]
    return [one for found in rounds[1:] for one in found]


def row(table: Table, name: str, found: list[Interpretation]) -> float:
    """Add one line; returns the median time."""
    times = [one.timings_ms["total"] for one in found]
    model = statistics.median(one.timings_ms["model"] for one in found)
    median, worst = statistics.median(times), ninety_fifth(times)
    share = sum(one.steps for one in found) / sum(one.tokens for one in found)
    typical = statistics.median(one.steps / one.tokens for one in found)
    steps = statistics.median(one.steps for one in found)
    cells = (f"{median:.1f}", f"{worst:.1f}", f"{model:.1f}", f"{steps:.0f}", f"{share:.2f}", f"{typical:.2f}")
    table.add_row(name, str(len(found)), *cells)
    return median


async def by_size(
    setup: Setup, home: Home, cases: list[dict[str, Any]], repeat: int, console: Console
) -> dict[str, float]:
    """Measure in a home of 20 lights and in one of 100; returns both medians and their ratio."""
    columns = ("home", "commands", "median ms", "95% ms", "of it model ms", "steps", "steps/tokens", "median of it")
    table = Table(*columns, title=f"sentence to plan, {setup.model.name}")
    engine = LocalEngine(
        setup.model, threads=setup.threads
    )  # llama-cpp-python only: a home's size matters before the engine
    await engine.start()
    try:
        small = row(table, f"{len(home.lights)} lights", await measure(engine, home, cases, repeat))
        large = row(table, f"{_LARGE} lights", await measure(engine, larger(home, _LARGE), cases, repeat))
    finally:
        await engine.stop()
    console.print(table)
    console.print(f"A home of {_LARGE} lights takes {large / small:.2f} times as long.")
    return {"small_ms": small, "large_ms": large, "ratio": large / small}


def setups_of(options: argparse.Namespace, folder: Path) -> Iterator[Setup]:
    """All setups to measure, in order; models with random weights are written into `folder` just before their turn."""
    for model in options.model:
        for threads in options.threads:
            for binding in options.engine:
                yield Setup(model, threads, binding=binding)
    if options.shape is None:
        return
    for quantisation in options.quantisation:
        model = folder / f"shape-{quantisation}.gguf"
        shape.write(model, quantisation=quantisation)
        for style in options.shape or [Style.TRAINED]:
            for threads in options.threads:
                for binding in options.engine:
                    yield Setup(model, threads, Dictation(style, {}), binding)
        model.unlink()


async def compare(setups: Iterable[Setup], trial: Trial, console: Console, make: Make = engine_of) -> list[Speed]:
    """Measure all setups, and print the name of each; the first one's answers are given to the dictated ones."""
    rows: list[Speed] = []
    answers: dict[str, str] = {}
    for setup in setups:
        style = f", {setup.dictation.style}" if setup.dictation else ""
        how = f"{setup.model.name}{style}, threads: {setup.threads or 'auto'}, {setup.binding} …"
        console.print(how, highlight=False)
        dictation = setup.dictation and setup.dictation._replace(answers=answers)
        speed, said = await speed_of(replace(setup, dictation=dictation), trial, make)
        answers = answers or said
        rows.append(speed)
    return rows


def surroundings() -> dict[str, Any]:
    """The machine, the processors that may be used, and the load."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"machine": machine(), "processors": allowed, "load": os.getloadavg()[0]}


async def run(options: argparse.Namespace, console: Console, make: Make = engine_of) -> dict[str, Any]:
    """Measure what was asked for, print the results, and return them as plain data."""
    home, cases = cases_of(NATURAL / f"{_HOME}.yaml")
    on = surroundings()
    console.print(f"{on['machine']}; homes from {HOMES.name}/{_HOME}.yaml", highlight=False)
    console.print(f"It may use {on['processors']} processors; {on['load']:.1f} were busy before.", highlight=False)
    sizes = None
    if options.homes:
        sizes = await by_size(Setup(options.model[0], options.threads[0]), home, cases, options.repeat, console)
    few = cases[:: max(1, len(cases) // options.sentences)][: options.sentences]
    trial = Trial(home, few, options.repeat, options.starts, options.powercap)
    with TemporaryDirectory() as folder:
        rows = await compare(setups_of(options, Path(folder)), trial, console, make)
    report.show(rows, trial, console)
    return on | {
        "sentences": [case["say"] for case in few],
        "repeat": options.repeat,
        "starts": options.starts,
        "energy": report.energy_of(trial),
        "homes": sizes,
        "rows": [asdict(one) for one in rows],
        "ratios": [ratios(one, rows[0]) for one in rows],
    }


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", type=Path, nargs="+", default=[MODEL], help="GGUF files; the others are compared with the first")
    add(
        "--threads", type=_positive, nargs="+", default=[None], help="numbers of threads; by default the engine chooses"
    )
    add(
        "--engine",
        type=Binding,
        nargs="+",
        choices=list(Binding),
        default=list(Binding),
        help="which package of llama.cpp",
    )
    add(
        "--shape",
        type=Style,
        nargs="*",
        metavar="PROMPT",
        help="also a model of Llama 3.2 1B's shape with random weights; prompt of a `trained` (default) or `instruct` model",
    )
    sizes = list(shape.Quantisation)
    add("--quantisation", type=shape.Quantisation, nargs="+", choices=sizes, default=sizes[:1], help="of that model")
    add("--sentences", type=_positive, default=12, help="how many for the comparison (12)")
    add("--repeat", type=_positive, default=3, help="how many counted rounds (3)")
    add("--starts", type=_positive, default=3, help="cold starts without a saved state, and as many with one (3)")
    add("--homes", action=argparse.BooleanOptionalAction, default=True, help="also compare a small and a large home")
    add("--powercap", type=Path, default=POWERCAP, help="the folder of energy counters")
    add("--json", type=Path, help="also write all results here")
    add("--plots", type=Path, help="also draw plots, into this folder")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write what was asked for."""
    options = options_of(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    try:
        results = asyncio.run(run(options, console))
    except (EngineError, FileNotFoundError) as error:
        raise SystemExit(f"benchmark: {error}") from error
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.plots and not plotting.write(plots.draw, results, options.plots):
        console.print("No plots: matplotlib is not installed here; scripts/setup --training brings it.")
