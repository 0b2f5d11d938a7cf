"""Turns Devanagari into the Latin letters that people type, before folding.

An inherent vowel is written as `a` and dropped at the end of a word, as it is in speech: `घर` is `ghar`.
"""

from __future__ import annotations

import re
import unicodedata

_CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलळवशषसह",
        "k kh g gh ng ch chh j jh n t th d dh n t th d dh n p ph b bh m y r l l v sh sh s h".split(),
        strict=True,
    )
)
_VOWELS = dict(zip("अआइईउऊऋएऐओऔऍऑऎऒ", "a aa i ee u oo ri e ai o au e o e o".split(), strict=True))
_SIGNS = dict(zip("ािीुूृेैोौॅॉॆॊ", "aa i ee u oo ri e ai o au e o e o".split(), strict=True))
_VIRAMA = "\u094d"
_NUKTA = "\u093c"
_SILENT = re.compile("[\u200c\u200dँः॓॔ऽ]")
_LIGATURES = (("क्ष", "छ"), ("ज्ञ", "ग्य"))
_ENDINGS = re.compile("(?<=..)(हरू|हरु|लाई|बाट|को|का|मा)$")
# After two consonants of which the last is one of these, the final inherent vowel is spoken: गर्न, मिल्छ, बन्द. English
# words have other endings.
_SPOKEN_ENDS = "नछदयरवत"


def without_ending(word: str) -> int:
    """How many characters of a word come before an attached postposition (all of them if there is none).

    The postposition is cut off first, because the word before it ends as it does alone: `किचनको` is kichan and ko.
    """
    ending = _ENDINGS.search(word)
    if not ending or word[ending.start() - 1] == _VIRAMA:
        return len(word)
    stem = word[: ending.start()]
    # मामा and काका are an uncle, not me and him with a postposition.
    doubled = ending[0] in ("मा", "का") and sum(letter in _CONSONANTS or letter in _VOWELS for letter in stem) == 1
    return len(word) if doubled else ending.start()


def to_latin(word: str) -> str:
    """Transliterate one word.

    >>> to_latin("भान्सा"), to_latin("घर"), to_latin("गर्न")
    ('bhaansaa', 'ghar', 'garna')
    """
    word = _SILENT.sub("", unicodedata.normalize("NFD", word).replace(_NUKTA, ""))
    return _letters(word)


def _letters(word: str) -> str:
    for ligature, by in _LIGATURES:
        word = word.replace(ligature, by)
    latin: list[str] = []
    characters = list(word)
    for index, character in enumerate(characters):
        following = characters[index + 1] if index + 1 < len(characters) else ""
        if character in _CONSONANTS:
            latin.append(_CONSONANTS[character])
            bare = following == _VIRAMA or following in _SIGNS
            if following and not bare:
                latin.append("a")
        elif character in _VOWELS:
            latin.append(_VOWELS[character])
        elif character in _SIGNS:
            latin.append(_SIGNS[character])
        elif character == "ं":
            latin.append("m" if following and following in "पफबभम" else "n")
    text = "".join(latin)
    # A word of one letter keeps its vowel: छ is chha, र is ra, न is na.
    alone = len(word) == 1 and word in _CONSONANTS
    return text + "a" if alone or (word[-1:] in _SPOKEN_ENDS and word[-2:-1] == _VIRAMA) else text
