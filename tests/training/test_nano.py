"""The trainer of the bundled model: sittings that end in a usable model, and go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import pytest
import yaml

from custom_components.batti.interpreter.language import prompt
from training.nano.schedule import Schedule

from . import child

RECIPE: dict[str, Any] = {
    "seed": 1,
    "data": {"sentences": 700},
    "tokenizer": {"size": 900, "scatter": {"share": 0.3, "dropout": 0.12}},
    "model": {"width": 32, "layers": 1, "heads": 2, "hidden": 64, "context": 512},
    "training": {
        "epochs": 400,  # more than there is time for
        "tokens_per_step": 2048,
        "learning_rate": 0.004,
        "warm_up": 0.03,
        "decay": 0.2,
        "floor": 0.02,
        "sentence_loss": 0.2,
        "weight_decay": 0.05,
        "clip": 1.0,
        "average": 0.9,
    },
}


def test_a_sitting_with_time_for_everything_decays_once() -> None:
    schedule = Schedule(steps=1000, warm_up=0.1, decay=0.2, floor=0.1)
    rates = [schedule.rate(step) for step in range(1001)]
    assert rates[:101] == sorted(rates[:101])
    assert set(rates[100:801]) == {1.0}
    assert rates[800:] == sorted(rates[800:], reverse=True)
    assert rates[-1] == pytest.approx(0.1)


@pytest.mark.parametrize(("elapsed", "over"), [(0, 0.0), (79, 0.0), (80, 0.0), (90, 0.5), (100, 1.0), (130, 1.0)])
def test_a_sitting_without_time_decays_by_the_clock(elapsed: float, over: float) -> None:
    schedule = Schedule(steps=1000, warm_up=0.1, decay=0.2, floor=0.0)
    assert schedule.out_of_time(elapsed, 100) == pytest.approx(over)
    assert schedule.out_of_time(elapsed, None) == 0
    assert schedule.rate(500, over) == pytest.approx(1 - over)
    assert Schedule(steps=1000, warm_up=0, decay=0, floor=0).out_of_time(elapsed, 100) == (elapsed >= 100)


@pytest.mark.usefixtures("training_python")
def test_what_one_step_needs() -> None:
    """Each sample's tokens, the one after each, and whether that is of the answer (2), of the sentence (1) or of neither."""
    samples = [([5, 6, 7, 8, 9], 3), ([4, 3], 1), ([10, 11, 12, 13, 14, 15, 16, 17], 7)]
    tokens, following, parts = json.loads(child.run("-c", _TENSORS, json.dumps(samples), timeout=120))
    assert [len(rows) for rows in (tokens, following, parts)] == [3, 24, 24]
    for row, (numbers, start) in enumerate(samples):
        after, of = following[8 * row : 8 * row + 8], parts[8 * row : 8 * row + 8]
        assert tokens[row] == numbers + [0] * (8 - len(numbers))
        assert [number for number, part in zip(after, of, strict=True) if part == 2] == numbers[start:]
        # The first token has nothing before it but what all sentences have.
        assert [number for number, part in zip(after, of, strict=True) if part == 1] == numbers[1:start]
        assert of == [1] * (start - 1) + [2] * (len(numbers) - start) + [0] * (9 - len(numbers))


@pytest.mark.usefixtures("training_python")
def test_every_token_has_its_own_number() -> None:
    """Those of bytes too; and what is one piece of the language is one token, wherever it stands."""
    found = json.loads(child.run("-c", _NUMBERS, timeout=120))
    assert found["size"] == found["numbers"] == 900
    assert found["bytes"] == 256
    assert set(found["lengths"]) == {1}
    assert found["read back"] == found["text"]


@pytest.mark.usefixtures("training_python")
def test_markers_and_words_to_copy_are_never_split() -> None:
    """Other words of the sentence are; and with or without, an answer has the same tokens."""
    found = json.loads(child.run("-c", _SCATTERED, timeout=120))
    plain, scattered = found["plain"], found["scattered"]
    assert found["kept"] == [[f" {word}"] for word in ("A", "Q", "HERE")]
    assert len(scattered["sentence"]) > len(plain["sentence"])
    assert "".join(scattered["sentence"]) == "".join(plain["sentence"])
    assert all(word in scattered["sentence"] for word in (" A", "Ġko", "Ġgaraj"))
    assert scattered["answer"] == plain["answer"]


@pytest.mark.usefixtures("training_python")
def test_two_sittings(tmp_path: Path) -> None:
    """The first ends before its time is over, the second continues at the constant rate; both leave a model."""
    recipe, run, out = tmp_path / "recipe.yaml", tmp_path / "run", tmp_path / "model.gguf"
    recipe.write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    command = ("-m", "training.nano", "--recipe", recipe, "--run", run, "--data", tmp_path / "data", "--out", out)
    losses, steps = [], []
    for _ in range(2):
        # Compiling takes longer than these steps.
        said = child.run(*command, "--minutes", "0.1", timeout=300, TORCHDYNAMO_DISABLE="1")
        assert f"{out}: {out.stat().st_size:,} bytes" in said
        fields = gguf.GGUFReader(out).fields
        assert fields["batti.prompt_version"].contents() == prompt.VERSION
        state = child.run("-c", _STATE, run / "checkpoint.pt", timeout=60).split()
        steps.append(int(state[0]))
        losses.append(float(state[1]))
        out.unlink()
    assert 0 < steps[0] < steps[1]
    assert losses[1] < losses[0]


@pytest.mark.usefixtures("training_python")
def test_an_earlier_model_grows() -> None:
    """It has the new pieces as one token each, and answers what it knew as before."""
    found = json.loads(child.run("-c", _GROWN, timeout=120))
    assert found["before"] > 1
    assert (found["after"], found["again"]) == (1, True)
    assert found["change"] < 1e-6
    assert found["mean"] < 1e-6


@pytest.mark.usefixtures("training_python")
def test_the_mean_of_two_models() -> None:
    assert json.loads(child.run("-c", _MEAN, timeout=120)) == pytest.approx([1, 2.5, 4])


_MEAN = """
import json, torch
from training.nano.llama import Llama, Shape
from training.nano.mean import mean
shape = Shape(vocabulary=8, width=32, layers=1, heads=2, hidden=64, context=64)
def model(value):
    made = Llama(shape)
    made.load_state_dict({name: torch.full_like(one, value) for name, one in made.state_dict().items()})
    return made
print(json.dumps([float(mean(model(1.0), model(4.0), share).norm[0]) for share in (0.0, 0.5, 1.0)]))
"""

_GROWN = """
import json, torch
from training.nano import grown, tokenizer
from training.nano.llama import Llama, Shape
pieces, new = tokenizer.pieces(), "  until:"
tokenizer.pieces = lambda: [piece for piece in pieces if piece != new]
tokens = tokenizer.train(["A ko bati nibaideu"] * 50, 700)
model = Llama(Shape(vocabulary=tokens.get_vocab_size(), width=32, layers=1, heads=2, hidden=64, context=64))
old = tokens.encode(new).ids
known = torch.tensor([tokens.encode("A ko bati").ids])
prefix = torch.tensor([1, 2])
larger, more = grown.grown(model, tokens)
row = larger.embedding.weight[more.token_to_id(new)]
print(json.dumps({
    "before": len(old),
    "after": len(more.encode(new).ids),
    "again": grown.grown(larger, more)[0] is larger,
    "change": (larger(prefix, known)[:, : model.shape.vocabulary] - model(prefix, known)).abs().max().item(),
    "mean": (row - model.embedding.weight[old].mean(0)).abs().max().item(),
}))
"""

_TENSORS = """
import json, sys
import numpy as np
from training.nano import samples
several = [(np.array(numbers), start) for numbers, start in json.loads(sys.argv[1])]
print(json.dumps([part.tolist() for part in samples.tensors(8, several)]))
"""

_NUMBERS = """
import json
from tokenizers import pre_tokenizers
from training.data import dataset
from training.nano import tokenizer
sentences = [example.marked for example in dataset.sentences(1, "train", 300)]
tokens = tokenizer.train(sentences, 900)
vocabulary = tokens.get_vocab(with_added_tokens=True)
text = "A ko !\\"#$% 0123456789 bati\\n    - A\\n  for: 10 minutes\\n  brightness_pct: 30\\n"
print(json.dumps({
    "size": len(vocabulary),
    "numbers": len(set(vocabulary.values())),
    "bytes": len(vocabulary.keys() & pre_tokenizers.ByteLevel.alphabet()),
    "lengths": [len(tokens.encode(piece).ids) for piece in tokenizer.pieces()],
    "text": text,
    "read back": tokens.decode(tokens.encode(text).ids, skip_special_tokens=False),
}))
"""

_SCATTERED = """
import json
from training.nano import samples, tokenizer
sentence, answer = "A ko bati nibaideu garaj ko", "- action: light.turn_off\\n  target:\\n    - A\\n    - garaj ko\\n"
tokens = tokenizer.train([sentence] * 50, 900)
found = {"kept": [tokens.encode(f" {word}").tokens for word in ("A", "Q", "HERE")]}
for name, encoder in (("plain", 0.0), ("scattered", 1.0)):
    numbers, start = samples.DropoutEncoder(tokens, encoder, 0.9, 1).encode(sentence, answer, "")
    texts = [tokens.id_to_token(number) for number in numbers]
    found[name] = {"sentence": texts[:start], "answer": texts[start:]}
print(json.dumps(found))
"""

_STATE = """
import sys, torch
state = torch.load(sys.argv[1], weights_only=True)
print(state["step"], sum(state["losses"][-5:]) / 5)
"""
