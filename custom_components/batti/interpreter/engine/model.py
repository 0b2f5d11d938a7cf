"""A model that answers marked sentences: prompt in, lines of the output language out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from .. import prompt
from ..errors import ModelRefused, SentenceTooLong
from ..grammar import GROUNDED, Grammar
from ..prompt import Style
from .base import Generation, ModelInfo
from .decode import Abandoned, Decoder
from .lines import LineBook
from .llama import LlamaContext, engine_version
from .prefix import evaluate_prefix

PROMPT_VERSION_KEY = "batti.prompt_version"
CHAT_TEMPLATE_KEY = "tokenizer.chat_template"
_CHAT_MARK = "<|start_header_id|>"  # of Llama 3's chat format, in whatever template it is written down
MIN_ANSWER = 64  # tokens that a prompt must leave free
MIN_SENTENCE = 64  # tokens that the prefix must leave free besides


class Model:
    """A loaded model, its prompt's prefix evaluated.

    Args:
        path, n_ctx, threads: see `llama.LlamaContext`.
        state_dir: see `prefix.evaluate_prefix`.

    Attributes:
        info: what is known of it.
        grounded: see `decode.Decoder`.

    Raises:
        ModelMissing: the file is not there or cannot be read.
        ModelRefused: it is no Llama model, or made for another prompt.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int | None = None, state_dir: Path | None = None) -> None:
        """Load the model."""
        begin = perf_counter()
        self.grounded = GROUNDED
        self._context = LlamaContext(path, n_ctx, threads)
        version = self._context.metadata(PROMPT_VERSION_KEY)
        style = self._style(version)
        self._book = LineBook(self._context)
        prefix = self._tokens(prompt.prefix(style))
        if len(prefix) + MIN_SENTENCE + MIN_ANSWER > self._context.size:
            raise ModelRefused(
                f"{path.name} needs a context of at least {len(prefix) + MIN_SENTENCE + MIN_ANSWER} tokens, "
                f"and has {self._context.size}: raise the context size in the options"
            )
        evaluate_prefix(self._context, prefix, state_dir)
        self._n_prefix = len(prefix)
        self.info = ModelInfo(
            engine=f"llama-cpp-python {engine_version()}",
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
        """Answer one marked sentence; None where `abandoned`, which is asked before every step, said yes.

        Args: see `base.Engine`.

        Raises:
            SentenceTooLong: sentence or answer do not fit the context.
        """
        begin = perf_counter()
        context = self._context
        tokens = self._tokens(prompt.user(sentence, previous))
        prompt_tokens = self._n_prefix + len(tokens)
        if prompt_tokens + MIN_ANSWER > context.size:
            raise SentenceTooLong(f"A sentence of {len(tokens)} tokens does not fit a context of {context.size}")
        context.rewind(self._n_prefix)
        logits = context.evaluate(tokens)[-1]
        prefilled = perf_counter()
        try:
            said = f"{previous} {sentence}"
            decoder = Decoder(context, self._book, logits, said, grounded=self.grounded, abandoned=abandoned)
            answer = decoder.answer(Grammar(labels))
        except Abandoned:
            return None
        return Generation(
            *answer,
            prompt_tokens=prompt_tokens,
            reused_tokens=self._n_prefix,
            prefill_ms=(prefilled - begin) * 1000,
            decode_ms=(perf_counter() - prefilled) * 1000,
        )

    def close(self) -> None:
        """Free the model's memory."""
        self._context.close()

    def _tokens(self, pieces: Sequence[prompt.Piece]) -> list[int]:
        """Tokens of pieces of prompt; only those of our own hold control tokens."""
        return [token for text, special in pieces for token in self._context.tokenize(text, special=special)]

    def _style(self, version: str | None) -> Style:
        """How this model is addressed; a model without our version is taken for a stock one that follows instructions."""
        name = self._context.path.name
        if version == prompt.VERSION:
            return Style.TRAINED
        if version is not None:
            raise ModelRefused(
                f"{name} was made for prompt {version}, this version of Batti speaks {prompt.VERSION}: "
                "choose a model of that version, or export yours again with training/export.py"
            )
        if _CHAT_MARK in (self._context.metadata(CHAT_TEMPLATE_KEY) or ""):
            return Style.INSTRUCT
        raise ModelRefused(
            f"{name} names no prompt ({PROMPT_VERSION_KEY} is missing) and is no instruct model of the Llama 3 family: "
            "choose a model that was made for Batti, or Llama 3.2 1B Instruct"
        )
