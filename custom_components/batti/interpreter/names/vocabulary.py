"""What words can mean in any home: kinds from the lexicon, and words of grammar.

A name is compared as a sequence of tokens: a kind (`<kitchen>`, whatever it is called) or a word. `bhansa`, `kitchen` and
`भान्साकोठा` are all `<kitchen>`; `Ramesh ko kotha` and `Ramesh's room` are both `rames`, `<room>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from .. import lexicon
from ..words.colours import is_colour
from ..words.fold import fold_name
from ..words.numbers import counted
from ..words.spelling import spell

LIGHT, ROOM, FLOOR, HOUSE, NUMBER = "<light>", "<room>", "<floor>", "<house>", "<number>"
GENERIC = frozenset({LIGHT, ROOM, FLOOR, HOUSE, NUMBER})
_GENERIC_KEYS = tuple((kind,) for kind in GENERIC)
_KIND_FILES = ("generic", "rooms", "lights", "things")


def _function_words(key: str) -> frozenset[str]:
    """The folded words of one list of function_words.yaml."""
    lists: Iterable[Any] = lexicon.load("function_words")[key]
    words = (word for one in lists for word in ([one] if isinstance(one, str) else one))
    return frozenset(spell(word.lower()) for word in words)


CONNECTIVES = _function_words("connectives")
BETWEEN_NUMBERS = CONNECTIVES | _function_words("between_numbers") | {","}
EXCEPT = _function_words("except")
HONORIFICS = _function_words("honorifics")
SEVERAL = _function_words("several")
LAMPS = _function_words("lamps")
_ORDINARY = _function_words("ordinary")
COUNTED = [["%"], *([word] for word in sorted(counted()))]
"""What comes after a number that counts something: it is no part of a name."""
_VERB = re.compile(
    "({})({})".format(*("|".join(lexicon.load("function_words")[f"verb_{part}"]) for part in ("stems", "endings")))
)


@cache
def kinds() -> dict[tuple[str, ...], str]:
    """From the folded names of kinds, as sequences of words, to their tokens; the first file with a name wins."""
    table: dict[tuple[str, ...], str] = {}
    for file in _KIND_FILES:
        for kind, entry in lexicon.load(file).items():
            for spelling in lexicon.spellings(entry):
                table.setdefault(fold_name(spelling), f"<{kind}>")
    for words, token in list(table.items()):  # also as one word: livingroom
        if len(words) > 1:
            table.setdefault(("".join(words),), token)
    table.pop((), None)
    return table


@cache
def appliances() -> dict[tuple[str, ...], str]:
    """From the folded names of appliances to their kinds."""
    entries = lexicon.load("appliances").items()
    return {fold_name(said): str(kind) for kind, entry in entries for said in lexicon.spellings(entry)}


@cache
def place_words() -> dict[tuple[str, ...], bool]:
    """The folded names of kinds of rooms and floors, without those of whole buildings (`aphis bhari` is the house).

    True for those that are a place wherever they stand: `upstairs`, `mathillo talla`. Others may be said in passing.
    """
    buildings = lexicon.load("function_words")["buildings"]
    rooms = (entry for kind, entry in lexicon.load("rooms").items() if kind not in buildings)
    places = {fold_name(said): False for entry in rooms for said in lexicon.spellings(entry)}
    for entry in lexicon.load("floors").values():
        for words in map(fold_name, lexicon.spellings(entry)):
            places[words] = len(words) > 1 or words[0].endswith("stairs")
    return {words: sure for words, sure in places.items() if words and tokens_of(words)[:1] not in _GENERIC_KEYS}


@cache
def longest_kind() -> int:
    """How many words the longest name of a kind has."""
    return max(map(len, kinds()))


def tokens_at(words: Sequence[str], index: int) -> Iterator[tuple[str, int]]:
    """The tokens that may start at a word, longest first, each with the index after it; the word itself comes last."""
    table = kinds()
    for length in range(min(longest_kind(), len(words) - index), 0, -1):
        kind = table.get(tuple(words[index : index + length]))
        if kind:
            yield kind, index + length
    yield words[index], index + 1


def tokens_of(words: Sequence[str]) -> tuple[str, ...]:
    """The tokens of a name: the longest kind at each word, without connectives.

    >>> tokens_of(fold_name("Ramesh ko kotha")), tokens_of(fold_name("भान्साकोठा"))
    (('rames', '<room>'), ('<kitchen>',))
    """
    tokens: list[str] = []
    index = 0
    while index < len(words):
        token, after = next(tokens_at(words, index))
        if token not in CONNECTIVES:
            tokens.append(token)
        index = after
    return tuple(tokens)


def is_ordinary(word: str) -> bool:
    """Whether a folded word belongs to commands, not to names."""
    return word in _ORDINARY or word in CONNECTIVES or is_verb(word)


def is_verb(word: str) -> bool:
    """Whether a folded word is a form of a verb of commands."""
    return _VERB.fullmatch(word) is not None


@cache
def _words() -> frozenset[str]:
    """All single words of the lexicon."""
    said = {words[0] for words in kinds() if len(words) == 1} | _talk("often") | _talk("sometimes")
    for several in lexicon.load("names").values():
        said |= {words[0] for names in several for name in names if len(words := fold_name(str(name))) == 1}
    return frozenset(said)


def _talk(how: str) -> frozenset[str]:
    return frozenset(word for line in lexicon.load("talk")[how] for word in str(line).split())


@cache
def _entries() -> dict[str, frozenset[int]]:
    """The entries of names.yaml that each of its words is in."""
    entries: dict[str, set[int]] = {}
    every = (names for several in lexicon.load("names").values() for names in several)
    for number, names in enumerate(every):
        for name in names:
            for word in fold_name(str(name)):
                entries.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in entries.items()}


def same_word(one: str, other: str) -> bool:
    """Whether two folded words are spellings of one name in the lexicon: Chandani, चाँदनी."""
    return not _entries().get(one, frozenset()).isdisjoint(_entries().get(other, ()))


def is_word(word: str) -> bool:
    """Whether a folded word is one that people use, so that it is no slip of another: `desk` is not a slip of `disk`."""
    return word in _words()


@cache
def _colour_kinds() -> frozenset[str]:
    return frozenset(kind for words, kind in kinds().items() if len(words) == 1 and is_colour(words[0]))


def says_colour(token: str) -> bool:
    """Whether a word or kind is a colour by itself."""
    return is_colour(token) or token in _colour_kinds()


@cache
def _common() -> frozenset[str]:
    """Words and kinds that people say for other reasons than a long name that has them: everyday talk, kin, appliances."""
    kin = {kind for words, kind in kinds().items() if len(words) == 1 and words[0] in HONORIFICS}
    single = {words[0] for words in appliances() if len(words) == 1}
    return _talk("often") | kin | HONORIFICS | single | {kinds()[words] for words in appliances() if words in kinds()}


def is_common(token: str) -> bool:
    """Whether a word or kind stands in sentences so often that it does not stand for a longer name."""
    return token in _common() or is_ordinary(token) or says_colour(token) or kinds().get((token,), token) in GENERIC
