"""Replaces colour words with Home Assistant's name of the colour, as `numbers.py` replaces number words with digits.

`raato`, `रातो रङ` and `laal` become `red`, `nyano` becomes `warm`: the model need not learn what the lexicon knows. This
happens after the names of the home are found, because a lamp may be called *Nilo*.

>>> from .fold import fold
>>> [word.text for word in with_colours(fold("baithak akase nilo banau").words, frozenset())[0]]
['baitak', 'skyblue', 'banau']
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from .. import lexicon
from .fold import fold_name
from .spelling import Word

Key = tuple[str, ...]


@cache
def _table() -> dict[Key, str]:
    """Folded spellings to CSS names, and to the usual English name of a colour temperature."""
    table: dict[Key, str] = {}
    for file in ("colours", "temperatures"):
        for key, entry in lexicon.load(file).items():
            left_alone = {fold_name(spelling) for spelling in entry.get("ambiguous") or ()}
            name = key if isinstance(key, str) else entry["english"][0]
            for spelling in lexicon.spellings(entry):
                folded = fold_name(spelling)
                if folded and folded not in left_alone:
                    table.setdefault(folded, name)
    return table


@cache
def _longest() -> int:
    return max(map(len, _table()))


def is_colour(word: str) -> bool:
    """Whether a folded word is a colour by itself."""
    return (word,) in _table()


def with_colours(words: Sequence[Word], taken: Collection[int]) -> tuple[list[Word], list[int]]:
    """The words with one name for each colour, and the new index of each of the given words.

    Args:
        words: folded.
        taken: indices of words that are part of a name; they stay unchanged.
    """
    table, result, places = _table(), list[Word](), list[int]()
    index = 0
    while index < len(words):
        for length in range(min(_longest(), len(words) - index), 0, -1):
            several = range(index, index + length)
            name = table.get(tuple(words[i].text for i in several))
            if name and not any(i in taken for i in several):
                places += [len(result)] * length
                result.append(Word(name, words[index].start, words[index + length - 1].end))
                index += length
                break
        else:
            places.append(len(result))
            result.append(words[index])
            index += 1
    return result, places
