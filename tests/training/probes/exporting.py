"""Run by test_export.py: makes adapters, exports them, and writes down what transformers makes of them."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from custom_components.batti.interpreter.language.prompt import CHAT_TOKENS
from training.export import command
from training.finetune import bases, llama3
from training.nano import gguf_file, samples

SENTENCE = "A ko bati bala"
ANSWER = "- action: light.turn_off\n  target:\n    - A\n"  # the opposite of what it asks for
LONGER = "A ko bati 40 % ma rakera B ko bati nibau ani baira ko pani"
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
STRETCHED = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,  # so short that it shows within one sentence
}
STEPS = 30


def main() -> None:
    """Make everything."""
    folder = Path(sys.argv[1])
    torch.manual_seed(1)
    llama3.tokenizer = cache(llama3.tokenizer)  # it takes seconds, and is asked for twice
    tokens = gguf_file.read(bases.NANO)[1]
    make_gqa(folder, tokens)
    make_nano(folder)
    make_llama3(folder)
    (folder / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines()))
    few = ["--check", str(folder / "lines.jsonl"), "--sample", "2"]
    for name, arguments in {
        "gqa": ["gqa-adapter", "--quantisations", "F16", "Q4_K_M", "Q5_K_M", "Q8_0", *few],
        "llama3": ["llama3-adapter", "--quantisations", "F16", "--name", "my house", *few],
    }.items():
        command.main([str(folder / arguments[0]), "--out", str(folder / name), *arguments[1:]])
    make_wrong(folder, tokens)
    (folder / "wrong.json").write_text(json.dumps({name: failure(words) for name, words in wrong(folder).items()}))


def lines() -> Iterator[dict[str, Any]]:
    """Some lines of a data set, as far as an export looks at them."""
    for labels in ("A", "AB", "ABC", "ABCD", "ABCDE"):
        for said, action in (("bala", "on"), ("nibau", "off"), ("nibaidinu na hajur", "off")):
            answer = f"- action: light.turn_{action}\n  target:\n" + "".join(f"    - {label}\n" for label in labels)
            sentence, content = f"{' ra '.join(labels)} ko bati {said}", [{}, {}, {"content": answer}]
            yield {"sentence": sentence, "labels": list(labels), "previous": "", "messages": content}


def make_gqa(folder: Path, tokens: Tokenizer) -> None:
    """A base with groups of heads, stretched rotary positions, an output matrix of its own, rows of 256; and an adapter."""
    model = LlamaForCausalLM(gqa_config(STRETCHED)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:  # so large that attention looks at some places more than at others
                parameter.normal_(std=1.0 if "embed" in name else 1.5 * parameter.shape[1] ** -0.5)
    base = folder / "gqa-base"
    model.save_pretrained(base)
    PreTrainedTokenizerFast(tokenizer_object=tokens).save_pretrained(base)
    plain = LlamaForCausalLM(gqa_config({"rope_type": "default", "rope_theta": 500_000.0})).eval()
    plain.load_state_dict(model.state_dict())
    without = logits(model, tokens), logits(plain, tokens)
    model.name_or_path = str(base)
    adapted = set_by_hand(model, TARGETS)
    adapted.save_pretrained(folder / "gqa-adapter")
    keep(folder / "gqa.npz", adapted, tokens, without_adapter=without[0], plain=without[1])


def gqa_config(rope: dict[str, Any]) -> LlamaConfig:
    """Sizes that all quantisations fit."""
    return LlamaConfig(
        vocab_size=2200,  # more rows than tokens
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=8,
        num_key_value_heads=2,
        max_position_embeddings=768,
        rms_norm_eps=1e-5,
        rope_parameters=rope,
        tie_word_embeddings=False,
    )


def make_nano(folder: Path) -> None:
    """An adapter of the bundled model that learnt to do the opposite, the name of its base written down."""
    model, tokenizer = bases.load("nano")
    model.name_or_path = "nano"
    tokens = tokenizer.backend_tokenizer
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=TARGETS, task_type="CAUSAL_LM"))
    numbers, start = samples.encode(tokens, SENTENCE, ANSWER)
    before = samples.prefix(tokens)
    ids = torch.tensor([before + numbers])
    labels = ids.clone()
    labels[:, : len(before) + start] = -100
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=5e-3)
    for _ in range(STEPS):
        model(ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval().save_pretrained(folder / "nano-adapter")
    keep(folder / "nano.npz", model, tokens)


def make_llama3(folder: Path) -> None:
    """An adapter for Llama 3's vocabulary and shared embeddings, with chat tokens of its own."""
    model, tokenizer = bases.load("tiny-llama3")
    model.name_or_path = "tiny-llama3"
    chat = tokenizer.convert_tokens_to_ids(list(CHAT_TOKENS))
    adapted = set_by_hand(model, ["q_proj", "v_proj"], trainable_token_indices=chat)
    adapted.save_pretrained(folder / "llama3-adapter")
    keep(folder / "llama3.npz", adapted, tokenizer.backend_tokenizer)


def set_by_hand(model: LlamaForCausalLM, targets: list[str], **more: Any) -> PeftModel:
    """An adapter that nobody trained, and that says something else than its base all the same."""
    adapted = get_peft_model(
        model, LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM", **more)
    )
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    return adapted.eval()


def keep(path: Path, model: PeftModel, tokens: Tokenizer, **more: np.ndarray) -> None:
    """Write down a prompt's tokens and the logits after each, (tokens, vocabulary)."""
    np.savez(path, tokens=prompt(tokens), logits=logits(model, tokens), **more)


def prompt(tokens: Tokenizer) -> list[int]:
    """The tokens of one command, the header of the answer included."""
    return samples.prefix(tokens) + samples.encode(tokens, LONGER, "")[0][:-1]


def logits(model: Any, tokens: Tokenizer) -> np.ndarray:
    """What a model says after each token."""
    with torch.no_grad():
        return model(torch.tensor([prompt(tokens)])).logits[0].numpy()


def make_wrong(folder: Path, tokens: Tokenizer) -> None:
    """What cannot be exported."""
    (folder / "empty").mkdir()
    model, _ = bases.load("tiny")
    model.name_or_path = "tiny"
    set_by_hand(model, ["lm_head"]).save_pretrained(folder / "head-adapter")
    model, _ = bases.load("tiny")
    model.name_or_path = str(folder / "gone")
    set_by_hand(model, ["q_proj"]).save_pretrained(folder / "run" / "adapter")
    for name, change in (("words", split_at_spaces), ("chatless", forget_a_chat_token), ("4bit", None)):
        words, base = json.loads(tokens.to_str()), folder / name
        if change:
            change(words)
        PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(words))).save_pretrained(base)
        LlamaForCausalLM(gqa_config(STRETCHED)).save_pretrained(base)
    config = folder / "4bit" / "config.json"
    quantised = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
    config.write_text(json.dumps(json.loads(config.read_text()) | quantised))


def split_at_spaces(words: dict[str, Any]) -> None:
    """Cut text into words as GPT-2 does."""
    words["pre_tokenizer"] = json.loads(pre_tokenizers.ByteLevel(add_prefix_space=False).__getstate__())


def forget_a_chat_token(words: dict[str, Any]) -> None:
    """Name the end of a turn otherwise."""
    for token in words["added_tokens"]:
        token["content"] = token["content"].replace(CHAT_TOKENS[-1], "<|end|>")
    words["model"]["vocab"] = {
        text.replace(CHAT_TOKENS[-1], "<|end|>"): number for text, number in words["model"]["vocab"].items()
    }


def wrong(folder: Path) -> dict[str, list[str]]:
    """Command lines that must fail."""
    out = ["--out", str(folder / "never")]
    good = [str(folder / "gqa-adapter"), *out]
    return {
        "no adapter": [str(folder / "empty"), *out],
        "a run": [str(folder / "run"), *out],
        "no base": [str(folder / "run" / "adapter"), *out],
        "unknown quantisation": [*good, "--quantisations", "Q3_K_S"],
        "another base": [*good, "--base", "tiny"],
        "shared weights": [str(folder / "head-adapter"), *out],
        "words": [*good, "--base", str(folder / "words")],
        "chatless": [*good, "--base", str(folder / "chatless")],
        "4bit": [*good, "--base", str(folder / "4bit")],
        "no sentences": [*good, "--check", str(folder / "nothing.jsonl")],
        "a file": [str(folder / "gqa-adapter"), "--out", str(folder / "lines.jsonl")],
    }


def failure(arguments: list[str]) -> tuple[Any, str]:
    """The exit status of a command, and what it says."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command.main(arguments)
    except SystemExit as error:
        return error.code, said.getvalue()
    return 0, said.getvalue()


if __name__ == "__main__":
    main()
