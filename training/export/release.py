"""Exports an adapter as GGUF files for Batti: merges, quantises, tests each with Batti's engine, writes a model card.

`python -m training.export ADAPTER --out FOLDER` runs this. A file gets its final name only after the engine has opened it.
"""

from __future__ import annotations

import argparse
import asyncio
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from custom_components.batti.interpreter.errors import EngineError
from custom_components.batti.interpreter.language import prompt

from ..gguf_files.writing import About
from . import drift, merge, to_gguf
from .merge import MergeError
from .quantise import Quantisation, QuantiseError, quantise

FAULTS = (MergeError, QuantiseError, EngineError, ValueError)
USUAL = (Quantisation.Q4_K_M, Quantisation.Q5_K_M, Quantisation.Q8_0)
DESCRIPTION = "Nepali, English and mixed sentences to Home Assistant light actions"
_LICENCES = {"llama-3.1": "llama3.1", "llama-3.2": "llama3.2", "llama-3.3": "llama3.3", "llama-3": "llama3"}

_CARD = """\
---
license: {licence}
language: [ne, en]
{base_line}tags: [home-assistant, llama.cpp, nepali, code-mixed]
---

# {name}

Turns a sentence to the lights of a home (romanised Nepali, Devanagari, English, mixed; folded and with the home's names
as markers, as Batti's `interpreter/` does it) into Home Assistant light actions. It speaks Batti's prompt `{version}`.

{origin}

{terms}
"""
_LLAMA_TERMS = """\
Built with Llama. The Llama Community License applies, {licence}: whoever passes this file on passes on a copy of that
licence too, shows "Built with Llama", and keeps "Llama" at the beginning of the model's name. Llama is licensed under the
Llama Community License, Copyright © Meta Platforms, Inc. All Rights Reserved."""
_FILES = """\
## Files

{title}. Same answers: letter for letter what the unquantised
model writes. Exact match: the lines of the data set, and points against the unquantised model. Shares stand with their
95% intervals.

"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for exporting an adapter."""
    adapters = parser.add_argument_group("options for an adapter")
    adapters.add_argument(
        "--quantisations", type=Quantisation, choices=list(Quantisation), nargs="+", default=list(USUAL)
    )
    adapters.add_argument("--base", help="the base model, if it is not the one in the adapter's settings")
    adapters.add_argument("--name", help="of the model and its files")
    adapters.add_argument(
        "--check", type=Path, help="a file of the data set to test all files with; without it, sentences are generated"
    )
    adapters.add_argument("--sample", type=int, default=drift.SAMPLE, help="how many sentences")


def run(options: argparse.Namespace) -> list[drift.Drift]:
    """Export an adapter; prints and returns how the files compare, the unquantised model first.

    Raises:
        MergeError, QuantiseError, EngineError, ValueError, OSError: the export failed; the message says why.
    """
    base = options.base or merge.base_of(options.run)
    merge.settings(options.run)
    if options.check and not options.check.is_file():
        raise ValueError(f"There is no {options.check}: python -m training.data writes such files")
    if options.sample < 1:
        raise ValueError("--sample must be at least 1, for every file is tried out")
    if options.out.is_file():
        raise ValueError(f"{options.out} is a file: of an adapter, --out names a folder")
    # Llama's licence demands that the name of a derived model begins with "Llama".
    name = options.name or f"{Path(base).name.removesuffix('.gguf')}-batti"
    card = _card(name, base, merge.settings(options.run))
    lines = drift.sample(options.check, options.sample)
    options.out.mkdir(parents=True, exist_ok=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    ) as progress:
        about = About(
            name=name,
            description=DESCRIPTION,
            licence=licence_of(base),
            card=card,
            prompt_version=prompt.VERSION,
        )
        found = _files(options, base, about, lines, progress)
    drift.show(found)
    (options.out / "drift.json").write_text(drift.as_json(found), encoding="utf-8")
    table = _markdown([list(drift.COLUMNS), *drift.rows(found)])
    files = _FILES.format(title=drift.title(found))
    (options.out / "MODEL_CARD.md").write_text(f"{card}\n{files}{table}\n", encoding="utf-8")
    return found


def _files(
    options: argparse.Namespace, base: str, about: About, lines: Sequence[drift.Line], progress: Progress
) -> list[drift.Drift]:
    """Write, test and name all files."""
    wanted = list(dict.fromkeys(options.quantisations))
    whole, whole_name = options.out / f"{about.name}-F16.gguf.part", f"{about.name}-F16.gguf"
    try:
        with _stage(progress, "merge") as at:
            merged = merge.merge(options.run, base)
        with _stage(progress, "F16: write") as at:
            to_gguf.write(merged, whole, about, at)
        del merged  # frees memory for the next files
        unquantised = _ask(whole, lines, "F16", progress)
        found = [drift.compare(whole, whole_name, unquantised, unquantised, lines)]
        others = [quantisation for quantisation in wanted if quantisation is not Quantisation.F16]
        found += [_file(whole, quantisation, unquantised, lines, progress) for quantisation in others]
        if Quantisation.F16 in wanted:
            whole.replace(options.out / whole_name)
    finally:
        whole.unlink(missing_ok=True)
    return found


def _file(
    whole: Path,
    quantisation: Quantisation,
    unquantised: Sequence[drift.Answer],
    lines: Sequence[drift.Line],
    progress: Progress,
) -> drift.Drift:
    """Write, test and name one quantised file."""
    part = whole.with_name(whole.name.replace("-F16.gguf", f"-{quantisation}.gguf"))
    target = part.with_suffix("")
    try:
        with _stage(progress, f"{quantisation}: write") as at:
            others = quantise(whole, part, quantisation, at)
        if others:
            progress.console.print(
                f"{target.name}: {others} matrices have rows that its types do not fit; see quantise.py"
            )
        found = drift.compare(part, target.name, _ask(part, lines, quantisation, progress), unquantised, lines)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return found


def _ask(model: Path, lines: Sequence[drift.Line], what: str, progress: Progress) -> list[drift.Answer]:
    with _stage(progress, f"{what}: try") as at:
        return asyncio.run(drift.answers(model, lines, lambda done: at(done, len(lines))))


@contextmanager
def _stage(progress: Progress, description: str) -> Iterator[Any]:
    """One progress bar; gives a function to call with the work done so far and the total."""
    task = progress.add_task(description, total=None)
    yield lambda done, total: progress.update(task, completed=done, total=total)
    progress.update(task, completed=1, total=1)


def licence_of(base: str) -> str:
    """The licence of a model made from this base, by Hugging Face's name.

    >>> licence_of("unsloth/Llama-3.2-1B-Instruct"), licence_of("nano"), licence_of("my/own")
    ('llama3.2', 'mit', 'other')
    """
    if base in merge.OWN_BASES:
        return "mit"
    return next((licence for name, licence in _LICENCES.items() if name in Path(base).name.lower()), "other")


def _card(name: str, base: str, settings: dict[str, Any]) -> str:
    """The model card without the table of files; this version is stored inside each GGUF."""
    licence = licence_of(base)
    on_hub = base not in merge.OWN_BASES and not Path(base).exists()
    targets = settings.get("target_modules")
    targets = ", ".join(sorted(targets)) if isinstance(targets, list) else targets
    lora = f" (LoRA of rank {settings.get('r')}, alpha {settings.get('lora_alpha')}, on {targets})" if targets else ""
    origin = (
        f"Made of {base if on_hub else Path(base).name} by fine-tuning{lora} on Batti's data set, merged and written by "
        "`python -m training.export`."
    )
    terms = {"mit": "Licence: MIT.", "other": f"Licence: that of {base if on_hub else 'the base'}."}
    return _CARD.format(
        name=name,
        licence=licence,
        base_line=f"base_model: {base}\n" if on_hub else "",
        origin=textwrap.fill(origin, 120),
        version=prompt.VERSION,
        terms=terms.get(licence) or _LLAMA_TERMS.format(licence=licence),
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    header, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([header, "|---" * len(rows[0]) + "|", *others])
