"""Words of everyday talk, from the sentences that people wrote (`seeds.py`), for the integration's lexicon.

    python -m training.data.talk     # writes interpreter/lexicon/talk.yaml

They are words of their own, so the integration does not take them for slips of a name that a home happens to have. Words
are folded; those that a slot is filled with (names, values) are not among them.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.words.fold import fold

from . import seeds
from .phrasebook import TEST, TRAIN, VALIDATION

PATH = Path(lexicon.__file__).parent / "talk.yaml"
_SLOT = re.compile(r"\{\w+\}")
_LEAST = 3  # times
_OFTEN = 60
_WIDTH = 118
_HEAD = """\
# Words of everyday talk, folded; written by `python -m training.data.talk`. They are no slips of names; those that are said
# `often` do not stand for a longer name either.

"""


def counted() -> Counter[str]:
    """How many sentences have each word."""
    every = (seed for split in (TRAIN, VALIDATION, TEST) for seed in seeds.seeds(split))
    words = (word for seed in every for word in {one.text for one in fold(_SLOT.sub(",", seed.text)).words})
    return Counter(word for word in words if word.isalpha() and len(word) > 1)


def main() -> None:
    """Write the file."""
    counts = counted()
    often = sorted(word for word, count in counts.items() if count >= _OFTEN)
    rare = sorted(word for word, count in counts.items() if _LEAST <= count < _OFTEN)
    PATH.write_text(_HEAD + "".join(_listed(*one) for one in (("often", often), ("sometimes", rare))), encoding="utf-8")


def _listed(key: str, words: list[str]) -> str:
    lines, line = [], "  - "
    for word in words:
        if len(line) + len(word) > _WIDTH:
            lines.append(line.rstrip())
            line = "  - "
        line += f"{word} "
    return f"{key}:\n" + "\n".join([*lines, line.rstrip()]) + "\n"


if __name__ == "__main__":
    main()
