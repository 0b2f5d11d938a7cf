"""How fast a command is understood, and in how many model steps.

    scripts/benchmark [--model FILE] [--repeat 5]

Prints what it ran on. Compare figures of one run only: machines differ, and so does what else they do.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from custom_components.batti.interpreter import Interpretation, Turn, interpret
from custom_components.batti.interpreter.engine.base import Engine
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.home import Area, Home, Light

from .evaluate import HOMES, MODEL, NATURAL, cases_of, machine

_HOME = "pokhara_guesthouse"  # 20 lights
_LARGE = 100


def larger(home: Home, lights: int) -> Home:
    """The same home with more rooms and lights, of other names, until it has so many lights."""
    areas, all_lights = list(home.areas), list(home.lights)
    while len(all_lights) < lights:
        number = len(all_lights)
        areas.append(Area(f"extra_{number}", f"Annex room {number + 400}"))
        all_lights.append(Light(f"light.extra_{number}", f"Annex lamp {number + 400}", (), f"extra_{number}"))
    return Home(home.floors, tuple(areas), tuple(all_lights))


async def measure(engine: Engine, home: Home, cases: list[dict[str, Any]], repeat: int) -> list[Interpretation]:
    """Understand all sentences several times; the first time is not counted, so that indexes are warm."""
    found = []
    for round_ in range(repeat + 1):
        for case in track(cases, description=f"{len(home.lights)} lights, round {round_}", transient=True):
            one = await interpret(case["say"], home, engine, Turn(case.get("where")), 30)
            found += [one] * (round_ > 0)
    return found


def row(table: Table, name: str, found: list[Interpretation]) -> float:
    """Add one line; returns the median time."""
    times = [one.timings_ms["total"] for one in found]
    model = statistics.median(one.timings_ms["model"] for one in found)
    median, worst = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    share = sum(one.steps for one in found) / sum(one.tokens for one in found)
    typical = statistics.median(one.steps / one.tokens for one in found)
    steps = statistics.median(one.steps for one in found)
    cells = (f"{median:.1f}", f"{worst:.1f}", f"{model:.1f}", f"{steps:.0f}", f"{share:.2f}", f"{typical:.2f}")
    table.add_row(name, str(len(found)), *cells)
    return median


async def run(options: argparse.Namespace) -> None:
    """Measure in a home of 20 lights and in one of 100."""
    home, cases = cases_of(NATURAL / f"{_HOME}.yaml")
    engine = LocalEngine(options.model)
    await engine.start()
    columns = ("home", "commands", "median ms", "95% ms", "of it model ms", "steps", "steps/tokens", "median of it")
    table = Table(*columns, title=f"sentence to plan, {options.model.name}")
    try:
        small = row(table, f"{len(home.lights)} lights", await measure(engine, home, cases, options.repeat))
        large = row(table, f"{_LARGE} lights", await measure(engine, larger(home, _LARGE), cases, options.repeat))
    finally:
        await engine.stop()
    Console().print(table)
    Console().print(f"A home of {_LARGE} lights takes {large / small:.2f} times as long.")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    Console().print(f"{machine()}; homes from {HOMES.name}/{_HOME}.yaml")
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
