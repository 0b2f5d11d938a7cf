"""Measures linking alone: words as people say them to the things of a home. No model, a few seconds.

    python -m training.evaluate.linking                 # tests/cases/linking, by kind and by script
    python -m training.evaluate.linking --misses 40 --kind slip

A case is found if exactly the things that it means are marked, asked if the house would ask whether they are meant, wrong
if others are marked, else missed. Words that name nothing of the home are falsely found if one mark covers all of them: a
name with a word left over is not found, because the model copies the whole of it.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.mentions import Marked
from custom_components.batti.interpreter.names.vocabulary import LIGHT, is_ordinary, tokens_of
from custom_components.batti.interpreter.words.fold import fold

from ..data.phrasebook import is_devanagari

CASES = Path(__file__).parents[2] / "tests" / "cases" / "linking"
EXACT = ("exact", "script")
ABSENT = "absent"


class Result(StrEnum):
    """What became of the words of a case."""

    FOUND = "found"
    ASKED = "asked"
    MISSED = "missed"
    WRONG = "wrong"
    FALSE = "falsely found"
    LEFT = "rightly left"


@dataclass(frozen=True)
class Case:
    """Words as said, the ids of what they mean, and of which kind they are."""

    say: str
    means: frozenset[str]
    kind: str
    home: str


def read(path: Path) -> tuple[Home, list[Case]]:
    """The home and the cases of one file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = [Case(str(one["say"]), frozenset(one["means"]), one["kind"], path.stem) for one in data["pairs"]]
    return Home.from_dict(data["home"]), cases


def judge(index: NameIndex, case: Case) -> Result:
    """What the index makes of the words of a case."""
    marked = index.mark(fold(case.say))
    sure = [one for one in marked.mentions if not one.asks]
    found = {thing.id for mention in marked.mentions for thing in mention.things}
    if not case.means:
        if not marked.mentions or _left_over(marked):
            return Result.LEFT
        return Result.FALSE if any(len(one.things) == 1 for one in sure) else Result.ASKED
    if not marked.mentions:
        return Result.MISSED
    if len(marked.mentions) > 1 or found != case.means:
        asked = not sure and len(marked.mentions) == 1 and case.means <= found
        return Result.ASKED if asked else Result.WRONG
    return Result.FOUND if sure else Result.ASKED


def _left_over(marked: Marked) -> bool:
    """Whether words that name something stand outside the marks."""
    inside = {index for one in marked.mentions for index in range(one.first, one.last + 1)}
    words = [word.text for index, word in enumerate(marked.folded.words) if index not in inside and word.is_name]
    return any(not is_ordinary(word) and tokens_of([word]) != (LIGHT,) for word in words)


def results(paths: Iterable[Path]) -> Iterator[tuple[Case, Result]]:
    """Every case of the files with its result."""
    for path in paths:
        home, cases = read(path)
        index = NameIndex(home)
        for case in cases:
            yield case, judge(index, case)


def shares(judged: Iterable[tuple[Case, Result]]) -> dict[str, float]:
    """The shares that count: exact names found, near names found or asked for, absent ones falsely found."""
    counts: dict[str, Counter[Result]] = defaultdict(Counter)
    for case, result in judged:
        counts["exact" if case.kind in EXACT else case.kind if case.kind == ABSENT else "near"][result] += 1
    exact, near, absent = counts["exact"], counts["near"], counts[ABSENT]
    return {
        "exact found": exact[Result.FOUND] / max(1, exact.total()),
        "near found": near[Result.FOUND] / max(1, near.total()),
        "near found or asked": (near[Result.FOUND] + near[Result.ASKED]) / max(1, near.total()),
        "falsely found": absent[Result.FALSE] / max(1, absent.total()),
    }


def show(judged: list[tuple[Case, Result]]) -> None:
    """Print how many cases of each kind, and in each script, came out how."""
    table = Table("", "cases", *Result, title="linking")
    counts: dict[str, Counter[Result]] = defaultdict(Counter)
    for case, result in judged:
        counts[case.kind][result] += 1
        counts["Devanagari" if is_devanagari(case.say) else "Latin"][result] += 1
    for name in sorted(counts, key=lambda name: (name[0].isupper(), name)):
        row = counts[name]
        table.add_row(name, str(row.total()), *(str(row[one] or "") for one in Result))
    Console().print(table)
    Console().print({name: f"{100 * share:.1f}%" for name, share in shares(judged).items()})


def main() -> None:
    """Judge, print, and show misses if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, nargs="*", default=sorted(CASES.glob("*.yaml")))
    parser.add_argument("--misses", type=int, default=0, help="print so many cases that did not come out right")
    parser.add_argument("--kind", help="only misses of this kind")
    options = parser.parse_args()
    judged = list(results(options.cases))
    show(judged)
    fine = (Result.FOUND, Result.LEFT)
    wrong = [(case, result) for case, result in judged if result not in fine and options.kind in (None, case.kind)]
    for case, result in wrong[: options.misses]:
        Console().print(f"{result:14} {case.kind:12} {case.home:24} {case.say!r} means {sorted(case.means)}")


if __name__ == "__main__":
    main()
