"""A model that answers marked sentences: prompt in, lines of the output language out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from ..errors import EngineMissing, ModelRefused, SentenceTooLong
from ..language import prompt
from ..language.grammar import GROUNDED, Grammar
from ..language.prompt import Style
from .context import Loaded
from .decode import MAX_TOKENS, Answer, Decoder
from .interface import Binding, Generation, ModelInfo
from .lines import LineBook
from .prefix import fill_prefix

PROMPT_VERSION_KEY = "batti.prompt_version"
CHAT_TEMPLATE_KEY = "tokenizer.chat_template"
_CHAT_MARK = "<|start_header_id|>"  # of Llama 3's chat format; every template for it contains this
MIN_ANSWER = 64  # tokens that a prompt must leave free
MIN_SENTENCE = 64  # tokens that the prefix must leave free in addition


class Model:
    """A loaded model with the prompt's prefix in its KV cache.

    Args:
        path: a GGUF file.
        n_ctx: context size, in tokens: for a prompt and its answer together; less if the model was trained on less.
        threads: number of threads; if None, `context.threads_for` decides.
        state_dir: see `prefix.fill_prefix`.
        binding: the Python package that brings llama.cpp.
        style: which prompt the model gets; if None, the one that its file asks for.

    Attributes:
        info: what is known of it.
        grounded: see `decode.Decoder`.

    Raises:
        EngineMissing: the binding cannot be imported.
        ModelMissing: the file is not there or cannot be read.
        ModelRefused: it is not a Llama model, or was made for another prompt.
    """

    def __init__(
        self,
        path: Path,
        n_ctx: int,
        threads: int | None = None,
        state_dir: Path | None = None,
        *,
        binding: Binding = Binding.LLAMA_CPP_PYTHON,
        style: Style | None = None,
    ) -> None:
        """Load the model."""
        begin = perf_counter()
        self.grounded = GROUNDED
        self._context = _opener(binding)(path, n_ctx, threads)
        version = self._context.metadata(PROMPT_VERSION_KEY)
        style = style or self._style(version)
        self._book = LineBook(self._context.end)
        self._learn(Grammar())
        prefix = self._tokens(prompt.prefix(style))
        if len(prefix) + MIN_SENTENCE + MIN_ANSWER > self._context.size:
            raise ModelRefused(
                f"{path.name} needs a context of at least {len(prefix) + MIN_SENTENCE + MIN_ANSWER} tokens, "
                f"and has {self._context.size}: raise the context size in the options"
            )
        fill_prefix(self._context, prefix, state_dir)
        self._n_prefix = len(prefix)
        self.answerer = self._context.answerer(prefix)
        self.info = ModelInfo(
            engine=self._context.engine,
            style=style,
            prompt_version=version,
            parameters=self._context.parameters,
            context=self._context.size,
            prefix_tokens=len(prefix),
            load_ms=(perf_counter() - begin) * 1000,
        )

    def generate(
        self, sentence: str, labels: Sequence[str], abandoned: Callable[[], bool], previous: str = ""
    ) -> Generation | None:
        """Answer one marked sentence; None if `abandoned`, which is called before every step, returned True.

        Args: see `base.Engine`.

        Raises:
            SentenceTooLong: sentence or answer do not fit the context.
        """
        begin = perf_counter()
        tokens = self._tokens(prompt.user(sentence, previous))
        free = self._context.size - self._n_prefix - len(tokens)
        if free < MIN_ANSWER:
            raise SentenceTooLong(f"A sentence of {len(tokens)} tokens does not fit a context of {self._context.size}")
        grammar = Grammar(labels)
        self._learn(grammar)
        said, limit = f"{previous} {sentence}", min(MAX_TOKENS, free)
        decoder = Decoder(self._book, grammar, said, limit=limit, grounded=self.grounded)
        answer = self._answer(tokens, decoder, abandoned)
        if answer is None:
            return None
        prefill_ms = self.answerer.prefill_ms
        return Generation(
            answer.text,
            answer.confidence,
            answer.unknown,
            steps=self.answerer.steps,
            tokens=answer.tokens,
            prompt_tokens=self._n_prefix + len(tokens),
            reused_tokens=self.answerer.reused,
            prefill_ms=prefill_ms,
            decode_ms=(perf_counter() - begin) * 1000 - prefill_ms,
        )

    def _answer(self, prompt_tokens: Sequence[int], decoder: Decoder, abandoned: Callable[[], bool]) -> Answer | None:
        """The decoder's answer to a prompt; None if `abandoned`."""
        self.answerer.begin(prompt_tokens)
        deciding = decoder.answer()
        question = next(deciding)
        while not abandoned():
            try:
                question = deciding.send(self.answerer.ask(question))
            except StopIteration as end:
                answer: Answer = end.value
                return answer
        return None

    def _learn(self, grammar: Grammar) -> None:
        if lines := self._book.missing(grammar):
            self._book.learn(lines, self._context.tokenize_lines(lines))

    def close(self) -> None:
        """Free the model's memory."""
        self._context.close()

    def _tokens(self, pieces: Sequence[prompt.Piece]) -> list[int]:
        """Tokens of pieces of prompt; only special pieces may have control tokens."""
        return [token for text, special in pieces for token in self._context.tokenize(text, special=special)]

    def _style(self, version: str | None) -> Style:
        """Which prompt this model gets; a model without our version counts as a stock one that follows instructions."""
        name = self._context.path.name
        if version == prompt.VERSION:
            return Style.TRAINED
        if version is not None:
            raise ModelRefused(
                f"{name} was made for prompt {version}, this version of Batti speaks {prompt.VERSION}: "
                "choose a model of that version, or export yours again with python -m training.export"
            )
        if _CHAT_MARK in (self._context.metadata(CHAT_TEMPLATE_KEY) or ""):
            return Style.INSTRUCT
        raise ModelRefused(
            f"{name} names no prompt ({PROMPT_VERSION_KEY} is missing) and is no instruct model of the Llama 3 family: "
            "choose a model that was made for Batti, or Llama 3.2 1B Instruct"
        )


def _opener(binding: Binding) -> Callable[[Path, int, int | None], Loaded]:
    try:
        if binding is Binding.LLAMA_CPP_PYTHON:
            from .llama import LlamaContext

            return LlamaContext
        from .xllama import XllamaContext
    except (ImportError, OSError, RuntimeError) as error:  # OSError, RuntimeError: its libraries cannot be loaded
        raise EngineMissing(f"{binding} cannot be imported: {error}") from error
    return XllamaContext
