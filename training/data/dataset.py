"""Training, validation and test sentences as JSONL, in chat format, with a check for leaks from training to test.

    python -m training.data --sentences 600000 --out training/.data

70% train, 15% validation, 15% test. Every sentence that a person wrote (`seeds.py`) belongs to one split only. For all
others, validation uses the same words and forms as training, in other homes. The test uses held-out ones: other sentence
forms, other verb forms for the slots, other spellings of rooms, other people.
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

from custom_components.batti.interpreter.language import prompt

from .. import plotting
from . import values
from .commands import Example
from .homes import random_home
from .naming import trained_rooms
from .phrasebook import TEST, TRAIN, VALIDATION
from .voices import Voice

ELSEWHERE = "elsewhere"  # source of lines about other homes, against forgetting (`personal/`, `finetune/anchored.py`)
SENTENCES_PER_HOME = 60
_CHUNK = 4000
SEEDS = 1_000_000  # random seeds reserved for the chunks of one data set
SHARES = {TRAIN: 0.7, VALIDATION: 0.15, TEST: 0.15}
OUT = Path(__file__).parents[1] / ".data"


def messages(example: Example) -> dict[str, Any]:
    """One line of the data set."""
    return {
        "messages": [
            {"role": "system", "content": prompt.SYSTEM},
            {"role": "user", "content": f"{example.previous} {example.marked}" if example.previous else example.marked},
            {"role": "assistant", "content": example.answer},
        ],
        "text": example.text,
        "sentence": example.marked,
        "previous": example.previous,
        "noisy": example.noisy,
        "lights": example.lights,
        "invented": any(values.kind_of(name) is None for name in example.named),
        "labels": list(example.names),
        "named": example.named,
        "intent": example.intent,
        "script": example.script,
        "forms": example.forms,
    }


def sentences(seed: int, split: str, count: int) -> Iterator[Example]:
    """Sentences from one random seed; the same seed gives the same sentences."""
    rng = random.Random(f"{split} {seed}")
    for done in range(0, count, SENTENCES_PER_HOME):
        speaker = Voice(rng, random_home(rng, split), split)
        for _ in range(min(SENTENCES_PER_HOME, count - done)):
            yield speaker.say()


def _lines(task: tuple[int, str, int]) -> str:
    return "".join(json.dumps(messages(example), ensure_ascii=False) + "\n" for example in sentences(*task))


def write(path: Path, split: str, count: int, first_seed: int, workers: int | None = None) -> None:
    """Write one file on all cores, each chunk with its own seed; with `workers` 0, in this process."""
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


def sample(path: Path, most: int | None, seed: int) -> list[dict[str, Any]]:
    """All lines of a file, or at most `most` random ones, in the file's order; the same seed gives the same lines.

    Raises:
        SystemExit: there is no such file.
    """
    if not path.exists():
        raise SystemExit(
            f"There is no {path}: write the data set first, with python -m training.data --out {path.parent}"
        )
    with path.open(encoding="utf-8") as file:
        count = sum(1 for _ in file)
        chosen = range(count) if most is None or most >= count else set(random.Random(seed).sample(range(count), most))
        file.seek(0)
        return [json.loads(line) for number, line in enumerate(file) if number in chosen]


def write_all(folder: Path, count: int, seed: int) -> None:
    """Write the files that are missing; `count` is the number of sentences in all three splits."""
    for split, share in SHARES.items():
        path = folder / f"{split}.jsonl"
        if not path.exists():
            write(path, split, int(count * share), seed * SEEDS)


def leaks(train: Path, test: Path) -> set[str]:
    """Sentence forms and verb forms that are in both files, and names in the test that are spelt as in training."""

    def seen(path: Path) -> set[str]:
        return {form for line in read(path) for form in line["forms"]}

    named = {name for line in read(test) for name in line["named"]}
    return (seen(train) & seen(test)) | (named & trained_rooms())


def balance(path: Path) -> dict[str, Counter[str]]:
    """How often each intent, script, action, number of actions, kind of room and light occurs in a file."""
    counts: dict[str, Counter[str]] = {key: Counter() for key in ("intent", "script", "action", "actions", "name")}
    for line in read(path):
        answer = line["messages"][2]["content"]
        actions = [part for part in answer.splitlines() if part.startswith(("- action", "[]"))]
        counts["intent"][line["intent"].removesuffix(", later turn")] += 1
        counts["script"][line["script"]] += 1
        counts["action"].update(actions)
        counts["actions"][str(len(actions)) if actions[0][0] == "-" else "none"] += 1
        counts["name"].update(str((values.kind_of(name) or ("", "own name"))[1]) for name in line["named"])
    return counts


def show(counts: dict[str, Counter[str]], title: str) -> None:
    """Print the balance of a file."""
    table = Table("", "share", title=title)
    for key, counter in counts.items():
        table.add_section()
        for name, count in counter.most_common(12):
            table.add_row(f"{key} {name}", f"{100 * count / counter.total():.1f}%")
    Console().print(table)


def plot(counts: dict[str, Counter[str]], path: Path) -> None:
    """Plot the balance of a file."""
    with plotting.figure(path, len(counts), size=(24, 8)) as figure:
        for axes, (key, counter) in zip(figure.axes, counts.items(), strict=True):
            common = counter.most_common(30)
            axes.barh([name for name, _ in common], [100 * count / counter.total() for _, count in common])
            axes.invert_yaxis()
            axes.set(title=key, xlabel="%")


def main() -> None:
    """Write the three files, check them, print and plot their statistics."""
    parser = argparse.ArgumentParser(
        "python -m training.data", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=int, default=600_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    write_all(options.out, options.sentences, options.seed)
    for split in SHARES:
        counts = balance(options.out / f"{split}.jsonl")
        show(counts, split)
        if plotting.here():
            plot(counts, options.out / f"{split}.png")
    shared = leaks(options.out / "train.jsonl", options.out / "test.jsonl")
    if shared:
        raise SystemExit(f"Test and training share {len(shared)} forms or rooms, such as {sorted(shared)[:5]}")
