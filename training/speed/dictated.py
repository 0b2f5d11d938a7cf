"""The engine's worker with given answers, so that a model with random weights runs at the speed of a trained one.

    python -m training.speed.dictated DICTATION.json WORKER'S OPTIONS

The time depends on the number of tokens and of choices between lines. A model with random weights would choose randomly and
write long answers. Here it computes everything that a trained model computes; only then its choices are replaced, so that
the decoder writes the lines of the given answer.

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

from custom_components.batti.interpreter.engine import worker
from custom_components.batti.interpreter.engine.context import Answerer, Loaded
from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.interpreter.engine.model import Model
from custom_components.batti.interpreter.engine.questions import Name, Named, Part, Parted, Question, Reply, Score
from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.items import LABEL_PREFIX

from ..data.encoding import parts_of

_UNLIKELY = -100.0  # a log probability


class _Answer(NamedTuple):
    """A given answer: its tokens, its parts (lines, keys and values), and the number of tokens up to the end of each."""

    tokens: list[int]
    parts: list[str]
    ends: list[int]

    def name_at(self, begin: int) -> Named | None:
        """The name, in a label line or after a key, that begins at this token; None after the last part."""
        part = bisect_right(self.ends, begin)
        if part == len(self.parts):
            return None
        name = self.parts[part].removeprefix(LABEL_PREFIX)
        return Named(tuple(self.tokens[begin : self.ends[part]]), name, 0.0)


class Dictated:
    """Asks another answerer, then replaces its reply by the given one; a sentence without a given answer is left as it is.

    Args:
        answerer: does all the computing.
        context: tokenises text.
        answers: the given answer of each sentence.
        steps_apart: ask for each token of a name on its own. A trained model writes them all in one request; one with
            random weights would write other tokens, and be asked again.
    """

    def __init__(
        self, answerer: Answerer, context: Loaded, answers: Mapping[str, str], *, steps_apart: bool = False
    ) -> None:
        """Tokenise the given answers for this model."""
        self._answerer = answerer
        self._steps_apart = steps_apart
        self._context = context
        self._answers = {
            self._prompt_tokens(sentence): self._given_answer(answer) for sentence, answer in answers.items()
        }
        self._answer: _Answer | None = None

    @property
    def steps(self) -> int:
        """Model evaluations since the sentence began."""
        return self._answerer.steps

    @property
    def reused(self) -> int:
        """Prompt tokens that were already evaluated."""
        return self._answerer.reused

    @property
    def prefill_ms(self) -> float:
        """Milliseconds for the rest of the prompt."""
        return self._answerer.prefill_ms

    def begin(self, prompt: Sequence[int]) -> None:
        """Look up the given answer."""
        self._answer = self._answers.get(tuple(prompt))
        self._answerer.begin(prompt)

    def ask(self, question: Question) -> Reply:
        """Let the model compute its reply; then return the given one."""
        reply = self._ask_each_token(question) if self._steps_apart else self._answerer.ask(question)
        if self._answer is None:
            return reply
        match question:
            case Part(written, options):
                assert isinstance(reply, Parted)
                # `min`: the decoder can go past the end of the answer, if it doubted a name and wrote a longer one.
                token = self._answer.tokens[min(len(written), len(self._answer.tokens) - 1)]
                # The answer has a name that the home does not have: then any label that was chosen is unlikely.
                return Parted(token, 0.0) if token in options else Parted(reply.token, _UNLIKELY)
            case Score():
                return 0.0
            case Name(written, _):
                return self._answer.name_at(len(written))

    def _ask_each_token(self, question: Question) -> Reply:
        if not isinstance(question, Score):
            return self._answerer.ask(question)
        total = 0.0
        for at, token in enumerate(question.tokens):
            reply = self._answerer.ask(Score((*question.written, *question.tokens[:at]), (token,)))
            assert isinstance(reply, float)
            total += reply
        return total

    def _prompt_tokens(self, sentence: str) -> tuple[int, ...]:
        pieces = prompt.user(sentence)
        return tuple(token for text, special in pieces for token in self._context.tokenize(text, special=special))

    def _given_answer(self, answer: str) -> _Answer:
        parts = list(parts_of(answer))
        tokens = self._context.tokenize_lines(parts)
        ends = list(accumulate(map(len, tokens)))
        return _Answer([*(token for part in tokens for token in part), self._context.end], parts, ends)


class DictatedModel(Model):
    """An `engine.model.Model` with given answers."""

    def __init__(self, *args: Any, answers: Mapping[str, str], **options: Any) -> None:
        """Load the model."""
        super().__init__(*args, **options)
        steps_apart = options["binding"] is Binding.XLLAMACPP
        self.answerer: Answerer = Dictated(self.answerer, self._context, answers, steps_apart=steps_apart)


def load(options: argparse.Namespace, given: Mapping[str, Any]) -> Model:
    """The model of the worker's options, with the answers of DICTATION.json."""
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
    """Run as the engine's worker."""
    given: dict[str, Any] = json.loads(Path(sys.argv.pop(1)).read_text(encoding="utf-8"))
    worker.run(partial(load, given=given))


if __name__ == "__main__":
    main()
