"""Writes the fine-tuning data of one home: its names, and the corrections that its people kept.

    python -m training.personal HOME --corrections FILE.yaml --out DIR [--sentences N] [--keep DATA.jsonl]
    python -m training.finetune --recipe training/recipes/personal.yaml --data DIR --out RUN

HOME is the diagnostics file of Batti's device (Home Assistant: the device's page, Download diagnostics), or a YAML file as
`interpreter/home.py` reads it. `corrections.py` describes the notation of corrections. The generator of the bundled model's
data makes sentences for this home (`family.py`), with the integration's own folding and labels. Against forgetting, more
than half of the set is about other homes, generated or drawn from `--keep`; on these the loss keeps the model close to its
base (`finetune/anchored.py`). `check.py` measures what was learnt.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from custom_components.batti.interpreter.errors import BattiError
from custom_components.batti.interpreter.home import Home

from ..data import dataset
from ..data.answers import said_of
from ..data.commands import Example
from ..data.homes import random_home
from ..data.phrasebook import TEST, TRAIN, VALIDATION
from . import corrections
from .corrections import Alias, Kept
from .family import Family
from .own_home import read_home

RECIPE = Path(__file__).parents[1] / "recipes" / "personal.yaml"
SOURCES = ("corrections", "home", dataset.ELSEWHERE)
NEW_NAME = "new name"  # the source of test sentences that use one
_SENTENCES_PER_HOME = 5  # in the test
_TRIES = 20  # draws per sentence, to find a new one

Line = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What was written: the number of lines by file and source, and the aliases that the home should get."""

    counts: dict[str, dict[str, int]]
    aliases: tuple[Alias, ...]


def write(
    home: Home, kept_file: Path | None, out: Path, recipe: dict[str, Any], keep: Path | None = None, show: bool = True
) -> Written:
    """Write `train.jsonl`, `validation.jsonl` and `test.jsonl` (empty without corrections).

    Raises:
        CorrectionError: a correction cannot be used.
    """
    kept = corrections.read(kept_file, home) if kept_file else Kept(home, (), ())
    house, seed = recipe["house"], recipe["seed"]
    rng = random.Random(f"personal {seed}")
    lines = list(_lines(kept, house, rng, keep, seed, show))
    rng.shuffle(lines)
    cut = max(1, int(len(lines) * house["validation"]))
    splits = {
        "validation": lines[:cut],
        "train": lines[cut:] + [_line(one, "corrections") for one in _verbatim(kept)] * house["verbatim"],
        "test": _test(kept, house["test"], rng) if kept.corrections else [],
    }
    rng.shuffle(splits["train"])
    out.mkdir(parents=True, exist_ok=True)
    counts = {}
    for split, several in splits.items():
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in several)
        (out / f"{split}.jsonl").write_text(text, encoding="utf-8")
        sources = [line["source"] for line in several]
        counts[split] = {source: sources.count(source) for source in dict.fromkeys(sources)}
    return Written(counts, kept.aliases)


def _lines(
    kept: Kept, house: dict[str, Any], rng: random.Random, keep: Path | None, seed: int, show: bool
) -> Iterator[Line]:
    """Sentences from all sources, without repeats and without the corrections in their original wording."""
    family = Family(rng, kept.home, TRAIN, kept.seeds, kept.aliases)
    general = iter(_general(keep, rng, seed))
    draws: dict[str, Callable[[], Line | None]] = {
        "corrections": lambda: _line(family.say_own(), "corrections"),
        "home": lambda: _line(family.say(), "home"),
        dataset.ELSEWHERE: lambda: next(general, None),
    }
    shares = {source: house[source] for source in SOURCES if source != "corrections" or kept.corrections}
    seen = {("", one.marked.text) for one in kept.corrections}
    for source, share in shares.items():
        count = round(house["sentences"] * share / sum(shares.values()))
        lines = _distinct(draws[source], count, seen)
        yield from track(lines, source, total=count, disable=not show)


def _distinct(draw: Callable[[], Line | None], count: int, seen: set[tuple[str, str]]) -> Iterator[Line]:
    """`count` different lines, or fewer if there are no more."""
    for _ in range(count * _TRIES):
        if not count or (line := draw()) is None:
            return
        key = (line.get("previous", ""), line["sentence"])
        if key not in seen:
            seen.add(key)
            count -= 1
            yield line


def _general(keep: Path | None, rng: random.Random, seed: int) -> Iterable[Line]:
    # Sentences that the bundled model was not trained on: it would first forget those that it is not sure of.
    if keep is None:
        return (_line(one, dataset.ELSEWHERE) for one in dataset.sentences(seed, VALIDATION, sys.maxsize))
    lines = [line | {"source": dataset.ELSEWHERE} for line in dataset.read(keep)]
    return rng.sample(lines, len(lines))


def _verbatim(kept: Kept) -> Iterator[Example]:
    for one in kept.corrections:
        names, lights = said_of(one.marked), len(kept.home.lights)
        yield Example(one.say, one.marked.text, names, one.answer, "correction", one.seed.script, (), lights=lights)


def _test(kept: Kept, count: int, rng: random.Random) -> list[Line]:
    """Corrections in other homes, with held-out small talk, verb forms and names; and new names in their home."""
    lines: list[Line] = []
    while kept.seeds and len(lines) < count:
        family = Family(rng, random_home(rng, TEST), TEST, kept.seeds)
        lines += [_line(family.say_own(), "corrections") for _ in range(min(_SENTENCES_PER_HOME, count - len(lines)))]
    family = Family(rng, kept.home, VALIDATION, (), kept.aliases)
    return lines + [_line(family.say_own(), NEW_NAME) for _ in range(count // 3 if kept.aliases else 0)]


def _line(example: Example, source: str) -> Line:
    return dataset.messages(example) | {"source": source}


def show_written(written: Written, console: Console) -> None:
    """Print what was written, and which aliases to add in Home Assistant."""
    table = Table("", *written.counts, title="sentences")
    for source in dict.fromkeys(source for counts in written.counts.values() for source in counts):
        table.add_row(source, *(f"{counts.get(source, 0):,}" for counts in written.counts.values()))
    console.print(table)
    for alias in written.aliases:
        console.print(f'add alias "{alias.name}" to {alias.thing.id}', highlight=False)


def recipe_of(path: Path, sentences: int | None = None) -> dict[str, Any]:
    """Read a recipe; `sentences` replaces its number."""
    recipe: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    if sentences is not None:
        recipe["house"]["sentences"] = sentences
    return recipe


def main() -> None:
    """Write the data set of one home."""
    parser = argparse.ArgumentParser(
        "python -m training.personal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path, help="the diagnostics file of Batti's device, or a YAML file")
    parser.add_argument("--corrections", type=Path, help="sentences, each with what it should do")
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--sentences", type=int, help="how many in all; otherwise as in the recipe (2400)")
    parser.add_argument("--keep", type=Path, help="data about other homes (JSONL); without it, sentences are generated")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    options = parser.parse_args()
    try:
        recipe = recipe_of(options.recipe, options.sentences)
        written = write(read_home(options.home), options.corrections, options.out, recipe, options.keep)
    except BattiError as error:
        sys.exit(str(error))
    show_written(written, Console())
