"""A model that answers marked sentences: prompt in, lines of the output language out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from .. import prompt
from ..errors import ModelRefused, SentenceTooLong
from ..grammar import Grammar
from .base import Generation
from .decode import Abandoned, Decoder
from .lines import LineBook
from .llama import LlamaContext
from .prefix import evaluate_prefix

PROMPT_VERSION_KEY = "batti.prompt_version"
MIN_ANSWER = 64  # tokens that a prompt must leave free


class Model:
    """A loaded model, its prompt's prefix evaluated.

    Args:
        path, n_ctx, threads: see `llama.LlamaContext`.
        state_dir: see `prefix.evaluate_prefix`.

    Raises:
        ModelMissing: the file is not there or cannot be read.
        ModelRefused: it is no Llama model, or made for another prompt.
    """

    def __init__(self, path: Path, n_ctx: int, threads: int | None = None, state_dir: Path | None = None) -> None:
        """Load the model."""
        self._context = LlamaContext(path, n_ctx, threads)
        self._check_version()
        self._book = LineBook(self._context)
        prefix = self._tokens(prompt.prefix())
        evaluate_prefix(self._context, prefix, state_dir)
        self._n_prefix = len(prefix)

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
            answer = Decoder(context, self._book, logits, said, abandoned=abandoned).answer(Grammar(labels))
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

    def _check_version(self) -> None:
        version = self._context.metadata(PROMPT_VERSION_KEY)
        if version == prompt.VERSION:
            return
        made_for = f"was made for prompt {version}" if version else f"names no prompt ({PROMPT_VERSION_KEY} is missing)"
        raise ModelRefused(
            f"{self._context.path.name} {made_for}, this version of Batti speaks {prompt.VERSION}: "
            "choose a model of that version, or export yours again with training/export.py"
        )
