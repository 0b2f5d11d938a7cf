"""LoRA adapters: added to a base model by a recipe, and saved with the name of that base model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from . import hardware  # noqa: F401  # isort: skip  # before transformers, for Unsloth

from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from transformers import PreTrainedTokenizerBase

from custom_components.batti.interpreter.language import prompt

from . import bases


def trains_chat_tokens(recipe: dict[str, Any]) -> bool:
    """Whether the chat tokens' embeddings are trained too: a base model without chat training has no useful ones."""
    return bool(recipe["lora"].get("chat_tokens"))


def attached(recipe: dict[str, Any]) -> tuple[PeftModel, PreTrainedTokenizerBase]:
    """The recipe's base model with a new adapter, and its tokeniser."""
    lora, base = recipe["lora"], recipe["base"]
    saves_memory = recipe["training"].get("gradient_checkpointing", False)
    # Unsloth's fast forward pass ignores peft's wrapper that trains single embeddings.
    unsloth = not trains_chat_tokens(recipe)
    model, tokenizer = bases.load(base, quantised=recipe.get("quantised"), unsloth=unsloth)
    chosen = {
        "r": lora["rank"],
        "lora_alpha": lora["alpha"],
        "lora_dropout": lora["dropout"],
        "target_modules": list(lora["targets"]),
        "bias": "none",
    }
    if unsloth and bases.with_unsloth(base):
        from unsloth import FastLanguageModel

        checkpointing = "unsloth" if saves_memory else False
        made = FastLanguageModel.get_peft_model(
            model, use_gradient_checkpointing=checkpointing, random_state=recipe["seed"], **chosen
        )
        return made, tokenizer
    if getattr(model, "is_quantized", False):
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=saves_memory)
    if trains_chat_tokens(recipe):
        chosen["trainable_token_indices"] = tokenizer.convert_tokens_to_ids(list(prompt.CHAT_TOKENS))
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **chosen)), tokenizer


def save(model: PeftModel, base: str, folder: Path) -> None:
    """Write the adapter in peft's format, completely or not at all; it names its base as `bases.load` takes it."""
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    # False: the vocabulary never grows, and peft would ask Hugging Face whether it did.
    model.save_pretrained(str(new), save_embedding_layers=False)
    described = new / "adapter_config.json"
    settings = json.loads(described.read_text(encoding="utf-8"))
    settings["base_model_name_or_path"] = str(Path(base).absolute()) if Path(base).exists() else base
    described.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
