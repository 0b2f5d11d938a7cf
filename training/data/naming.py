"""Names for rooms, floors and lights: from the lexicon, people's names, everyday nouns, and invented names.

The integration knows every spelling of the lexicon. Training uses only those that are not held out, the test only those
that are (if a kind has any).
"""

from __future__ import annotations

import random
from functools import cache

from custom_components.batti.interpreter import lexicon
from custom_components.batti.interpreter.words.fold import fold_name

from .phrasebook import TEST, TRAIN, is_devanagari

KEY_OF = {"r": "romanised", "d": "devanagari", "e": "english"}
_ONSETS = "b bh br ch d dr f g gr h j k kh kr l m n p pr r s sh st t tr v w y z".split()
_VOWELS = "a a a e i o u aa ai au ee oo".split()
_CODAS = ["", "", "", "k", "l", "m", "n", "r", "s", "t", "x", "p", "ng", "ra", "la", "na"]


@cache
def variants(file: str, kind: object, script: str, split: str) -> tuple[str, ...]:
    """The spellings of a kind in a script that a split may use; empty if there are none."""
    entry = lexicon.load(file)[kind]
    plain = entry.get(KEY_OF[script]) or ()
    held = entry.get(lexicon.HELD_OUT)
    if split == TRAIN or not held:
        return tuple(plain)
    # A spelling that folds to a trained one would test nothing.
    trained = {fold_name(one) for key in KEY_OF.values() for one in entry.get(key) or ()}
    unseen = [one for one in held if fold_name(one) not in trained or file == "numbers"]
    return tuple(one for one in unseen if is_devanagari(one) == (script == "d"))


@cache
def trained_rooms() -> frozenset[str]:
    """All folded spellings of rooms that training uses."""
    return frozenset(
        " ".join(fold_name(spelling))
        for kind in lexicon.load("rooms")
        for script in KEY_OF
        for spelling in variants("rooms", kind, script, TRAIN)
    )


def say_kind(rng: random.Random, file: str, kind: object, script: str, split: str) -> str:
    """A spelling of a kind; in another script if this one has none."""
    for other in dict.fromkeys((script, "r", "e", "d")):
        several = variants(file, kind, other, split)
        if several:
            # The lexicon lists the usual spellings first.
            return several[min(int(rng.expovariate(0.25)), len(several) - 1)] if split != TEST else rng.choice(several)
    raise ValueError(f"{kind} of {file} has no name")


def invented(rng: random.Random) -> str:
    """A random name that is not in the lexicon."""
    name = "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((1, 2, 2, 2, 3)))
    )
    return name.capitalize() if len(name) > 3 else invented(rng)


@cache
def _names_of(section: str, split: str) -> tuple[tuple[str, ...], ...]:
    """The people, kin, things or modifiers of a split; every seventh is for the test only."""
    names = [tuple(name) for name in lexicon.load("names")[section]]
    return tuple(name for index, name in enumerate(names) if (index % 7 == 3) == (split == TEST))


def say_name(rng: random.Random, section: str, script: str, split: str) -> str:
    """A person's name, a kinship word, an everyday noun or a modifier, in a script."""
    name = rng.choice(_names_of(section, split))
    column = {"r": 0, "d": 1, "e": 2}[script]
    return name[min(column, len(name) - 1)] if script != "e" or len(name) > 2 else name[0]
