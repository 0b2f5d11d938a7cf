"""Variations of a sentence: other forms of its verb, other phrases for its room, and prohibitions.

Somebody who says `bhansa ko batti jhyappa para` also says `jhyappa paridinus na bhansa ma`; and `jhyappa napara` must do
nothing. All words are in `phrases/*.yaml`; held-out ones are for the test only.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from custom_components.batti.interpreter.words.fold import fold

from ..data.phrasebook import Phrasebook, load, split_of
from ..data.seeds import LAMPS, PLACES, Seed

_LAST = 0.12  # share of rooms and lights at the beginning that are moved to the end
_PLAIN = ("a", "u", "nus", "unus", "nu", "unu", "nuhos", "unuhos")  # endings of a verb with the prefix na- (do not)


def inflected(seed: Seed, split: str) -> list[Seed]:
    """The sentence with its last verb in all forms of a split; only the sentence itself if no verb is known."""
    found = _last_verb(seed)
    if found is None:
        return [seed]
    start, end, stem = found
    forms = dict.fromkeys(stem + ending for stem, ending in _forms(stem, seed.script, split))
    return [replace(seed, text=seed.text[:start] + form + seed.text[end:]) for form in forms]


def forbidden(seed: Seed) -> list[Seed]:
    """The sentence as prohibitions; empty if its verb is not known, or if it does nothing anyway."""
    found = _last_verb(seed) if seed.wanted else None
    if found is None or found[2] == "":
        return []
    start, end, stem = found
    column, not_ = (1, "न") if seed.script == "d" else (0, "na")
    verbs = load("verbs")
    plain = {pair[column] for pair in verbs["paradigms"][verbs["stems"][stem][2]]["train"] if pair[0] in _PLAIN}
    texts = (seed.text[:start] + not_ + verbs["stems"][stem][column] + ending + seed.text[end:] for ending in plain)
    return [replace(seed, text=text, wanted=(), refusal="forbidden") for text in sorted(texts)]


def _forms(stem: str, script: str, split: str) -> list[tuple[str, str]]:
    verbs, column = load("verbs"), 1 if script == "d" else 0
    entry = verbs["stems"][stem]
    return [(entry[column], ending[column]) for ending in split_of(verbs["paradigms"][entry[2]], split)]


def _last_verb(seed: Seed) -> tuple[int, int, str] | None:
    """Start, end and stem of the last known verb form in the text; None in English."""
    if seed.script == "e":
        return None
    words = fold(seed.text).words
    texts, table = [word.text for word in words], _table()
    longest = max(map(len, table))
    for last in range(len(words) - 1, -1, -1):
        for length in range(min(longest, last + 1), 0, -1):
            first = last - length + 1
            stem = table.get(tuple(texts[first : last + 1]))
            # A word next to a brace is the name of a slot.
            if stem and "{" not in seed.text[max(0, words[first].start - 1) : words[last].end]:
                return words[first].start, words[last].end, stem
    return None


@cache
def _table() -> Mapping[tuple[str, ...], str]:
    """The stem of each folded verb form; a form can have several words."""
    verbs = load("verbs")
    table: dict[tuple[str, ...], str] = {}
    for stem, (romanised, devanagari, paradigm) in verbs["stems"].items():
        if romanised:
            endings = [*verbs["paradigms"][paradigm]["train"], *verbs["paradigms"][paradigm]["held_out"]]
            for own, ending in (
                (own, ending[n]) for ending in endings for n, own in enumerate((romanised, devanagari))
            ):
                words = tuple(word.text for word in fold(own + ending).words)
                table.setdefault(words, stem)
    return table


def rephrased(seed: Seed, rng: random.Random, book: Phrasebook, script: Callable[[], str]) -> Seed:
    """The sentence with another phrase around a room or light, sometimes moved to the end. English is not changed."""
    found = re.search(_phrase(), seed.text)
    if found is None or seed.script == "e" or any(wanted.places or wanted.exceptions for wanted in seed.wanted):
        return seed
    before, after = seed.text[: found.start()], seed.text[found.end() :]
    form = book.form("place" if found[1] in PLACES else "lamp", seed.script)
    phrase = book.fill(form, script, {"T": f"{{{found[1]}}}"})
    rest = after.strip(" .!?।")
    last = not before.strip() and len(seed.slots) == 1 and rest and rng.random() < _LAST
    return replace(seed, text=f"{rest} {phrase}" if last else f"{before}{phrase} {after.lstrip()}".rstrip())


@cache
def _phrase() -> str:
    """A regular expression: a slot for a room or light, with a postposition and a word for light if they follow."""
    words = load("words")
    post, light = (
        "|".join(
            sorted({re.escape(one) for key in keys for script in "rd" for one in words[key][script]}, key=len)[::-1]
        )
        for keys in (("ko", "ma", "lai"), ("light",))
    )
    return rf"\{{([{PLACES}{LAMPS}])\}}(?:\s*(?:{post})(?![\w\u0900-\u097f]))?(?:\s+(?:{light})(?![\w\u0900-\u097f]))?"
