"""The engine's worker, but for its answers, which are given: a model of random weights at the speed of a trained one.

    python -m training.dictated DICTATION.json WORKER'S OPTIONS

What a model is asked and answers decides how long it takes: how many tokens, and how many choices among lines. A model of
random weights would choose at random, and long. Here it computes all that a trained one computes, and only then its
logits are changed, so that the decoder chooses the lines of the given answer.

DICTATION.json: {"style": a `prompt.Style`, "answers": {sentence as the model sees it: lines of the output language}}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from custom_components.batti.interpreter import prompt
from custom_components.batti.interpreter.engine import model, worker
from custom_components.batti.interpreter.engine.context import Logits
from custom_components.batti.interpreter.engine.llama import LlamaContext

_SURE = 30.0  # by how much a given token is likelier than all others, as a logarithm


class DictatedContext(LlamaContext):
    """A context that has computed, and then says what was given.

    Args:
        path, n_ctx, threads: see `LlamaContext`.
        style: how the model is to be addressed, whatever its file says.
        answers: what it says to which sentence; to any other it says what it computed.
    """

    def __init__(
        self, path: Path, n_ctx: int, threads: int | None, *, style: prompt.Style, answers: Mapping[str, str]
    ) -> None:
        """Load the model, and see what the answers are to it."""
        super().__init__(path, n_ctx, threads)
        self._style = style
        self._answers = {self._asked(sentence): self._said(answer) for sentence, answer in answers.items()}
        self._answer: list[int] = []
        self._begin = 0  # where in memory the answer begins

    def _asked(self, sentence: str) -> tuple[int, ...]:
        pieces = prompt.user(sentence)
        return tuple(token for text, special in pieces for token in self.tokenize(text, special=special))

    def _said(self, answer: str) -> list[int]:
        return [*(token for line in answer.splitlines(keepends=True) for token in self.tokenize(line)), self.end]

    def metadata(self, key: str) -> str | None:
        """A value of the file's metadata, but for the prompt that it was trained on."""
        if key == model.PROMPT_VERSION_KEY:
            return prompt.VERSION if self._style is prompt.Style.TRAINED else None
        return super().metadata(key)

    def evaluate(self, tokens: Sequence[int], *, every: bool = False) -> Logits:
        """Evaluate tokens; then raise the one that the answer goes on with."""
        logits = super().evaluate(tokens, every=every)
        if (answer := self._answers.get(tuple(tokens))) is not None:
            self._answer, self._begin = answer, self.length
        first = self.length - len(logits) + 1 - self._begin
        for row, at in zip(logits, range(first, first + len(logits)), strict=True):
            if 0 <= at < len(self._answer):
                row[self._answer[at]] = row.max() + _SURE
        return logits


def main() -> int:
    """Work as the engine's worker does."""
    given: dict[str, Any] = json.loads(Path(sys.argv.pop(1)).read_text(encoding="utf-8"))
    style = prompt.Style(given["style"])
    model.LlamaContext = partial(DictatedContext, style=style, answers=given["answers"])  # type: ignore[attr-defined,assignment]
    return worker.main()


if __name__ == "__main__":
    sys.exit(main())
