"""The lexicon: names of the things in a home, in all scripts, as data that anyone can read and correct.

A file maps a kind (`kitchen`, `table_lamp`, `red`, `40`) to the ways to say it, under `english`, `romanised`, `devanagari`
and `held_out` (spellings that training never uses, so that the test can). Two files have another form: `names.yaml`, what
people call rooms and lamps, for training; `function_words.yaml`, words of grammar, which name nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SCRIPTS = ("english", "romanised", "devanagari")
HELD_OUT = "held_out"

Entry = dict[str, Any]


@cache
def load(name: str) -> dict[Any, Entry]:
    """One file of the lexicon, by its name without `.yaml`."""
    text = (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[Any, Entry] = yaml.load(text, Loader=loader)  # noqa: S506 (a safe loader, the faster one if there)
    return data


def spellings(entry: Entry) -> Iterator[str]:
    """Every spelling of a kind, including the held-out ones: Batti itself knows them all."""
    for key in (*SCRIPTS, HELD_OUT):
        yield from entry.get(key) or ()


COLOURS: tuple[str, ...] = tuple(load("colours"))
