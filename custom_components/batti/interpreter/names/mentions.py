"""A sentence with markers in place of the words that name something in this home (`index.py` finds them)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..language.prompt import MARKERS
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
    """A sentence as the model sees it, and what its markers stand for."""

    folded: Folded
    mentions: tuple[Mention, ...]

    @property
    def text(self) -> str:
        """The folded words, with a marker in place of each mention."""
        return " ".join(word for word, _, _ in self._words)

    @property
    def labels(self) -> Mapping[str, Mention]:
        """The mentions by their labels, which the model writes."""
        return {mention.label: mention for mention in self.mentions}

    @property
    def _words(self) -> Iterator[tuple[str, int, int]]:
        """Each word that the model sees, with the first and last of the folded words that it stands for."""
        begun = {mention.first: mention for mention in self.mentions}
        inside = {index for one in self.mentions for index in range(one.first + 1, one.last + 1)}
        for index, word in enumerate(self.folded.words):
            if index in begun:
                yield begun[index].label, index, begun[index].last
            elif index not in inside:
                yield word.text, index, index

    def words_between(self, first: int, last: int) -> list[str]:
        """The words that the model sees in place of the folded words `first` to `last` (inclusive), without punctuation."""
        seen = ((word, begin) for word, begin, end in self._words if end >= first and begin <= last)
        return [word for word, begin in seen if word in self.labels or self.folded.words[begin].is_name]

    def as_typed(self, name: str) -> str | None:
        """The characters that a run of words of the marked sentence stands for; None if it has no such run.

        A marker that stands for several mentions (a name said twice) gives the first.
        """
        wanted, words = name.split(), list(self._words)
        for at in range(len(words) - len(wanted) + 1):
            if wanted and [word for word, _, _ in words[at : at + len(wanted)]] == wanted:
                return self.folded.as_typed(words[at][1], words[at + len(wanted) - 1][2])
        return None

    def named_by(self, label: str) -> Mention | None:
        """The one mention inside a label that is too long: models sometimes copy words from around a marker.

        `te A` and `A bati` are what A is. A lamp together with a place that it is not in gives None.
        """
        words = label.split()
        inside = [word for word in words if word in self.labels]
        others = (word for word in words if word not in self.labels)
        if len(inside) == 1 and all(word in CONNECTIVES or tokens_of((word,)) == (LIGHT,) for word in others):
            return self.labels[inside[0]]
        return None


def with_colour_names(folded: Folded, mentions: list[Mention]) -> Marked:
    """Mark the mentions. Colour words elsewhere become one name each, so there may be fewer words."""
    taken = {index for mention in mentions for index in range(mention.first, mention.last + 1)}
    words, places = with_colours(folded.words, taken)
    moved = (replace(one, first=places[one.first], last=places[one.last]) for one in mentions)
    return Marked(Folded(folded.original, tuple(words)), tuple(moved))


def labelled(folded: Folded, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """The mentions with markers in the order said; the same words for the same things have one marker.

    A sentence that names more things than there are markers keeps the words of the last ones.
    """
    markers: dict[tuple[tuple[str, ...], tuple[Thing, ...]], str] = {}
    for mention in mentions:
        # `bedroom 1 ra 3, hall 2 ra 3`: the same word may mean another thing.
        said = (tuple(word.text for word in folded.words[mention.first : mention.last + 1]), mention.things)
        if said in markers or len(markers) < len(MARKERS):
            yield replace(mention, label=markers.setdefault(said, MARKERS[len(markers) % len(MARKERS)]))
