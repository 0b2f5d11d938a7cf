"""Whole sentences that people wrote (`phrases/seeds/*.yaml`), with slots for names and values, and what each asks for.

    - {r: "{A} ko batti nibhayera {B} ko chai balideu hai", do: ["off A", "on B"]}

`do` is a list of `VERB TARGETS [- EXCEPTIONS] [DATA …]`, or the word for a refusal. Targets and exceptions are slots joined
by `+`, `here`, `all`, or `it` (in a sentence that follows on from another). Data: `=p` or `=40` percent, `+p`, `-20` steps,
`colour:c`, `colour:red`, `kelvin:2700`, `transition:5`, `flash`. `same A` repeats the action before, with A as target.

>>> Wanted.parse("on F - A+L =p colour:red")
Wanted(verb='on', targets=('F',), exceptions=('A', 'L'), data=('=p', 'colour:red'))
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import yaml

from .phrasebook import TEST, TRAIN, VALIDATION

FOLDER = Path(__file__).parent / "phrases" / "seeds"
PLACES, FLOORS, LAMPS, PERCENTS, COLOURS, SECONDS = "ABCD", "FG", "LMNO", "pqs", "ck", "n"
IT, SAME = "it", "same"
REFUSALS = ("later", "forbidden", "not_for_lights", "unclear")
VERBS = {"on", "off", "toggle", "describe", SAME}
_SLOT = re.compile(r"\{(\w)\}")
_WORD = re.compile(r"[{}\w\u0900-\u097f]+")
_DATA = re.compile(r"[=+-](\d+|[pqs])|colour:\w+|kelvin:\d+|transition:(\d+|n)|flash")


@dataclass(frozen=True)
class Wanted:
    """One action, with slots for names and values."""

    verb: str
    targets: tuple[str, ...]
    exceptions: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Read the notation.

        Raises:
            ValueError: the text is not in the notation.
        """
        words = text.split()
        verb, targets, rest = "".join(words[:1]), "".join(words[1:2]), words[2:]
        exceptions: tuple[str, ...] = ()
        if "-" in rest[:-1]:
            at = rest.index("-")
            exceptions, rest = tuple(rest[at + 1].split("+")), rest[:at] + rest[at + 2 :]
        if verb not in VERBS or not targets or not all(_DATA.fullmatch(data) for data in rest):
            raise ValueError(f"not something to do: {text!r}")
        return cls(verb, tuple(targets.split("+")), exceptions, tuple(rest))

    @property
    def slots(self) -> set[str]:
        """The slots for names and values that it uses."""
        values = {data.lstrip("=+-").partition(":")[2] or data.lstrip("=+-") for data in self.data}
        return {one for one in {*self.targets, *self.exceptions, *values} if len(one) == 1 and one.isalpha()}


@dataclass(frozen=True)
class Seed:
    """One sentence with slots; `refusal` if nothing must be done, `follows` if it follows on from another sentence."""

    script: str
    text: str
    wanted: tuple[Wanted, ...]
    refusal: str
    follows: bool

    @property
    def slots(self) -> list[str]:
        """The slots for names and values in the text, without repeats."""
        return list(dict.fromkeys(_SLOT.findall(self.text)))

    @property
    def plain(self) -> str:
        """The text without case and punctuation, in which two writers of one sentence may differ."""
        return " ".join(_WORD.findall(self.text.lower()))

    @property
    def split(self) -> str:
        """The only split that may use it: one sentence in eight is for the test, one in sixteen for validation."""
        return {0: TEST, 4: VALIDATION, 8: TEST}.get(crc32(self.plain.encode()) % 16, TRAIN)

    def check(self) -> None:
        """Check that the actions use only slots of the text.

        Raises:
            ValueError: they use another one.
        """
        used = {slot for wanted in self.wanted for slot in wanted.slots}
        if not used <= set(self.slots):
            raise ValueError(f"{self.text!r} has no {sorted(used - set(self.slots))}")


@cache
def seeds(split: str) -> tuple[Seed, ...]:
    """All sentences of a split.

    Raises:
        ValueError: an entry of a file is not in the notation.
    """
    found: dict[tuple[str, str], Seed] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 (on, off: strings)
        for entry in entries:
            seed = _seed(entry)
            found.setdefault((seed.script, seed.plain), seed)
    return tuple(seed for seed in found.values() if seed.split == split)


def _seed(entry: dict[str, str | list[str]]) -> Seed:
    script = next(script for script in "rde" if script in entry)
    do = entry["do"]
    wanted = tuple(map(Wanted.parse, do)) if isinstance(do, list) else ()
    seed = Seed(script, str(entry[script]), wanted, "" if wanted else str(do), "after" in entry)
    if not wanted and do not in (*REFUSALS, "undo"):
        raise ValueError(f"{seed.text!r}: not a refusal: {do!r}")
    seed.check()
    return seed
