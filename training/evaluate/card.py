"""Writes the model card from measured results: nobody types its numbers by hand.

python -m training.evaluate --card custom_components/batti/models/MODEL_CARD.md
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from custom_components.batti.interpreter.engine.gguf_header import read_header
from custom_components.batti.interpreter.engine.model import PROMPT_VERSION_KEY

from .scoring import ENOUGH, Figures, in_order

_MIN_SENTENCES = 10  # sentences in a slice that gets a line
_MIN_SENTENCES_OF_WEAK = 40  # sentences in a slice that counts as a weakness
_WEAKEST = 8  # slices listed as weaknesses
Rows = list[list[str]]  # the first is the header

_HEAD = """\
---
license: mit
language: [ne, en]
tags: [home-assistant, llama.cpp, nepali, code-mixed]
---

# {name}

Turns a sentence to the lights of a home (romanised Nepali, Devanagari, English, mixed; folded and with the home's names
as markers, as `interpreter/` does it) into Home Assistant light actions.

A Llama of {width} x {layers}, {parameters:.1f} million parameters, {bytes:,} bytes at Q8_0, for the prompt `{prompt}`
(sha256 `{sha256}`). Trained by `training/nano/` in several sittings, each on from the one before: the first from nothing
(`recipes/nano.yaml`), the others on data sets that had grown since (`recipes/nano_on.yaml`). `training/LOG.md` has them all.

Licence: MIT.

This card is written by `python -m training.evaluate --card`. Measured on {machine}.

Shares stand with their 95% intervals (Wilson's; for partial match the normal one) and, where it is not the n of the line,
"of" how many. A slice of fewer than {fewest} sentences has no line.

- Effect: after carrying the plan out, every light of the home is as it should be. For generated sentences: same lights,
  same data, whatever the order of lines.
- Wider or reversed, the worst of the wrong actions: a light changed that should not have, or ended on where it should be off,
  or off where it should be on. For generated sentences: a target that is not wanted, or not with this action. Other wrong:
  fewer lights than wanted, or another value. Both are shares of all sentences, and the lower the better; what else is missing
  from effect was refused.
- Exact match: the lines are those wanted, word by word, but for what exactly a thing that the home has not was called.
  Partial match: the share of key-value pairs that are right.
- Refusal recall: of the sentences that are to change no light, those that change none. These are sentences to refuse,
  questions and undoing, and what Batti understands and cannot do yet. Refusal precision: of the sentences that change no
  light, those that are to change none.
"""

_ABOUT = {
    "generated test": "Sentences of the generator, from what is held out: other sentence forms, verb forms, spellings and "
    "people than in training.",
    "natural sentences": "Written by hand for `tests/cases/natural`; never trained on.",
    "exam sentences": "Newer ones, written by hand for `tests/cases/exam`; never looked at before the final run.",
}


def write(path: Path, model: Path, results: dict[str, Any], machine: str) -> None:
    """Write the card of a model from the results of `judging.py`."""
    header = read_header(model)
    head = _HEAD.format(
        name=model.stem,
        bytes=model.stat().st_size,
        sha256=hashlib.sha256(model.read_bytes()).hexdigest(),
        parameters=header.parameters / 1e6,
        prompt=header.metadata.get(PROMPT_VERSION_KEY),
        width=header.number("llama.embedding_length"),
        layers=header.number("llama.block_count"),
        machine=machine,
        fewest=_MIN_SENTENCES,
    )
    sections = [_section(title, report) for title, report in results.items()]
    path.write_text("\n".join([head, _weaknesses(results), *sections]), encoding="utf-8")


def tables(report: dict[str, Any]) -> dict[str, Rows]:
    """The tables of a report, by title, as text."""
    return {"slices": slices(report), "confidence": bins(report), "thresholds": thresholds(report)}


def slices(report: dict[str, Any]) -> Rows:
    """All metrics by slice."""
    scores: dict[str, dict[str, Figures]] = report["scores"]
    counts = {name: int(one["n"]) for name, one in scores["effect"].items()} if "effect" in scores else {}
    rows = [["Slice", "n", *(metric.capitalize() for metric in scores)]]
    for name in in_order([name for name, n in counts.items() if n >= _MIN_SENTENCES]):
        cells = (_cell(by_slice.get(name), counts[name]) for by_slice in scores.values())
        rows.append([name, str(counts[name]), *cells])
    return rows


def bins(report: dict[str, Any]) -> Rows:
    """Mean confidence and share right, in bins of equal count."""
    found = report["calibration"]["bins"]
    rows = [[f"{one['confidence']:.3f}", str(one["n"]), _cell(one, one["n"], fewest=1)] for one in found]
    return [["Mean confidence", "n", "Right"], *rows]


def thresholds(report: dict[str, Any]) -> Rows:
    """For each threshold, the share of answers above it and how many of these are right."""
    rows = [["Confidence from", "Coverage", "Right above", "n"]]
    found = [(f"{one['threshold']:g}", one) for one in report["calibration"]["thresholds"]]
    if enough := report["calibration"]["enough"]:
        # Rounded down, so that the last answer is still above the printed threshold.
        found.append((f"{math.floor(1e5 * enough['threshold']) / 1e5:.5f} (smallest with {ENOUGH:.0%} right)", enough))
    for name, one in found:
        rows.append([name, f"{100 * one['coverage']:.1f}%", _cell(one, one["n"], fewest=1), str(one["n"])])
    return rows


def _cell(one: Figures | None, n: int, fewest: int = _MIN_SENTENCES) -> str:
    if one is None or one["n"] < fewest:
        return ""
    interval = f"{100 * one['share']:.1f}% ({100 * one['low']:.1f} to {100 * one['high']:.1f})"
    return interval if one["n"] == n else f"{interval} of {one['n']}"


def _weaknesses(results: dict[str, Any]) -> str:
    """What the model cannot do by design, and the slices with the lowest effect score."""
    found = [
        (one["share"], f"- {title}, {name}: {_cell(one, 0)}")
        for title, report in results.items()
        for name, one in report["scores"].get("effect", {}).items()
        if one["n"] >= _MIN_SENTENCES_OF_WEAK and name != "all"
    ]
    lines = [
        "## Known weaknesses",
        "",
        "It does nothing but lights: other sentences it is to refuse. Times, rules, answers and routines it writes down; "
        "Batti does not carry them out yet.",
    ]
    if found:
        lines += ["", f"Lowest effect of all slices of at least {_MIN_SENTENCES_OF_WEAK} sentences:", ""]
    return "\n".join([*lines, *(text for _, text in sorted(found)[:_WEAKEST]), ""])


def _section(title: str, report: dict[str, Any]) -> str:
    lines = [f"## {title.capitalize()}", ""]
    if title in _ABOUT:
        lines += [_ABOUT[title], ""]
    lines += [*_markdown(slices(report)), "", "### Confidence", ""]
    lines += [
        f"Confidence and the share with the right effect differ by {100 * report['calibration']['error']:.1f} points on "
        "average, in ten bins of equal count.",
        "",
        *_markdown(thresholds(report)),
        "",
    ]
    if not report["calibration"]["enough"]:
        lines += [f"At no threshold are {ENOUGH:.0%} right.", ""]
    if report["milliseconds"]:
        times = report["milliseconds"]
        lines += [f"Sentence to plan: median {times['median']:.1f} ms, 95% within {times['95%']:.1f} ms.", ""]
    work = f"{report['steps']:.1f} model steps for {report['tokens']:.1f} tokens"
    lines += [f"A sentence takes {work} on average: {report['steps_per_token']:.2f} steps a token.", ""]
    return "\n".join(lines)


def _markdown(rows: Rows) -> Iterator[str]:
    header, *others = rows
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    for row in others:
        yield f"| {' | '.join(row)} |"
