"""The engine's worker, but for its answers, which are given: a model of random weights at the speed of a trained one.

    python -m training.speed.dictated DICTATION.json WORKER'S OPTIONS

What a model is asked and answers decides how long it takes: how many tokens, and how many choices among lines. A model of
random weights would choose at random, and long. Here it computes all that a trained one computes, and only then its
choices are changed, so that the decoder writes the lines of the given answer.

DICTATION.json: {"style": a `prompt.Style`, "answers": {sentence as the model sees it: lines of the output language}}
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from custom_components.batti.interpreter import prompt
from custom_components.batti.interpreter.engine import worker
from custom_components.batti.interpreter.engine.base import Binding
from custom_components.batti.interpreter.engine.context import Answerer, Loaded
from custom_components.batti.interpreter.engine.model import Model
from custom_components.batti.interpreter.engine.questions import Name, Named, Part, Parted, Question, Reply, Score
from custom_components.batti.interpreter.grammar import LABEL_PREFIX

_UNLIKELY = -100.0  # a log probability


class _Answer(NamedTuple):
    """What is to be said: its tokens, its lines, and how many tokens there are up to the end of each."""

    tokens: list[int]
    lines: list[str]
    ends: list[int]

    def name_at(self, begin: int) -> Named | None:
        """The name in the line whose label begins at a token; None past the end."""
        line = bisect_right(self.ends, begin)
        if line == len(self.lines):
            return None
        name = self.lines[line].removeprefix(LABEL_PREFIX)
        return Named(tuple(self.tokens[begin : self.ends[line]]), name, 0.0)


class Dictated:
    """Asks another answerer, and then says what was given; to a sentence without a given answer, what it was told.

    Args:
        answerer: has to compute all.
        context: splits text.
        answers: what is said to which sentence.
        steps_apart: a trained model would say a name's tokens one after the other in one request; this one would say
            others, and be asked again, so it is asked for each.
    """

    def __init__(
        self, answerer: Answerer, context: Loaded, answers: Mapping[str, str], *, steps_apart: bool = False
    ) -> None:
        """See what the answers are to this model."""
        self._answerer = answerer
        self._steps_apart = steps_apart
        self._context = context
        self._answers = {self._asked(sentence): self._said(answer) for sentence, answer in answers.items()}
        self._answer: _Answer | None = None

    @property
    def steps(self) -> int:
        """Evaluations since the sentence began."""
        return self._answerer.steps

    @property
    def reused(self) -> int:
        """Tokens of the prompt that were in memory."""
        return self._answerer.reused

    @property
    def prefill_ms(self) -> float:
        """Time for the rest of the prompt."""
        return self._answerer.prefill_ms

    def begin(self, prompt: Sequence[int]) -> None:
        """Look up what is to be said."""
        self._answer = self._answers.get(tuple(prompt))
        self._answerer.begin(prompt)

    def ask(self, question: Question) -> Reply:
        """Have the question answered; then say what was given."""
        reply = self._asked_apart(question) if self._steps_apart else self._answerer.ask(question)
        if self._answer is None:
            return reply
        match question:
            case Part(written, options):
                assert isinstance(reply, Parted)
                # Past its end where the decoder did not believe a name of it, and wrote a longer one.
                token = self._answer.tokens[min(len(written), len(self._answer.tokens) - 1)]
                # Where a name is to be said that the home has not, whatever label was chosen is unlikely.
                return Parted(token, 0.0) if token in options else Parted(reply.token, _UNLIKELY)
            case Score():
                return 0.0
            case Name(written, _):
                return self._answer.name_at(len(written))

    def _asked_apart(self, question: Question) -> Reply:
        if not isinstance(question, Score):
            return self._answerer.ask(question)
        total = 0.0
        for at, token in enumerate(question.tokens):
            reply = self._answerer.ask(Score((*question.written, *question.tokens[:at]), (token,)))
            assert isinstance(reply, float)
            total += reply
        return total

    def _asked(self, sentence: str) -> tuple[int, ...]:
        pieces = prompt.user(sentence)
        return tuple(token for text, special in pieces for token in self._context.tokenize(text, special=special))

    def _said(self, answer: str) -> _Answer:
        texts = answer.splitlines(keepends=True)
        lines = self._context.tokenize_lines(texts)
        ends = list(accumulate(map(len, lines)))
        return _Answer([*(token for line in lines for token in line), self._context.end], texts, ends)


class DictatedModel(Model):
    """A model whose answers are given; see `model.Model` for the rest."""

    def __init__(self, *args: Any, answers: Mapping[str, str], **options: Any) -> None:
        """Load the model."""
        super().__init__(*args, **options)
        steps_apart = options["binding"] is Binding.XLLAMACPP
        self.answerer: Answerer = Dictated(self.answerer, self._context, answers, steps_apart=steps_apart)


def load(options: argparse.Namespace, given: Mapping[str, Any]) -> Model:
    """The model that the worker's options name, with the answers of a dictation."""
    return DictatedModel(
        options.model,
        options.n_ctx,
        options.threads,
        options.state_dir,
        binding=options.binding,
        style=prompt.Style(given["style"]),
        answers=given["answers"],
    )


def main() -> None:
    """Work as the engine's worker does."""
    given: dict[str, Any] = json.loads(Path(sys.argv.pop(1)).read_text(encoding="utf-8"))
    worker.run(partial(load, given=given))


if __name__ == "__main__":
    main()
