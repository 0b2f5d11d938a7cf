"""The search space of a study: ranges read from a file, and the recipe of a trial with a value from each."""

from __future__ import annotations

import copy
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

_PARTS = {"low", "high", "log", "times"}

Recipe = dict[str, Any]


class SpaceError(ValueError):
    """The file of ranges is wrong, or does not fit the recipe; the message says where and what to do."""


class Range(NamedTuple):
    """The range of one value of a recipe.

    Attributes:
        name: its place in the recipe: `section.key`.
        low, high: the limits, both included; if both are integers, only integers are tried.
        log: whether to sample on a logarithmic scale.
        times: another value of the recipe; the tried value is multiplied by it.
    """

    name: str
    low: float
    high: float
    log: bool = False
    times: str | None = None

    @property
    def label(self) -> str:
        """The name of the value in the study."""
        return f"{self.name} / {self.times}" if self.times else self.name

    def suggest(self, trial: Trial | FrozenTrial) -> float:
        """Let a trial choose a value."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.label, self.low, self.high, log=self.log)
        return trial.suggest_float(self.label, self.low, self.high, log=self.log)


def read(ranges: dict[str, Any], recipe: Recipe) -> list[Range]:
    """The ranges of a file; those with `times` come last.

    Raises:
        SpaceError: names the range that is wrong.
    """
    found = [_range(name, parts) for name, parts in ranges.items()]
    for path in chain.from_iterable((one.name, one.times) for one in found):
        if path is not None and not _has_number(recipe, path):
            raise SpaceError(f"{path} is to be tuned, but the recipe has no number of that name")
    return sorted(found, key=lambda one: one.times is not None)


def _range(name: str, parts: Any) -> Range:
    if not isinstance(parts, dict) or not {"low", "high"} <= set(parts) <= _PARTS:
        raise SpaceError(
            f"{name}: a range is {{low: …, high: …, log: true, times: …}} (the last two at will), not {parts}"
        )
    found = Range(name, **parts)
    if not all(isinstance(limit, int | float) for limit in (found.low, found.high)):
        raise SpaceError(
            f"{name}: {found.low} and {found.high} are not two numbers (YAML reads 1e-5 as text, not 1.0e-5)"
        )
    if not found.low < found.high or (found.log and found.low <= 0):
        raise SpaceError(f"{name}: from {found.low} to {found.high} is no range{', by ratios' if found.log else ''}")
    return found


def _has_number(recipe: Recipe, path: str) -> bool:
    section, _, key = path.partition(".")
    within = recipe.get(section)
    return isinstance(within, dict) and isinstance(within.get(key), int | float)


def recipe_of(recipe: Recipe, ranges: list[Range], trial: Trial | FrozenTrial) -> Recipe:
    """The recipe with a trial's values; a product is rounded if the recipe's value is an integer."""
    tried = copy.deepcopy(recipe)
    for one in ranges:
        section, key = one.name.split(".")
        value = one.suggest(trial)
        if one.times:
            other, its_key = one.times.split(".")
            value *= tried[other][its_key]
            if isinstance(recipe[section][key], int):
                value = max(1, round(value))
        tried[section][key] = value
    return tried
