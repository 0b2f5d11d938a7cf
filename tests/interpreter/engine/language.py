"""Whether a text is one of the output language."""

from __future__ import annotations

from collections.abc import Sequence

from custom_components.batti.interpreter.language.grammar import Grammar, State
from custom_components.batti.interpreter.language.items import LABEL_PREFIX


def problem(grammar: Grammar, text: str, unknown: Sequence[str] = ()) -> str | None:
    """What is wrong with a text, None where nothing is; names that the home has not may stand where labels may."""
    state, heard = grammar.start, list(unknown)
    for line in text.splitlines(keepends=True):
        following = _by_edges(grammar, state, line)
        name = line.removeprefix(LABEL_PREFIX).rstrip("\n")
        if following is not None:
            state = following
        elif grammar.label_prefix(state) is None or not line.startswith(LABEL_PREFIX) or not line.endswith("\n"):
            return f"{line!r} may not follow {state}"
        elif name in grammar.labels:
            state = grammar.label_state(state, name)
        elif heard and heard[0] == name == " ".join(name.split()):
            state = grammar.label_state(state, heard.pop(0))
        else:
            return f"{name!r} is neither a label nor reported as unknown"
    if heard:
        return f"{heard} are not in the text"
    return None if grammar.may_end(state) else f"the text may not end in {state}"


def _by_edges(grammar: Grammar, state: State, line: str) -> State | None:
    """The state after a line that is one edge, or a key and a value, or a key and free words; None if it is neither."""
    edges = grammar.edges(state)
    if line in edges:
        return edges[line]
    key = next((edge for edge in edges if not edge.endswith("\n") and line.startswith(edge)), None)
    if key is None:
        return None
    after, rest = edges[key], line.removeprefix(key)
    if (named := grammar.name_state(after)) is not None:
        return named if rest == f" {' '.join(rest.split())}\n" and rest.strip() else None
    return grammar.edges(after).get(rest)
