"""Merges an adapter into its base model, so that one Llama gives the same answers.

It merges in float32, so that small changes are not rounded away: Llama 3.2 1B takes up to 7.3 GiB of memory.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer, models

from custom_components.batti.interpreter.language.prompt import CHAT_TOKENS

from ..nano import samples
from ..nano import tokenizer as tokenisers

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import LlamaForCausalLM

CONFIG = "adapter_config.json"
OWN_BASES = ("nano", "tiny", "tiny-llama3", "llama32-1b-shape")  # those that finetune/bases.py makes
# Unsloth adds these to the names of its 4-bit copies.
_FOUR_BIT_SUFFIXES = ("-unsloth-bnb-4bit", "-bnb-4bit")
_PROBE = "A ko bati bala"
# Other pre-tokenisers split this text differently.
_TEXT = "Don't  A ko 12345% batti\n  target:\n\n    - भान्साको बत्ती, 3.5;\t WE'LL see…\r\n "
_TOLERANCE = 1e-3  # of the largest logit; merging in float32 changes about 1e-5


class MergeError(RuntimeError):
    """The adapter and its base cannot become a model for Batti."""


@dataclass(frozen=True)
class Merged:
    """The merged model, its tokeniser, and its chat template if it has one."""

    model: LlamaForCausalLM
    tokens: Tokenizer
    template: str | None


def settings(adapter: Path) -> dict[str, Any]:
    """The settings of an adapter.

    Raises:
        MergeError: there is no adapter.
    """
    path = adapter / CONFIG
    if not path.is_file():
        inside = adapter / "adapter"
        hint = f"did you mean {inside}?" if (inside / CONFIG).is_file() else "training.finetune writes one"
        raise MergeError(f"{adapter} is no peft adapter, for it has no {CONFIG}: {hint}")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def base_of(adapter: Path) -> str:
    """The base model of an adapter; if it was a 4-bit copy, the original of that copy."""
    name: str = settings(adapter).get("base_model_name_or_path") or ""
    if not name:
        raise MergeError(f"{adapter / CONFIG} does not say what it was trained on: name it with --base")
    return next((name.removesuffix(end) for end in _FOUR_BIT_SUFFIXES if name.endswith(end)), name)


def merge(adapter: Path, base: str) -> Merged:
    """Load the base model on the CPU and merge the adapter into its weights.

    Raises:
        MergeError: the base cannot be loaded, is not a Llama 3, or the adapter does not fit it.
    """
    from peft import PeftModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # the export shows its own progress bar
    model, tokeniser = _load(base)
    tokens: Tokenizer = tokeniser.backend_tokenizer
    _check_model(model, base)
    _check_tokeniser(tokens, base)
    if (rows := model.get_input_embeddings().weight.shape[0]) < tokens.get_vocab_size(with_added_tokens=True):
        raise MergeError(f"{base} has more tokens than the {rows} rows of its embeddings: take its own tokeniser")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # from transformers, about calls by peft
            with_adapter = PeftModel.from_pretrained(model.cpu().float().eval(), str(adapter), torch_device="cpu")
    except (OSError, RuntimeError, ValueError) as error:
        first = " ".join(str(error).split("\n")[:2])
        raise MergeError(f"The adapter {adapter} does not fit {base}: {' '.join(first.split())}") from error
    return Merged(_merged(with_adapter, tokens, adapter), tokens, tokeniser.chat_template)


def _merged(with_adapter: PeftModel, tokens: Tokenizer, adapter: Path) -> LlamaForCausalLM:
    """The merged model, after a check that its logits are those of the model with the adapter."""
    sentence, _ = samples.encode(tokens, _PROBE, "")
    prompt = torch.tensor([samples.prefix(tokens) + sentence])
    with torch.no_grad():
        before = with_adapter(prompt).logits
        model: LlamaForCausalLM = with_adapter.merge_and_unload()
        apart = (model(prompt).logits - before).abs().max() / before.abs().max()
    if not apart < _TOLERANCE:
        raise MergeError(
            f"Merged, {adapter} says something else than before (by {apart:.1e} of the largest logit): "
            "train again without lm_head and embed_tokens among the targets, whose weights may be shared"
        )
    return model


def _load(base: str) -> tuple[Any, Any]:
    """The base and its tokeniser, loaded by transformers only: Unsloth's models are made for training on a GPU."""
    if base in OWN_BASES or Path(base).is_file():
        from ..finetune import bases

        return bases.load(base)
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    try:
        if getattr(AutoConfig.from_pretrained(base), "quantization_config", None):
            raise MergeError(f"The weights of {base} are quantised: name the model that it was made of with --base")
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        return model, AutoTokenizer.from_pretrained(base)
    except (OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise MergeError(
            f"The base {base} cannot be loaded ({first}): name a folder, a model on Hugging Face that you have access to, "
            f"or one of {', '.join(OWN_BASES)} with --base"
        ) from error


def _check_model(model: Any, base: str) -> None:
    config = model.config
    if config.model_type != "llama" or config.hidden_act != "silu":
        raise MergeError(f"{base} is a {config.model_type} model; Batti needs a Llama")
    if (kind := config.rope_parameters["rope_type"]) not in ("default", "llama3"):
        raise MergeError(
            f"{base} has rotary positions of the type {kind}, which is neither Llama 3's nor the plain one"
        )


def _check_tokeniser(tokens: Tokenizer, base: str) -> None:
    if missing := [token for token in CHAT_TOKENS if tokens.token_to_id(token) is None]:
        raise MergeError(f"{base} has no {missing[0]} token; Batti needs a model with Llama 3's chat format")
    # The GGUF file only names the pre-tokeniser, so llama.cpp would treat any other one as Llama 3's.
    as_llama3 = tokenisers.like_llama3(models.BPE()).pre_tokenizer
    if not tokens.pre_tokenizer or tokens.pre_tokenizer.pre_tokenize_str(_TEXT) != as_llama3.pre_tokenize_str(_TEXT):
        raise MergeError(f"{base} does not cut text into words as Llama 3 does, and llama.cpp would read it wrongly")
