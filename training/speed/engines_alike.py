"""Checks whether all engines give the same plans: the same sentences through each, all differences, and the times.

    python -m training.speed.engines_alike [--sentences 200] [--model FILE.gguf] [--server http://127.0.0.1:8080]

The others are compared with llama-cpp-python: the ready engine, and a llama.cpp server with the same model if its address
is given. They contain different builds of llama.cpp, so probabilities differ in the last digits, and plans can differ if
two lines are about equally likely.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
from rich.console import Console
from rich.progress import track

from custom_components.batti.interpreter import Interpretation, Turn, interpret
from custom_components.batti.interpreter.engine.interface import Binding, Engine
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.engine.server import ServerEngine
from custom_components.batti.interpreter.home import Home

from ..evaluate.judging import MODEL, NATURAL, READY, cases_of, machine

_DEADLINE = 30.0
_TOLERANCE = 0.05  # confidences that differ by less count as equal


class Said(NamedTuple):
    """A sentence, and where it was said."""

    text: str
    home: Home
    area_id: str | None


class Difference(NamedTuple):
    """The answers of two engines to a sentence, with their confidences."""

    text: str
    one: str
    other: str
    confidences: tuple[float, float]
    same_plan: bool


def sentences(count: int) -> list[Said]:
    """`count` sentences written for tests, spread over all homes."""
    said = [
        Said(case["say"], home, case.get("where"))
        for home, cases in map(cases_of, sorted(NATURAL.glob("*.yaml")))
        for case in cases
        if isinstance(case["say"], str)
    ]
    return said[:: max(1, len(said) // count)][:count]


async def understood(engine: Engine, said: Sequence[Said]) -> list[Interpretation]:
    """The interpretations of an engine, each sentence on its own."""
    return [
        await interpret(one.text, one.home, engine, Turn(one.area_id), _DEADLINE)
        for one in track(said, description="Understanding", transient=True, disable=not sys.stdout.isatty())
    ]


def differences(
    said: Sequence[Said], one: Sequence[Interpretation], other: Sequence[Interpretation]
) -> list[Difference]:
    """The sentences for which two engines differ in plan or in confidence."""
    return [
        Difference(
            sentence.text, ours.written, theirs.written, (ours.confidence, theirs.confidence), ours.plan == theirs.plan
        )
        for sentence, ours, theirs in zip(said, one, other, strict=True)
        if ours.plan != theirs.plan or abs(ours.confidence - theirs.confidence) > _TOLERANCE
    ]


@asynccontextmanager
async def engines(options: argparse.Namespace) -> AsyncIterator[dict[str, Engine]]:
    """The engines that the command line asks for, by name; they are stopped at the end."""
    async with aiohttp.ClientSession() as session:
        made: dict[str, Engine] = {
            Binding.LLAMA_CPP_PYTHON: LocalEngine(options.model),
            Binding.XLLAMACPP: LocalEngine(options.model, binding=Binding.XLLAMACPP, packages=READY),
        }
        if options.server:
            made["server"] = ServerEngine(session, options.server)
        try:
            yield made
        finally:
            for engine in made.values():
                await engine.stop()


async def run(options: argparse.Namespace, console: Console) -> int:
    """Compare and print; returns how many plans differ."""
    said = sentences(options.sentences)
    found: dict[str, list[Interpretation]] = {}
    async with engines(options) as made:
        for name, engine in made.items():
            await understood(engine, said[:20])  # warm
            found[name] = await understood(engine, said)
    first, *others = found
    console.print(f"{machine()}: {len(said)} sentences", highlight=False)
    usual = _median_ms(found[first])
    for name, understandings in found.items():
        median = _median_ms(understandings)
        console.print(f"{name}: median {median:.1f} ms, {median / usual:.2f} times {first}", highlight=False)
    return sum(_report(name, differences(said, found[first], found[name]), len(said), console) for name in others)


def _median_ms(found: Sequence[Interpretation]) -> float:
    return statistics.median(one.timings_ms["total"] for one in found)


def _report(name: str, several: Sequence[Difference], count: int, console: Console) -> int:
    """Print the differences of an engine; returns how many plans differ."""
    for one in several:
        what = "the same plan, not equally sure" if one.same_plan else "another plan"
        console.print(f"\n{one.text}: {what}, {one.confidences[0]:.3f} and {one.confidences[1]:.3f}", highlight=False)
        if not one.same_plan:
            console.print(one.one, one.other, sep=f"\n--- {name}:\n", markup=False, highlight=False)
    other_plans = sum(not one.same_plan for one in several)
    console.print(f"{name}: the same plan in {count - other_plans} of {count}.", highlight=False)
    return other_plans


def main() -> None:
    """Compare the engines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--server", help="the address of a llama.cpp server with the same model")
    asyncio.run(run(parser.parse_args(), Console()))


if __name__ == "__main__":
    main()
