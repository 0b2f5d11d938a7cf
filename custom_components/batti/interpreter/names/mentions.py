"""A sentence with brackets around the words that name something in this home (`index.py` finds them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..language.prompt import BRACKETS
from ..words.colours import with_colours
from ..words.fold import Folded
from .keys import Thing
from .vocabulary import CONNECTIVES, LIGHT, tokens_of


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of a sentence (`first` to `last`, inclusive) that name one thing, or any of several."""

    label: str
    first: int
    last: int
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence as the model sees it, and what its brackets stand for."""

    folded: Folded
    mentions: tuple[Mention, ...]

    @property
    def text(self) -> str:
        """The folded words, with brackets around the mentions."""
        opening = {mention.first for mention in self.mentions}
        closing = {mention.last for mention in self.mentions}
        parts: list[str] = []
        for index, word in enumerate(self.folded.words):
            parts += [BRACKETS[0]] * (index in opening) + [word.text] + [BRACKETS[1]] * (index in closing)
        return " ".join(parts)

    @property
    def labels(self) -> Mapping[str, Mention]:
        """The mentions by their labels, which the model writes."""
        return {mention.label: mention for mention in self.mentions}

    def named_by(self, label: str) -> Mention | None:
        """The one mention inside a label that is too long: models sometimes copy words from around the brackets.

        `te batrum` and `batrum bati` are the bathroom. A lamp together with a place that it is not in gives None.
        """
        texts, wanted = [word.text for word in self.folded.words], label.split()
        for first in range(len(texts) - len(wanted) + 1):
            if texts[first : first + len(wanted)] != wanted:
                continue
            inside = [one for one in self.mentions if first <= one.first and one.last < first + len(wanted)]
            covered = {index for one in inside for index in range(one.first, one.last + 1)}
            others = [texts[index] for index in range(first, first + len(wanted)) if index not in covered]
            if len(inside) == 1 and all(word in CONNECTIVES or tokens_of((word,)) == (LIGHT,) for word in others):
                return inside[0]
        return None


def with_colour_names(folded: Folded, mentions: list[Mention]) -> Marked:
    """Mark the mentions. Colour words elsewhere become one name each, so there may be fewer words."""
    taken = {index for mention in mentions for index in range(mention.first, mention.last + 1)}
    words, places = with_colours(folded.words, taken)
    moved = (replace(one, first=places[one.first], last=places[one.last]) for one in mentions)
    return Marked(Folded(folded.original, tuple(words)), tuple(moved))
