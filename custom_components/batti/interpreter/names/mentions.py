"""A sentence with markers in place of the words that name something in this home (`index.py` finds them)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..language.prompt import MARKERS
from ..words.colours import with_colours
from ..words.fold import Folded
from .keys import Thing
from .vocabulary import CONNECTIVES, LIGHT, place_words, tokens_of

_IN = (["in"], ["of"])
_OF = (["ko"], ["ka"], ["ki"], ["bari"])


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of a sentence (`first` to `last`, inclusive) that name one thing, or any of several.

    `asks`: the words are only near its name, so the house asks whether it is meant. `needs_place`: a place must be said with
    it, as with `light 2`. `plural`: all of several things are meant, not one of them.
    """

    label: str
    first: int
    last: int
    things: tuple[Thing, ...]
    asks: bool = False
    needs_place: bool = False
    plural: bool = False


class Names(Protocol):
    """The names of a home (`index.NameIndex`)."""

    def nearest(self, words: Sequence[str]) -> Mention | None:
        """What a name means that no mention covers; it asks unless that is certain."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence as the model sees it, and what its markers stand for; `names` are all names of the home."""

    folded: Folded
    mentions: tuple[Mention, ...]
    names: Names | None = field(default=None, compare=False, repr=False)

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

    def mention_of(self, label: str) -> Mention | None:
        """What a label means that the model wrote: a marker, a marker with words around it, or a name that it copied."""
        found = self.labels.get(label) or self.named_by(label)
        words = label.split()
        if found is None and self.names is not None and not any(word in self.labels for word in words):
            found = self.names.nearest(words)
        return found

    def numbers(self) -> list[tuple[str, str]]:
        """The numbers that are no part of a name, each with what was typed, and its percent sign."""
        found = []
        for word, first, last in self._words:
            if word.isdigit():
                after = self.folded.words[last + 1 : last + 2]
                percent = bool(after) and after[0].text == "%"
                typed = self.folded.as_typed(first, last + 1 if percent else last)
                # A share of the whole (`0.4`) has a percent sign that was not typed.
                found.append((word, f"{typed.split()[0]}%" if percent and " " in typed else typed))
        return found

    def place_left_over(self) -> str | None:
        """A place in the sentence that the home has not, as typed: `garage ko sabai`, `everything in the attic`."""
        words = list(self._words)
        for at, (_, first, _) in enumerate(words):
            for length in (3, 2, 1):
                several = words[at : at + length]
                said = tuple(word for word, _, _ in several)
                if said in place_words() and list(said) not in _OF:
                    before = [word for word, _, _ in words[max(0, at - 2) : at] if word != "te"]
                    after = [word for word, _, _ in words[at + length : at + length + 1]]
                    if place_words()[said] or before[-1:] in _IN or after in _OF:
                        return self.folded.as_typed(first, several[-1][2])
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


def with_colour_names(folded: Folded, mentions: list[Mention], names: Names | None = None) -> Marked:
    """Mark the mentions. Colour words elsewhere become one name each, so there may be fewer words."""
    taken = {index for mention in mentions for index in range(mention.first, mention.last + 1)}
    words, places = with_colours(folded.words, taken)
    moved = (replace(one, first=places[one.first], last=places[one.last]) for one in mentions)
    return Marked(Folded(folded.original, tuple(words)), tuple(moved), names)


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
