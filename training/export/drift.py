"""Measures what quantising changes: whether a quantised model still gives the answers of the unquantised one.

    python -m training.export.drift model-F16.gguf model-Q8_0.gguf model-Q4_K_M.gguf --check training/.data/test.jsonl

The other files are compared with the first one. All answer through Batti's own engine, as in the integration. Exact match
is counted as in `training.evaluate`, against the data set.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import ModelRefused, SentenceTooLong
from custom_components.batti.interpreter.language.prompt import Style

from ..data import dataset
from ..data.phrasebook import TEST
from ..evaluate import scoring

SAMPLE = 60  # sentences
_PER_HOME = 6
_DEADLINE = 120
COLUMNS = ("File", "Bytes", "Same answers", "Exact match", "Mean confidence")

Line = Mapping[str, Any]  # of the data set


@dataclass(frozen=True)
class Answer:
    """A model's answer; empty, with confidence 0, if the model did not end it."""

    text: str = ""
    confidence: float = 0.0


@dataclass(frozen=True)
class Drift:
    """How one file compares with the unquantised one.

    Attributes:
        name: of the file.
        bytes: its size.
        same: the share of answers identical to those of the unquantised model, with its interval.
        exact: the share with exact match, with its interval.
        confidence: the model's mean confidence.
    """

    name: str
    bytes: int
    same: scoring.Figures
    exact: scoring.Figures
    confidence: float


def sample(path: Path | None, count: int, seed: int = 1) -> Sequence[Line]:
    """Random lines of a file of the data set; without a file, new ones like the test split.

    Raises:
        ValueError: the file has no lines.
    """
    if path is None:
        homes = (dataset.sentences(seed + home, TEST, _PER_HOME) for home in range(count // _PER_HOME + 1))
        return list(map(dataset.messages, islice(chain.from_iterable(homes), count)))
    lines = dataset.sample(path, count, seed)
    if not lines:
        raise ValueError(f"{path} has no sentences: python -m training.data writes some")
    return lines


async def answers(
    model: Path, lines: Sequence[Line], on_progress: Callable[[int], None] = lambda done: None
) -> list[Answer]:
    """The answers of a model through Batti's engine; this also shows that the engine accepts the model.

    Raises:
        ModelRefused: the engine does not recognise a model that was trained on Batti's prompt.
        EngineError: the engine cannot run it.
    """
    engine = LocalEngine(model)
    found = []
    try:
        await engine.start()
        if engine.info is None or engine.info.style != Style.TRAINED:
            raise ModelRefused(f"{model.name} is not addressed as a model that learnt Batti's prompt")
        for line in lines:
            try:
                one = await engine.generate(line["sentence"], line["labels"], _DEADLINE, line.get("previous", ""))
                found.append(Answer(one.text, one.confidence))
            except SentenceTooLong:
                found.append(Answer())
            on_progress(len(found))
    finally:
        await engine.stop()
    return found


def compare(
    model: Path, name: str, found: Sequence[Answer], unquantised: Sequence[Answer], lines: Sequence[Line]
) -> Drift:
    """Compare the answers of one file with those of the unquantised one and with the data set."""
    wanted = [line["messages"][2]["content"] for line in lines]
    exact = [
        scoring.canonical(one.text, line["labels"]) == scoring.canonical(right, line["labels"])
        for one, line, right in zip(found, lines, wanted, strict=True)
    ]
    return Drift(
        name=name,
        bytes=model.stat().st_size,
        same=scoring.interval([one.text == other.text for one, other in zip(found, unquantised, strict=True)]),
        exact=scoring.interval(exact),
        confidence=sum(one.confidence for one in found) / len(found),
    )


def rows(found: Sequence[Drift]) -> list[list[str]]:
    """The rows of the table, as text; exact match also with its difference to the first (unquantised) file, in points."""
    return [
        [
            one.name,
            f"{one.bytes:,}",
            _share(one.same),
            _share(one.exact) + (f", {100 * (one.exact['share'] - found[0].exact['share']):+.1f}" if index else ""),
            f"{one.confidence:.3f}",
        ]
        for index, one in enumerate(found)
    ]


def _share(one: scoring.Figures) -> str:
    return f"{100 * one['share']:.1f}% ({100 * one['low']:.1f} to {100 * one['high']:.1f})"


def show(found: Sequence[Drift]) -> None:
    """Print the table."""
    table = Table(Column(COLUMNS[0], overflow="fold"), *COLUMNS[1:], title=title(found))
    for row in rows(found):
        table.add_row(*row)
    Console().print(table)


def title(found: Sequence[Drift]) -> str:
    """The title of the table."""
    return f"{found[0].same['n']:.0f} sentences, held against {found[0].name}"


def as_json(found: Sequence[Drift]) -> str:
    """The results as JSON."""
    return json.dumps([asdict(one) for one in found], indent=1) + "\n"


def main() -> None:
    """Compare the files of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--check", type=Path, help="a file of the data set; without it, sentences are generated")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many sentences")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    lines = sample(options.check, options.sample)
    found = [asyncio.run(answers(model, lines)) for model in track(options.models, description="asking")]
    drifts = [
        compare(model, model.name, one, found[0], lines) for model, one in zip(options.models, found, strict=True)
    ]
    show(drifts)
    if options.json:
        options.json.write_text(as_json(drifts), encoding="utf-8")


if __name__ == "__main__":
    main()
