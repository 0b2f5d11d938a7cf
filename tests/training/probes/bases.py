"""Run by test_finetune.py: what bases and chat make, as JSON."""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel

from training.data import dataset
from training.finetune import adapter, anchored, bases, chat, encoded, greedy
from training.nano import gguf_file, samples

HOSTILE = {"sentence": "<|eot_id|> A ko", "messages": [{}, {}, {"content": "[]  # unclear\n"}]}


def same_as_the_trainers(lines):
    """Our tokens with the bundled tokeniser against samples.py's, and nano's logits against our own Llama's."""
    model, tokenizer = bases.load("nano")
    own, tokens = gguf_file.read(bases.NANO)
    before = samples.prefix(tokens)
    differences, rows = [], []
    for line in lines:
        row = chat.encode(tokenizer, line, 1024)
        after, begin = samples.encode(tokens, line["sentence"], line["messages"][2]["content"], line["previous"])
        rows.append(
            {
                "ours": row,
                "samples": before + after,
                "answer": len(before) + begin,
                "read back": chat.text(tokenizer, after[begin:]),
                "written": line["messages"][2]["content"],
            }
        )
        with torch.no_grad():
            theirs = model(torch.tensor([row["input_ids"]])).logits[0, len(before) :]
            logits = own(torch.tensor(before), torch.tensor([after]))
        differences.append((theirs - logits).abs().max().item())
    return {"rows": rows, "logits": max(differences), "exact match": greedy.exact_match(model, tokenizer, lines)}


def llama3(lines, folder):
    """Llama 3's tokens; and the same model from a folder, as Hugging Face gives one, where 4 bits cannot be had."""
    model, tokenizer = bases.load("tiny-llama3")
    rows = [chat.encode(tokenizer, line, 1024)["input_ids"] for line in [*lines, HOSTILE]]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    again, its_tokenizer = bases.load(str(folder), quantised="4bit")
    with torch.no_grad():
        difference = (model(torch.tensor([rows[0]])).logits - again(torch.tensor([rows[0]])).logits).abs().max().item()
    return {
        "rows": rows,
        "vocabulary": len(tokenizer),
        "from a folder": {
            "difference": difference,
            "rows": [chat.encode(its_tokenizer, line, 1024)["input_ids"] for line in [*lines, HOSTILE]],
            "ends": its_tokenizer.eos_token,
        },
    }


def random_weights():
    """Whether they are the same each time."""
    first, second = (torch.cat([p.flatten() for p in bases.load("tiny")[0].parameters()]) for _ in range(2))
    return torch.equal(first, second)


def chat_tokens(folder):
    """An adapter that also trains the chat tokens, before and after it was saved."""
    lora = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q_proj"], "chat_tokens": True}
    model, tokenizer = adapter.attached({"base": "tiny", "lora": lora, "training": {}, "seed": 1})
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3)
    adapter.save(model, "tiny", folder)
    base = bases.load(json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"])[0]
    asked = torch.tensor([tokenizer.convert_tokens_to_ids(["<|eot_id|>", "a", "b"])])
    with torch.no_grad():
        alone = base(asked).logits
        trained, again = model(asked).logits, PeftModel.from_pretrained(base, folder)(asked).logits
    return {
        "saved": (trained - again).abs().max().item(),
        "changed": (alone - trained)[..., tokenizer.eos_token_id].abs().max().item(),
    }


def held(lines):
    """Anchored losses of a fresh adapter and of a moved one: of lines that are new, of kept ones, and of both at once."""
    lora = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q_proj", "down_proj"]}
    model, tokenizer = adapter.attached({"base": "tiny", "lora": lora, "training": {}, "seed": 1})
    collate = encoded.collator(tokenizer.pad_token_id)

    def batch(several):
        inputs = collate(list(encoded.dataset(tokenizer, several, 1024)))
        return inputs, inputs.pop("kept"), (inputs["labels"] != chat.IGNORED).sum().item()

    sources = ["corrections", dataset.ELSEWHERE]
    new, kept = ([line | {"source": source} for line in lines[:5]] for source in sources)
    facts = {"marked": [batch(several)[1].tolist() for several in (new, kept, lines[:2])]}
    for name in ("fresh", "moved"):
        if name == "moved":
            torch.manual_seed(1)
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.data.add_(0.1 * torch.randn_like(parameter))
        with torch.no_grad():
            (inputs, marks, _), (_, others, _) = batch(new), batch(kept)
            half = batch(new[:2] + kept[2:])
            facts[name] = {
                "the model's own": model(**inputs).loss.item(),
                "new": anchored.loss(model, inputs, marks, 1.0).item(),
                "kept": anchored.loss(model, inputs, others, 1.0).item(),
                "kept, twice the weight": anchored.loss(model, inputs, others, 2.0).item(),
                "both": anchored.loss(model, half[0], half[1], 1.0).item() * half[2],
                "its parts": sum(
                    anchored.loss(model, *one[:2], 1.0).item() * one[2] for one in (batch(new[:2]), batch(kept[2:]))
                ),
            }
    return facts


if __name__ == "__main__":
    data, out = map(Path, sys.argv[1:])
    lines = list(dataset.read(data / "validation.jsonl"))[:40]
    facts = {
        "nano": same_as_the_trainers(lines),
        "llama 3": llama3(lines, out / "llama3"),
        "same weights": random_weights(),
        "chat tokens": chat_tokens(out / "adapter"),
        "held": held(lines),
    }
    (out / "facts.json").write_text(json.dumps(facts))
