"""The data set in Hugging Face's format: a folder that `datasets.load_dataset` reads, with a dataset card.

    python -m training.finetune.hub_dataset --data training/.data --out training/.hub

One JSONL file per split, with each conversation in both common formats: `messages` (role, content) and ShareGPT's
`conversations` (from, value). `training.finetune` can read this folder or the original one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets import DatasetInfo, Features, List, Value
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCard, DatasetCardData

from ..data import dataset

_SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}  # ShareGPT's names
_TEXT = Value("string")
FEATURES = Features(
    {
        "messages": List({"role": _TEXT, "content": _TEXT}),
        "conversations": List({"from": _TEXT, "value": _TEXT}),
        "text": _TEXT,
        "sentence": _TEXT,
        "previous": _TEXT,
        "labels": List(_TEXT),
        "intent": _TEXT,
        "script": _TEXT,
    }
)
_CARD = """---
{settings}
---

# Batti: how Nepalis speak to their lights

Sentences in romanised Nepali, Devanagari, English and mixtures of them, with what a smart home is to do: Home Assistant
YAML in which markers stand for the names of rooms and lights. Made by Batti's generator (`training/data/`) from
sentences and words that were written for it; no recordings, and nobody's home.

| Column | |
|---|---|
| `messages` | system, user, assistant, as chat templates take them |
| `conversations` | the same in ShareGPT's form |
| `text` | what was said, in the spelling and the script it was said in |
| `sentence` | the same as the model sees it: one spelling for all scripts, markers for names that the home has |
| `previous` | what was asked and the answer before, where the sentence may follow on from it |
| `labels` | the markers: capital letters for names in the sentence, from Q on for those in `previous` |
| `intent`, `script` | what kind of sentence it is; `r` romanised, `d` Devanagari, `e` English |

| Split | Sentences |
|---|---|
{counts}

Validation draws from the same sentence forms as training, in other homes. The test draws from forms of sentences and verbs,
spellings of rooms and names of people that training never sees.

A model for Batti is trained on the prompt in `custom_components/batti/interpreter/language/prompt.py`, which
`training/data/encoding.py` makes of `sentence` and `previous`: a chat template makes other tokens.
"""


def write(data: Path, out: Path) -> dict[str, int]:
    """Write the splits that are in `data`, and the card; returns how many sentences each has."""
    out.mkdir(parents=True, exist_ok=True)
    counts = {split: _write_split(path, out) for split in dataset.SHARES if (path := data / f"{split}.jsonl").exists()}
    if not counts:
        raise SystemExit(f"There is no {next(iter(dataset.SHARES))}.jsonl in {data}: run python -m training.data first")
    # The card lists no files: if it did, `datasets` would find cached data by the folder's name alone.
    settings = DatasetCardData(
        language=["ne", "en"],
        license="mit",
        task_categories=["text-generation"],
        pretty_name="Batti",
        tags=["home-assistant", "romanized-nepali", "code-switching"],
    )
    DatasetInfosDict({"default": DatasetInfo(features=FEATURES)}).to_dataset_card_data(settings)
    rows = "\n".join(f"| {split} | {count:,} |" for split, count in counts.items())
    DatasetCard(_CARD.format(settings=settings, counts=rows)).save(out / "README.md")
    return counts


def _write_split(path: Path, out: Path) -> int:
    count = 0
    with (out / path.name).open("w", encoding="utf-8") as file:
        for line in dataset.read(path):
            file.write(json.dumps(row(line), ensure_ascii=False) + "\n")
            count += 1
    return count


def row(line: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of one line of the data set."""
    said = [{"from": _SPEAKERS[one["role"]], "value": one["content"]} for one in line["messages"]]
    return {name: said if name == "conversations" else line.get(name) for name in FEATURES}


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=dataset.OUT)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    for split, count in write(options.data, options.out).items():
        print(f"{options.out / split}.jsonl: {count:,} sentences")


if __name__ == "__main__":
    main()
