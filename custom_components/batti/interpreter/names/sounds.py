"""How likely two folded words are the same word, spelled or heard differently.

Folding (`words/spelling.py`) takes out what nobody types reliably. Here is what remains between a name and what people or
speech recognition make of it: English spelling against its sound (`nigt`, `nait`), letters left out, added or swapped,
vowels that are mixed up, consonants that are heard as each other. `rapidfuzz` measures edit distance.

>>> for pair in (("nigt", "nait"), ("sterilaij", "sterlaij"), ("sarita", "sabita"), ("sofa", "desk")):
...     print(*pair, round(likeness(*pair), 2))
nigt nait 1.0
sterilaij sterlaij 0.95
sarita sabita 0.73
sofa desk 0.0
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

SURE = 0.8  # from this on, it is the same word
NEAR = 0.66  # from this on, it may be
_VOWELS = "aeiou"
_WITHOUT_LAST = 0.9  # of one without the vowel that Devanagari does not write at the end: गोठ, gotha
_WITHOUT_VOWELS = 0.93  # likeness of a word typed without its vowels: `lmp`
_SOUND_SHORT = 3  # words of so few letters are alike only if they sound the same

# From folded spelling to sound, in this order.
_SOUNDS = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        ("eigt", "et"),  # weight
        ("igt", "ait"),  # light, night
        ("augt|ougt", "ot"),
        ("ign(?=[bdfgjklmnprst]|$)", "ain"),
        ("ue$|yu|ew$", "u"),
        ("^kn", "n"),
        ("^wr", "r"),
        ("[sct]i[oa]n|s[yi][ao]n", "san"),  # station, reception
        ("turi?e?$", "char"),
        ("dg(?=[eiy])", "j"),
        ("w", "b"),
        ("(?<=[kst])u(?=[aei])", "b"),  # suite, aquarium
        ("ng(?![aeiou])", "n"),
        ("mb$", "m"),
        ("(?<=[^aeiou])i([bdfgjklmnprstb])e$", r"ai\1"),  # lite, side
        ("(?<=[^aeiou])([aou])([bdfgjklmnprst])e$", r"\1\2"),  # lake, home
        ("ch", "c"),
        ("h", ""),
        ("(?<=[^aeiou])ya", "a"),  # lyamp, ryak
        ("ye|ey", "e"),
        ("(?<=[aeiou])y(?=[aeiou])", ""),
        ("ai|ae|ea|ei|ay", "e"),
        ("ou|au|ow|oa|aw", "o"),
        ("[eiou]r$", "ar"),
        ("[eiou]l$|le$", "al"),
        ("y", "i"),
        ("(?<=..)e$", ""),
        (r"([a-z])\1", r"\1"),
    )
)
_SOFT, _HARD = re.compile("g(?=[eiy])"), re.compile("gu(?=[ei])")
# Consonants that are heard as each other.
_PAIRS = "bp td kg kc sj sc nm lr fp jg bf jd"
_HEARD_ALIKE = frozenset(pair for two in _PAIRS.split() for pair in (two, two[::-1]))


@lru_cache(maxsize=32768)
def sound(word: str) -> str:
    """A folded word as it sounds, roughly.

    >>> sound("nigt"), sound("nait"), sound("risepsan"), sound("reseption")
    ('net', 'net', 'risepsan', 'resepsan')
    """
    for pattern, by in _SOUNDS:
        word = pattern.sub(by, word)
    return word


@lru_cache(maxsize=32768)
def skeleton(word: str) -> str:
    """The consonants of a word as it sounds.

    >>> skeleton("stadi"), skeleton("studi"), skeleton("lyamp")
    ('std', 'std', 'lmp')
    """
    return re.sub("[aeiouy]", "", sound(word))


@lru_cache(maxsize=65536)
def likeness(one: str, other: str) -> float:
    """From 0 to 1: `SURE` or more is the same word, `NEAR` or more may be."""
    if one == other:
        return 1.0
    if not (one.isalpha() and other.isalpha()):
        return 0.0
    # A g before e or i may be soft (gym, jim) or hard (guest, gest).
    soft, others = _SOFT.sub("j", one), _SOFT.sub("j", other)
    hard = _HARD.sub("g", one), _HARD.sub("g", other)
    otherwise = max(_likeness(*pair) for pair in ((soft, other), (one, others), hard))
    return max(_likeness(one, other), 0.97 * otherwise)


def _likeness(one: str, other: str) -> float:
    sounds, bones = (sound(one), sound(other)), (skeleton(one), skeleton(other))
    longest = max(len(one), len(other))
    if len(bones[0]) > 2 and bones[0] == bones[1] and bones[0] in (one, other):
        return _WITHOUT_VOWELS
    shortest = min(len(one), len(other))
    if sounds[0] == sounds[1]:
        return 1.0 if longest > _SOUND_SHORT else 0.9 if shortest == _SOUND_SHORT else 0.82
    if shortest <= _SOUND_SHORT:
        return _WITHOUT_LAST if shortest == _SOUND_SHORT and {one, other} == {one[:3], one[:3] + "a"} else 0.0
    distance = min(OSA.distance(one, other), OSA.distance(*sounds))
    return max(0.0, 1 - (distance * _weight(*bones) + _at_the_ends(sounds, (one, other))) / longest)


def _weight(one: str, other: str) -> float:
    """How much an edit counts between words with these consonants."""
    distance = OSA.distance(one, other)
    if distance == 0 or one.replace("n", "") == other.replace("n", ""):  # andyaro, adyaro
        return 0.45 if len(one) > 1 else 1
    if distance > 1:
        return 1.3 if distance == 2 else 2
    if len(one) != len(other) or sorted(one) == sorted(other):
        return 0.85  # one left out, added or swapped
    pair = next(a + b for a, b in zip(one, other, strict=True) if a != b)
    return 0.8 if pair in _HEARD_ALIKE else 1.6


def _at_the_ends(sounds: tuple[str, str], words: tuple[str, str]) -> float:
    """What a difference at the beginning or at the end counts in addition: `kancha` and `kanchi` are two people."""
    first = sounds[0][0] + sounds[1][0]
    vowels = [letter in _VOWELS for letter in first]
    begins = 0.0 if first[0] == first[1] or first in _HEARD_ALIKE or all(vowels) else 0.7
    ends = {word[-1] for word in words}
    return begins + (1.0 if "i" in ends and ends & {"a", "o"} else 0.0)


class WordIndex:
    """Finds the words of a home that are near a given one, without comparing all of them."""

    def __init__(self, words: Iterable[str]) -> None:
        """Index words by their consonants, and by what begins and ends them."""
        self._by_part: dict[str, set[str]] = {}
        for word in words:
            for part in _parts(word):
                self._by_part.setdefault(part, set()).add(word)
        self._found: dict[str, tuple[tuple[str, float], ...]] = {}

    def near(self, word: str) -> tuple[tuple[str, float], ...]:
        """Other words with their likeness, from `NEAR` on."""
        if word not in self._found:
            candidates = set().union(*(self._by_part.get(part, ()) for part in _parts(word))) - {word}
            alike = ((other, likeness(word, other)) for other in candidates)
            self._found[word] = tuple(sorted((other, share) for other, share in alike if share >= NEAR))
        return self._found[word]


def _parts(word: str) -> set[str]:
    """Any word that is near this one shares one of these with it: the consonants, all of them but one."""
    bones = skeleton(word)
    parts = {bones, *(bones[:i] + bones[i + 1 :] for i in range(len(bones)))}
    return parts if len(bones) > 1 else {bones, word[:2], sound(word)[:2]}
