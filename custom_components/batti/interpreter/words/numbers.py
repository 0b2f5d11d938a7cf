"""Replaces number words with digits, in both languages, if they are certainly numbers.

>>> from .spelling import words_of
>>> [word.text for word in as_digits(list(words_of("chalis pratishat, twenty five, चालीस")))]
['40', '%', ',', '25', ',', '40']
"""

from __future__ import annotations

from functools import cache

from .. import lexicon
from .spelling import Word, words_of

_PERCENT = "percent"
_MOST_WORDS = 3
_HUNDRED = frozenset(("say", "saya", "sae", "hundred"))
_SMALL = {"ek": "1", "one": "1", "wan": "1"}  # numbers only next to hundreds; elsewhere these words are too common


@cache
def _table() -> dict[tuple[str, ...], str]:
    """Folded number words to digits, and words for percent to `%`."""
    table: dict[tuple[str, ...], str] = {}
    for number, entry in lexicon.load("numbers").items():
        text = "%" if number == _PERCENT else str(number)
        for spelling in lexicon.spellings(entry):
            words = _words(spelling)
            if words:
                table.setdefault(words, text)
    english = {key: _words(entry["english"][0])[0] for key, entry in lexicon.load("numbers").items() if key != _PERCENT}
    for tens in range(20, 100, 10):
        for ones in range(1, 10):
            table.setdefault((english[tens], english[ones]), str(tens + ones))
    return table


@cache
def _ambiguous() -> frozenset[tuple[str, ...]]:
    """Number words that are also other words (sathi, 60 or friend): digits only before percent."""
    numbers = lexicon.load("numbers").values()
    listed = (_words(spelling) for entry in numbers for spelling in entry.get("ambiguous") or ())
    return frozenset({*listed, ("ten",), ("for",)})  # then and for are folded to these


def _words(spelling: str) -> tuple[str, ...]:
    return tuple(word.text for word in words_of(spelling) if word.is_name)


def digits_of(word: str) -> str | None:
    """The number that a folded word may mean, even if it is also another word."""
    found = _table().get((word,))
    return found if found != "%" else None


def as_digits(words: list[Word]) -> list[Word]:
    """The same words, with number words replaced by one word of digits each."""
    table, texts = _table(), [word.text for word in words]
    result: list[Word] = []
    index = 0
    while index < len(words):
        for length in range(min(_MOST_WORDS, len(words) - index), 0, -1):
            found = table.get(tuple(texts[index : index + length]))
            if found and _certain(
                tuple(texts[index : index + length]), tuple(texts[index + length : index + length + 2])
            ):
                result.append(Word(found, words[index].start, words[index + length - 1].end))
                index += length
                break
        else:
            result.append(words[index])
            index += 1
    return _rounded(_with_hundreds(result, {word.start for word in words if not word.text.isdigit()}))


@cache
def counted() -> frozenset[str]:
    """What comes after a number of hours, of times."""
    return frozenset(word.text for said in lexicon.load("function_words")["counted"] for word in words_of(said))


def _rounded(words: list[Word]) -> list[Word]:
    """Decimals of percent, and of the whole (`0.4`), as whole percent: the house knows no others. Times keep their point.

    >>> [word.text for word in as_digits(list(words_of("33.5% ma, 0.4 ma, 6.30 baje")))]
    ['34', '%', 'ma', ',', '40', '%', 'ma', ',', '6', '.', '30', 'baje']
    """
    result: list[Word] = []
    index = 0
    while index < len(words):
        whole, point, part = (words[index : index + 3] + [None] * 3)[:3]
        following = [word.text for word in words[index + 3 : index + 4]]
        is_percent, is_counted = following == ["%"], not counted().isdisjoint(following)
        if (
            whole
            and point
            and part
            and (point.text, whole.end, point.end) == (".", point.start, part.start)
            and whole.text.isdigit()
            and part.text.isdigit()
            and (is_percent or (whole.text == "0" and not is_counted))
        ):
            number = float(f"{whole.text}.{part.text.zfill(part.end - part.start)}") * (1 if is_percent else 100)
            rounded = str(max(int(number + 0.5), 1 if number else 0))
            if is_percent:
                result.append(Word(rounded, whole.start, part.end))
            else:
                result += [Word(rounded, whole.start, part.start), Word("%", part.start, part.end)]
            index += 3
        else:
            result.append(words[index])
            index += 1
    return result


def _with_hundreds(words: list[Word], in_letters: set[int]) -> list[Word]:
    """`ek saya tin`, `dui saya`: hundreds in words and the numbers around them are one number."""
    result: list[Word] = []
    for word in words:
        before = result[-1] if result else None
        small = _SMALL.get(word.text, word.text)
        hundred = word.text in _HUNDRED or (word.text == "100" and word.start in in_letters)
        if before and before.text.isdigit() and len(before.text) == 1 and hundred:
            result[-1] = Word(before.text + "00", before.start, word.end)
        elif (
            before
            and before.text.isdigit()
            and int(before.text) in range(100, 1000, 100)
            and before.start in in_letters
            and small.isdigit()
            and len(small) < 3
        ):
            result[-1] = Word(str(int(before.text) + int(small)), before.start, word.end)
        else:
            result.append(word)
    return result


def _certain(words: tuple[str, ...], following: tuple[str, ...]) -> bool:
    if words not in _ambiguous():
        return True
    return any(_table().get(following[:length]) == "%" for length in (1, 2)) or following[:1] == ("%",)
