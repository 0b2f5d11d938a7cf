"""How people misspell: other spellings, which folding undoes (so that raw text looks real), and typos, which it does not."""

from __future__ import annotations

import random

_ALTERNATIONS = tuple(
    (pair.partition(">")[0], pair.partition(">")[2])
    for pair in """aa>a a>aa ee>i i>ee oo>u u>oo chh>ch ch>x ch>chh bh>v v>bh sh>s s>sh ph>f f>ph j>z z>j th>t t>tt tt>t
    dh>d kh>k gh>g""".split()
)
_KEYBOARD = "qwertyuiop", "asdfghjkl", "zxcvbnm"
_NEIGHBOURS = {
    letter: row[max(0, index - 1) : index] + row[index + 1 : index + 2]
    for row in _KEYBOARD
    for index, letter in enumerate(row)
}


def respell(rng: random.Random, text: str) -> str:
    """The same sounds in other letters, as is common in romanised Nepali."""
    for _ in range(rng.choice((1, 1, 2))):
        old, new = rng.choice(_ALTERNATIONS)
        at = text.lower().find(old)
        # With another first letter an English name would become another word.
        if at > 0 or (at == 0 and old in ("bh", "v", "ph", "f")):
            text = text[:at] + new + text[at + len(old) :]
    return text


def typos(rng: random.Random, text: str) -> str:
    """Make one or two typos in one sentence in eight: a Latin letter dropped, doubled, swapped, or a neighbouring key."""
    if rng.random() > 0.13:
        return text
    for _ in range(rng.choice((1, 1, 2))):
        places = [
            index
            for index in range(1, len(text) - 1)
            if text[index - 1 : index + 2].isascii()
            and text[index - 1 : index + 2].isalpha()
            and _word_length(text, index) > 3
        ]
        if places:
            text = _slip(rng, text, rng.choice(places))
    return text


def _slip(rng: random.Random, text: str, at: int) -> str:
    letter = text[at]
    match rng.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + letter + text[at:]
        case 2:
            return text[:at] + text[at + 1] + letter + text[at + 2 :]
    return text[:at] + rng.choice(_NEIGHBOURS.get(letter.lower(), letter)) + text[at + 1 :]


def _word_length(text: str, at: int) -> int:
    start = end = at
    while start > 0 and text[start - 1].isalpha() and text[start - 1].isascii():
        start -= 1
    while end < len(text) and text[end].isalpha() and text[end].isascii():
        end += 1
    return end - start
