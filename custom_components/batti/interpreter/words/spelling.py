"""Splits text into words, in one alphabet and with one spelling for each sound.

The rules follow how romanised Nepali alternates (a/aa, i/ee, u/oo, chh/ch/x, v/w/bh/b, sh/s, dropped h, doubled letters).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from . import devanagari

_TOKEN = re.compile(
    r"(?P<deva>[\u0900-\u0963\u0970-\u097f\u200c\u200d]+)|(?P<digits>[0-9]+)|(?P<initials>(?:[a-z]\.){2,}(?![a-z]))"
    r"|(?P<latin>[a-z]+)"
    r"|(?P<mark>[,;:\n/&+]|[.!।॥]|\?|%)"
)
_MARKS = {",": ",", ";": ",", ":": ",", "\n": ",", "/": ",", "&": "ra", "+": "ra", "?": "?", "%": "%"}
_STOP = "."
_REPEATED = ("%",)  # marks that are kept wherever they stand
_PLURAL = re.compile(r"^([a-z]{3,}?)(haru+|haroo)(ko|ka|lai|ma|le)?$")  # lightharu: else t and h become one sound

# Applied in this order, again and again until nothing changes, so that a folded word folds to itself.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"([a-z])\1{2,}", r"\1\1"),  # pleaseeee
        (r"tch|chh|ksh", "ch"),
        (r"x$", "ks"),  # max, box
        (r"x", "ch"),  # bhanxa, xa
        (r"ck", "k"),
        (r"c(?=[eiy])", "s"),  # ceiling, office
        (r"c(?!h)", "k"),  # corridor
        (r"q", "k"),
        (r"z", "j"),
        (r"ph", "f"),
        (r"([bdjkt])h|(g)h(?!ar)", r"\1\2"),  # but ghar (house) is not gar (do)
        (r"sh", "s"),
        (r"v", "b"),
        (r"(?<=.)w(?=[aeiou])", "b"),  # nivau, niwau, nibhau; but window, wall
        (r"ee|ii", "i"),
        (r"oo|uu", "u"),
        (r"aa", "a"),
        (r"ao$", "au"),
        (r"ey$", "e"),
        (r"(?<=[^aeiou])y$", "i"),
        (r"(?<=[aeiou])h$", ""),
        (r"([b-df-hj-np-tv-z])\1", r"\1"),
        (r"ch(?=ch)", ""),
    )
)


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it came from in the text as typed, as a half-open range of characters."""

    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether the word has letters or digits, and is not a punctuation mark."""
        return self.text[0].isalnum()


def words_of(text: str) -> Iterator[Word]:
    """The words and punctuation marks of a text; anything else (emoji, symbols, other scripts) and repeated marks is dropped.

    >>> [word.text for word in words_of("Bhaanchhaa, भान्छा!")]
    ['bancha', ',', 'bancha', '.']
    """
    plain, origin = _normalised(text)
    before = ""  # no mark at the beginning, and none twice
    for match in _TOKEN.finditer(plain):
        for start, end in _parts(match):
            token = plain[start:end]
            match match.lastgroup:
                case "deva":
                    token = spell(devanagari.to_latin(token))
                case "latin":
                    token = spell(token)
                case "initials":
                    token = spell(token.replace(".", ""))
                case "digits":
                    token = token.lstrip("0") or "0"
                case "mark":
                    token = _MARKS.get(token, _STOP)
            may_repeat = token[:1].isalnum() or token in _REPEATED
            if token and (may_repeat or before not in ("", token)):
                before = token
                yield Word(token, origin[start], origin[end - 1] + 1)


def _parts(match: re.Match[str]) -> list[tuple[int, int]]:
    """The ranges of a word and its attached endings, which must be cut off before letters are folded."""
    start, end = match.span()
    cuts = [end]
    if match.lastgroup == "deva":
        while (cut := start + devanagari.without_ending(match.string[start : cuts[0]])) < cuts[0]:
            cuts.insert(0, cut)
    elif match.lastgroup == "latin" and (plural := _PLURAL.match(match.group())):
        cuts = [start + plural.end(1), *([start + plural.end(2)] if plural[3] else []), end]
    return list(zip([start, *cuts[:-1]], cuts, strict=True))


@lru_cache(maxsize=16384)
def spell(word: str) -> str:
    """One spelling for a Latin word in lower case.

    >>> spell("bhanxa"), spell("vanchhaa"), spell("bathroom")
    ('bancha', 'bancha', 'batrum')
    """
    while True:
        before = word
        for pattern, by in _RULES:
            word = pattern.sub(by, word)
        if word == before:
            return word


def _normalised(text: str) -> tuple[str, list[int]]:
    """The text in lower case and NFKD form without accents, and the index in `text` of each of its characters."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        if "\u0900" <= character <= "\u097f":
            digit = unicodedata.digit(character, None)
            plain = character if digit is None else str(digit)
        else:
            plain = unicodedata.normalize("NFKD", character.lower())
        for part in plain:
            if not unicodedata.combining(part) or "\u0900" <= part <= "\u097f":
                characters.append(part)
                origin.append(index)
    return "".join(characters), origin
