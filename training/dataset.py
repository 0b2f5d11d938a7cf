"""Training, validation and test sentences as JSONL, in chat format, with a check that the test shares nothing it must not.

    python -m training.dataset --train 400000 --validation 4000 --test 5000 --out training/.data

Training and validation draw from the same phrases in other homes; the test draws from what is held out: other sentence
forms, other verb forms, other spellings of rooms, other people.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from custom_components.batti.interpreter import prompt
from custom_components.batti.interpreter.grammar import LABEL_PREFIX

from .commands import Example, Speaker
from .homes import random_home
from .naming import trained_rooms
from .phrasebook import TEST, TRAIN

SENTENCES_PER_HOME = 40
_CHUNK = 4000
SEEDS = 1_000_000  # chunk seeds that belong to one seed of a data set
FILES = {"train": (TRAIN, 0), "validation": (TRAIN, SEEDS // 2), "test": (TEST, 0)}  # split, and the first chunk's seed
OUT = Path(__file__).parent / ".data"


def messages(example: Example) -> dict[str, Any]:
    """One line of the data set."""
    return {
        "messages": [
            {"role": "system", "content": prompt.SYSTEM},
            {"role": "user", "content": example.marked},
            {"role": "assistant", "content": example.answer},
        ],
        "text": example.text,
        "labels": example.labels,
        "intent": example.intent,
        "script": example.script,
        "forms": example.forms,
    }


def sentences(seed: int, split: str, count: int) -> Iterator[Example]:
    """Sentences of one seed; the same seed gives the same sentences."""
    rng = random.Random(f"{split} {seed}")
    for done in range(0, count, SENTENCES_PER_HOME):
        speaker = Speaker(rng, random_home(rng, split), split)
        for _ in range(min(SENTENCES_PER_HOME, count - done)):
            yield speaker.say()


def _lines(task: tuple[int, str, int]) -> str:
    return "".join(json.dumps(messages(example), ensure_ascii=False) + "\n" for example in sentences(*task))


def write(path: Path, split: str, count: int, first_seed: int, workers: int | None = None) -> None:
    """Write one file, by chunks of their own seeds, on all cores; with `workers` 0, in this process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tasks = [(first_seed + i, split, min(_CHUNK, count - done)) for i, done in enumerate(range(0, count, _CHUNK))]
    with ExitStack() as stack:
        file = stack.enter_context(path.open("w", encoding="utf-8"))
        run = map if workers == 0 else stack.enter_context(ProcessPoolExecutor(workers)).map
        for lines in track(run(_lines, tasks), total=len(tasks), description=path.name):
            file.write(lines)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file that `write` wrote."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def leaks(train: Path, test: Path) -> set[str]:
    """Sentence forms and verb forms that both files have, and names in the test that training spells so."""

    def seen(path: Path) -> set[str]:
        return {form for line in read(path) for form in line["forms"]}

    answers = (line["messages"][2]["content"] for line in read(test))
    named = {line.removeprefix(LABEL_PREFIX) for answer in answers for line in answer.splitlines()}
    return (seen(train) & seen(test)) | (named & trained_rooms())


def show(path: Path) -> None:
    """Print how a file is balanced."""
    intents, scripts = Counter[str](), Counter[str]()
    for line in read(path):
        intents[str(line["intent"])] += 1
        scripts[str(line["script"])] += 1
    table = Table("intent", "share", title=path.name)
    for intent, count in intents.most_common(20):
        table.add_row(intent, f"{100 * count / intents.total():.1f}%")
    table.add_section()
    for script, count in scripts.most_common():
        table.add_row(script, f"{100 * count / scripts.total():.1f}%")
    Console().print(table)


def main() -> None:
    """Write the three files, check them, and print their statistics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=int, default=400_000)
    parser.add_argument("--validation", type=int, default=4_000)
    parser.add_argument("--test", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    for name, (split, offset) in FILES.items():
        path = options.out / f"{name}.jsonl"
        write(path, split, getattr(options, name), options.seed * SEEDS + offset)
        show(path)
    shared = leaks(options.out / "train.jsonl", options.out / "test.jsonl")
    if shared:
        raise SystemExit(f"Test and training share {len(shared)} forms or rooms, such as {sorted(shared)[:5]}")


if __name__ == "__main__":
    main()
