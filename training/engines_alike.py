"""Whether llama-cpp-python and the ready engine understand alike: the same sentences through both, and every difference.

    python -m training.engines_alike [--sentences 200] [--ready .cache/engine/packages] [--model FILE.gguf]

They hold different builds of llama.cpp, so probabilities differ in their last digits; a plan may differ where two lines
are about as likely.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from custom_components.batti.interpreter import Interpretation, Turn, interpret
from custom_components.batti.interpreter.engine.base import Binding, Engine
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.home import Home

from .evaluate import MODEL, NATURAL, READY, cases_of

_DEADLINE = 30.0
_ALIKE = 0.05  # confidences that differ by less


class Said(NamedTuple):
    """A sentence, and where."""

    text: str
    home: Home
    area_id: str | None


class Difference(NamedTuple):
    """What two engines made of a sentence, each with its confidence."""

    text: str
    one: str
    other: str
    confidences: tuple[float, float]
    same_plan: bool


def sentences(count: int) -> list[Said]:
    """So many of the sentences written for tests, of every home in turn."""
    said = [
        Said(case["say"], home, case.get("where"))
        for home, cases in map(cases_of, sorted(NATURAL.glob("*.yaml")))
        for case in cases
        if isinstance(case["say"], str)
    ]
    return said[:: max(1, len(said) // count)][:count]


async def understood(engine: Engine, said: Sequence[Said]) -> list[Interpretation]:
    """What an engine makes of some sentences, each for itself."""
    return [
        await interpret(one.text, one.home, engine, Turn(one.area_id), _DEADLINE)
        for one in track(said, description="Understanding", transient=True)
    ]


def differences(
    said: Sequence[Said], one: Sequence[Interpretation], other: Sequence[Interpretation]
) -> list[Difference]:
    """The sentences of which two engines made different plans, or of which they are not equally sure."""
    return [
        Difference(
            sentence.text, ours.written, theirs.written, (ours.confidence, theirs.confidence), ours.plan == theirs.plan
        )
        for sentence, ours, theirs in zip(said, one, other, strict=True)
        if ours.plan != theirs.plan or abs(ours.confidence - theirs.confidence) > _ALIKE
    ]


async def run(options: argparse.Namespace, console: Console) -> int:
    """Compare, and print; how many plans differ."""
    said = sentences(options.sentences)
    found = []
    for binding, packages in ((Binding.LLAMA_CPP_PYTHON, None), (Binding.XLLAMACPP, options.ready)):
        engine = LocalEngine(options.model, binding=binding, packages=packages)
        try:
            found.append(await understood(engine, said))
        finally:
            await engine.stop()
        assert engine.info is not None
        console.print(f"{engine.info.engine}: {len(said)} sentences", highlight=False)
    several = differences(said, *found)
    for one in several:
        what = "the same plan, not equally sure" if one.same_plan else "another plan"
        console.print(f"\\n{one.text}: {what}, {one.confidences[0]:.3f} and {one.confidences[1]:.3f}", highlight=False)
        if not one.same_plan:
            console.print(one.one, one.other, sep="\\n--- the ready engine:\\n", markup=False, highlight=False)
    other_plans = sum(not one.same_plan for one in several)
    console.print(f"The same plan in {len(said) - other_plans} of {len(said)}.", highlight=False)
    return other_plans


def main() -> None:
    """Compare two engines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--ready", type=Path, default=READY, help="the folder with xllamacpp")
    parser.add_argument("--model", type=Path, default=MODEL)
    asyncio.run(run(parser.parse_args(), Console()))


if __name__ == "__main__":
    main()
