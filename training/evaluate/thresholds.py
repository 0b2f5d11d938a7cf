"""Shows the effect of the two decoding thresholds on validation data, to choose their values.

    .venv/bin/python -m training.evaluate.thresholds [--model GGUF] [--generated DATA.jsonl] [--most 1500]

`grammar.GROUNDED`: below it, a label does not count as what the model wanted to write. `grammar.SURE`: below it, a plan is
not carried out. llama.cpp runs in this process, so that `GROUNDED` can be changed.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from custom_components.batti.interpreter.engine.model import Model
from custom_components.batti.interpreter.language.grammar import GROUNDED, SURE

from ..data.dataset import OUT, read
from . import scoring
from .judging import MODEL, changes_nothing, machine

GROUNDING = (0.2, 0.35, 0.5, 0.65, 0.8)
ASKING = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_CONTEXT = 2048

Answers = list[tuple[dict[str, Any], str, float]]  # the line of the data set, what was written, its confidence


def answers(model: Model, lines: list[dict[str, Any]], grounded: float) -> Answers:
    """Answer all lines with one grounding threshold."""
    model.grounded = grounded
    found: Answers = []
    for line in track(lines, description=f"grounded {grounded}", transient=True):
        one = model.generate(line["sentence"], line["labels"], lambda: False, line.get("previous", ""))
        assert one is not None
        found.append((line, one.text, one.confidence))
    return found


def shares(found: Answers, sure: float) -> tuple[float, float, float]:
    """Shares of all sentences: right effect; done wrongly; refused or asked about although it was a command."""
    right = wrong = refused = 0
    for line, text, confidence in found:
        wanted = line["messages"][2]["content"]
        asked = text.startswith("-") and confidence < sure
        if asked or changes_nothing(text):
            right += changes_nothing(wanted)
            refused += not changes_nothing(wanted)
        elif scoring.same_effect(text, wanted, line["labels"]):
            right += 1
        else:
            wrong += 1
    return right / len(found), wrong / len(found), refused / len(found)


def main() -> None:
    """Try the thresholds and print the shares for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--generated", type=Path, default=OUT / "validation.jsonl")
    parser.add_argument("--most", type=int, default=1500)
    options = parser.parse_args()
    console = Console()
    console.print(f"{options.model.name} on {machine()}; now GROUNDED = {GROUNDED}, SURE = {SURE}")
    model = Model(options.model, _CONTEXT)
    lines = list(islice(read(options.generated), options.most))
    table = Table("grounded", "sure", "right effect", "done wrongly", "refused or asked about")
    for grounded in GROUNDING:
        found = answers(model, lines, grounded)
        for sure in ASKING if grounded == GROUNDED else (SURE,):
            table.add_row(str(grounded), str(sure), *(f"{100 * share:.1f}%" for share in shares(found, sure)))
    console.print(table)


if __name__ == "__main__":
    main()
