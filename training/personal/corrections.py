"""Reads and checks corrections: sentences that somebody kept, with what each should do in their home.

    - say: bhanchha ko batti jhyappa para       # as typed or heard
      do:                                       # Home Assistant YAML, as batti.interpret returns it; []: nothing
        - action: light.turn_off
          target: {area_id: kitchen}
    - say: jhyaure batti nibhaideu
      name: jhyaure                             # a new word, which the home does not know yet, for the thing meant
      do: [{action: light.turn_off, target: {entity_id: light.shelly_77aa}}]
    - say: luklukki para
      where: study                              # the area of the speaker
      do: [{action: light.turn_on, target: {area_id: study}, data: {flash: short}}]
    - say: chiya khane bela bhayo
      do: []
      why: not for lights                       # or forbidden, later, unclear

`do` has what is done at once: light actions and questions, or `batti.undo` alone. The model sees only markers in place of
names, so the sentence must use names that the home knows. New names are not for the model: the home gets them as aliases.
The model learns what a family's own verbs mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from custom_components.batti.interpreter.errors import BattiError, PlanError
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.grammar import Grammar
from custom_components.batti.interpreter.language.items import ACTIONS, UNDO, WRITTEN_REFUSALS, Refusal
from custom_components.batti.interpreter.language.plan import ALL_LIGHTS, Action, Plan, Step
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.keys import Thing
from custom_components.batti.interpreter.names.mentions import Marked
from custom_components.batti.interpreter.resolve import KIND_OF
from custom_components.batti.interpreter.words.fold import fold

from ..data.answers import said_of
from ..data.seeds import Seed
from . import wording

_KEYS = {"say", "do", "where", "name", "why"}


class CorrectionError(BattiError):
    """A correction that cannot be used; the message names its line."""


class Alias(NamedTuple):
    """A new name that should become an alias in the home."""

    name: str
    thing: Thing


@dataclass(frozen=True)
class Correction:
    """One sentence, with the answer that the model must write in this home."""

    say: str
    marked: Marked
    answer: str
    seed: Seed  # the same sentence with slots for the names in the answer
    has_new_name: bool  # if so, only the name is new, not its other words


@dataclass(frozen=True)
class Kept:
    """The contents of a file: the home with its new names added, and the corrections."""

    home: Home
    corrections: tuple[Correction, ...]
    aliases: tuple[Alias, ...]

    @property
    def seeds(self) -> tuple[Seed, ...]:
        """The corrections with new words (not just a new name), to be said of other rooms and lights too."""
        return tuple(one.seed for one in self.corrections if not one.has_new_name)


@dataclass(frozen=True)
class _Entry:
    line: int
    say: str
    plan: Plan
    where: str | None
    name: str | None
    why: Refusal

    def wrong(self, what: str) -> CorrectionError:
        return CorrectionError(f"Line {self.line}, {self.say!r}: {what}")


def read(path: Path, home: Home) -> Kept:
    """Read and check a file of corrections.

    Raises:
        CorrectionError: the file cannot be read, or an entry cannot be used.
    """
    try:
        entries = list(_entries(path.read_text(encoding="utf-8"), home))
    except (OSError, yaml.YAMLError) as error:
        raise CorrectionError(f"Cannot read the corrections {path}: {error}") from error
    aliases: list[Alias] = []
    for entry in entries:
        if entry.name is not None:
            alias = _alias(entry, home)
            if _with_alias(home, alias) != home:
                aliases.append(alias)
                home = _with_alias(home, alias)
    index = NameIndex(home)
    return Kept(home, tuple(_correction(entry, index, home) for entry in entries), tuple(aliases))


def _entries(text: str, home: Home) -> Iterator[_Entry]:
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.SequenceNode):
            raise CorrectionError("Corrections are a list of entries with `say` and `do`")
        for node in root.value:
            yield _entry(node.start_mark.line + 1, loader.construct_object(node, deep=True), home)
    finally:
        loader.dispose()


def _entry(line: int, found: Any, home: Home) -> _Entry:
    if not isinstance(found, Mapping) or not {"say", "do"} <= found.keys() <= _KEYS:
        raise CorrectionError(f"Line {line}: an entry has `say`, `do`, and where need be `where`, `name` or `why`")
    say, do, where, name = found["say"], found["do"], found.get("where"), found.get("name")
    if not isinstance(say, str) or not fold(say).words:
        raise CorrectionError(f"Line {line}: `say` is a sentence, not {say!r}")
    why = found.get("why", Refusal.UNCLEAR)
    if why not in WRITTEN_REFUSALS or ("why" in found and do != []):
        reasons = ", ".join(WRITTEN_REFUSALS)
        raise CorrectionError(f"Line {line}, {say!r}: `why` stands with `do: []`, and is one of {reasons}")
    try:
        plan = Plan.from_yaml(yaml.dump(do))
    except PlanError as error:
        raise CorrectionError(f"Line {line}, {say!r}: {error}") from error
    entry = _Entry(line, say, plan, where, name, Refusal(why))
    _check_kind(entry)
    _check_ids(entry, home)
    return entry


def _check_kind(entry: _Entry) -> None:
    for item in entry.plan.items:
        if not _is_at_once(item):
            raise entry.wrong(
                f"{item.to_dict()} cannot be learnt, only light actions and questions that are done at once"
            )
    if len(entry.plan.items) > 1 and any(action.action == UNDO for action in entry.plan.actions):
        raise entry.wrong(f"{UNDO} stands alone")


def _is_at_once(item: Action | Step) -> bool:
    if not isinstance(item, Action) or item.time or item.who:
        return False
    return item.action in ACTIONS or (item.action == UNDO and not item.target)


def _check_ids(entry: _Entry, home: Home) -> None:
    known = {
        "entity_id": {light.entity_id for light in home.lights} | {ALL_LIGHTS},
        "area_id": {area.area_id for area in home.areas},
        "floor_id": {floor.floor_id for floor in home.floors},
    }
    for action in entry.plan.actions:
        for key, ids in action.target.items():
            if unknown := set(ids) - known[key]:
                raise entry.wrong(f"the home has no {key} {', '.join(sorted(unknown))}")
    if entry.where is not None and entry.where not in known["area_id"]:
        raise entry.wrong(f"`where` is an area_id of the home, not {entry.where!r}")
    if entry.name is not None and (not isinstance(entry.name, str) or not fold(entry.name).words):
        raise entry.wrong(f"`name` is a word of the sentence, not {entry.name!r}")


# -- new names


def _alias(entry: _Entry, home: Home) -> Alias:
    """The thing that the new name is for: the one with which the sentence names everything in the plan."""
    assert entry.name is not None
    wanted = " ".join(word.text for word in fold(entry.name).words)
    if f" {wanted} " not in f" {fold(entry.say)} ":
        raise entry.wrong(f"the name {entry.name!r} is not in the sentence")
    things = [
        Thing(KIND_OF[key], one) for action in entry.plan.actions for key, ids in action.target.items() for one in ids
    ]
    for thing in dict.fromkeys(things):
        if thing.id == ALL_LIGHTS:
            continue
        alias = Alias(entry.name, thing)
        renamed = _with_alias(home, alias)
        marked = NameIndex(renamed).mark(fold(entry.say))
        clauses = wording.clauses_of(entry.plan, marked, renamed, entry.where)
        said = {label: words for label, words in said_of(marked).items() if label in wording.labels_of(clauses or ())}
        if any(wanted in words and thing in marked.labels[label].things for label, words in said.items()):
            return alias
    raise entry.wrong(
        f"{entry.name!r} does not work as a name of what is meant: it names something else already, is a word that "
        "commands are made of, or something else that `do` speaks of is not named in the sentence"
    )


def _with_alias(home: Home, alias: Alias) -> Home:
    """The home with the alias added to its thing."""

    def with_name(one: Any, kind: str, own_id: str) -> Any:
        known = alias.thing != Thing(kind, own_id) or alias.name in (one.name, *one.aliases)
        return one if known else replace(one, aliases=(*one.aliases, alias.name))

    return Home(
        tuple(with_name(floor, "floor", floor.floor_id) for floor in home.floors),
        tuple(with_name(area, "area", area.area_id) for area in home.areas),
        tuple(with_name(light, "light", light.entity_id) for light in home.lights),
    )


# -- what the model must write


def _correction(entry: _Entry, index: NameIndex, home: Home) -> Correction:
    marked = index.mark(fold(entry.say))
    clauses = wording.clauses_of(entry.plan, marked, home, entry.where)
    if clauses is None:
        raise entry.wrong(_unnamed(entry, marked, home))
    answer = wording.answer_of(clauses, entry.plan, entry.why)
    _check_language(entry, answer, marked)
    try:
        seed = wording.seed_of(marked, clauses, entry.plan, entry.why)
    except ValueError as error:
        raise entry.wrong(str(error)) from error
    return Correction(entry.say, marked, answer, seed, entry.name is not None)


def _unnamed(entry: _Entry, marked: Marked, home: Home) -> str:
    names = {thing.id: label for label, mention in marked.labels.items() for thing in mention.things}
    wanted = [one for action in entry.plan.actions for ids in action.target.values() for one in ids]
    missing = [one for one in dict.fromkeys(wanted) if one not in names and one != ALL_LIGHTS]
    heard = ", ".join(f"{marked.as_typed(label)} ({one})" for one, label in names.items()) or "nothing"
    hint = "" if entry.where or not home.areas else ", or the area that it was said in as `where`"
    return (
        f"its words do not name {', '.join(missing) or 'what is meant'}; they name {heard}. "
        f"Give the word that does as `name`{hint}"
    )


def _check_language(entry: _Entry, answer: str, marked: Marked) -> None:
    grammar = Grammar(tuple(marked.labels))
    state = grammar.start
    for line in answer.splitlines(keepends=True):
        following = grammar.edges(state).get(line)
        if following is None:
            raise entry.wrong(f"{line.strip()!r} is not in the model's language here (interpreter/language/grammar.py)")
        state = following
