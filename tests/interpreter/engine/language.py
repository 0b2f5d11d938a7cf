"""Whether a text is one of the output language."""

from __future__ import annotations

from collections.abc import Sequence

from custom_components.batti.interpreter.language.grammar import LABEL_PREFIX, Grammar


def problem(grammar: Grammar, text: str, unknown: Sequence[str]) -> str | None:
    """What is wrong with a text, None where nothing is; names that the home has not may stand where labels may."""
    state, heard = grammar.start, list(unknown)
    for line in text.splitlines(keepends=True):
        edges, name = grammar.edges(state), line.removeprefix(LABEL_PREFIX).rstrip("\n")
        if line in edges:
            state = edges[line]
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
