"""A speaker of one family: says in their home what anybody says, and the family's own corrections (`corrections.py`)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.words.fold import fold_name

from ..data.commands import Example
from ..data.phrasebook import TEST
from ..data.seeds import Seed
from ..data.voices import Voice
from . import variations
from .corrections import Alias

_LEVELS = range(5)  # floors that have names of their own (data/calling.py)
# Shares of what a correction becomes. With prohibitions, so that the new word alone is not yet a command.
_FORBIDDEN, _AFTER_ANOTHER, _WITH_ANOTHER = 0.08, 0.08, 0.15
_NAMED = 0.4  # share of names that are the new one, in a sentence that should have it


@dataclass(frozen=True)
class _Variants:
    """A correction as it was said, in all forms of its verb, and as a prohibition."""

    seed: Seed
    forms: list[Seed]
    prohibitions: list[Seed]


class Family(Voice):
    """A voice that also says the corrections, about anything in the home, and uses new names in all kinds of sentences.

    Args:
        kept: the corrections with new words.
        aliases: the new names; `home` has them already.
    """

    def __init__(
        self, rng: random.Random, home: Home, split: str, kept: Sequence[Seed] = (), aliases: Sequence[Alias] = ()
    ) -> None:
        """Prepare the forms of each correction."""
        super().__init__(rng, home, split)
        sayings = (_Variants(seed, variations.inflected(seed, split), variations.forbidden(seed)) for seed in kept)
        self._kept: list[_Variants | Alias] = [*sayings, *aliases]
        self._own = False
        self._naming: Alias | None = None

    def say_own(self) -> Example:
        """A sentence with the words of a correction or with a new name, varied, with other words around it."""
        self._own = True
        try:
            return self.say()
        finally:
            self._own = False

    def _try(self) -> Example:
        if not self._own:
            return super()._try()
        of = self.rng.choice(self._kept)
        return self._with_words(of) if isinstance(of, _Variants) else self._with_name(of)

    def _with_name(self, alias: Alias) -> Example:
        """Any sentence that uses the new name exactly once."""
        words = " ".join(fold_name(alias.name))
        self._naming = alias
        try:
            while (example := super()._try()).named.count(words) != 1:
                pass
            return example
        finally:
            self._naming = None

    def _with_words(self, own: _Variants) -> Example:
        seed = own.seed
        self._start_sentence(seed.script)
        draw = self.rng.random()
        if own.prohibitions and draw < _FORBIDDEN:
            return self._say_seed(self.rng.choice(own.prohibitions), often=0.7)
        # The form that was kept is drawn more often than others, like the plain imperative in data/phrasebook.py.
        seed = seed if self.split != TEST and self.rng.random() < 0.3 else self.rng.choice(own.forms)
        if self.rng.random() < 0.5:
            seed = variations.rephrased(seed, self.rng, self.book, self._word_script)
        if seed.wanted and draw > 1 - _WITH_ANOTHER:
            return self._with_another(seed)
        example = self._say_seed(seed, often=0.7)
        # A sentence without a room could mean the room of the sentence before.
        alone = all("here" not in wanted.targets for wanted in seed.wanted)
        return self._after_another(example) if alone and draw < _FORBIDDEN + _AFTER_ANOTHER else example

    def _with_another(self, seed: Seed) -> Example:
        """Two commands in one sentence: this one and a common one, in either order."""
        common = self._seed_like(seed, lambda one: one.is_command and "here" not in str(one.wanted))
        texts, clauses = [], []
        for one in self.rng.sample([seed, common], 2):
            text, filling = self._fill_seed(one)
            texts.append(text.rstrip(".!?। "))
            clauses += [self._clause_of(wanted, filling, []) for wanted in one.wanted]
        joint = self.book.word("then", self.script)
        return self._example(self._surrounded(f" {joint} ".join(texts), often=0.3), clauses)

    # -- names

    def _place_name(self) -> str:
        return self._new_name("area") or super()._place_name()

    def _light_name(self) -> str:
        return self._new_name("light") or super()._light_name()

    def _floor_name(self) -> str:
        if any((floor.level or 0) not in _LEVELS for floor in self.home.floors):  # no lexicon names it
            return self._new_name("floor") or self.rng.choice(self.home.floors).name
        return self._new_name("floor") or super()._floor_name()

    def _new_name(self, kind: str) -> str:
        wanted = self._naming is not None and self._naming.thing.kind == kind and self.rng.random() < _NAMED
        return self._naming.name if self._naming and wanted else ""
