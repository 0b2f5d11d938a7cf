"""What fine-tuning costs, computed: held against figures that are known."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests import measured
from tests.training import child
from training.finetune import cost
from training.gguf_files import llama3_words
from training.speed.shape import Shape

VOCABULARY = 128_256
RECIPES = child.ROOT / "training" / "recipes"


def recipe(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((RECIPES / f"llama32_1b_{name}.yaml").read_text(encoding="utf-8"))
    return found


def found(name: str, **training: Any) -> cost.Cost:
    made = recipe(name)
    made["training"] |= training
    return cost.cost(made, [60, 80, 100], 100_000, VOCABULARY, Shape())


def test_weights_are_those_of_the_model_card() -> None:
    """1.23 billion, says Meta; and 11.3 million trainable ones at rank 16, as peft counts them."""
    matrices, embeddings = cost.weights(Shape(), VOCABULARY)
    assert (matrices, embeddings) == (973_078_528, 262_668_288)
    assert cost.adapter_weights(Shape(), recipe("lora")["lora"]) == 11_272_192


def test_time_grows_with_tokens_and_with_what_is_computed_twice() -> None:
    plain, twice = found("lora"), found("lora", gradient_checkpointing=True)
    assert plain.tokens == 8_000_000
    assert plain.operations == pytest.approx(4 * 8e6 * 1_235_746_816)
    assert twice.operations == 1.5 * plain.operations
    assert found("lora", epochs=2).operations == 2 * plain.operations


def test_recipes_take_less_memory_the_more_they_save() -> None:
    lora, eight, four = (found(name).bytes for name in ("lora", "8bit", "qlora"))
    assert four < eight < lora
    assert four < 6e9, "the recipe says that 6 GB do"
    assert found("lora").bytes_fused < 12e9, "the recipe says that 12 GB do"


@pytest.mark.usefixtures("training_python")
def test_the_command_needs_no_gpu() -> None:
    few = "from training.finetune import cost; cost._SAMPLE = 50; cost.main()"  # sentences to count the tokens of
    printed = child.run("-c", few, "--recipe", RECIPES / "llama32_1b_qlora.yaml", timeout=120, **measured.UNMEASURED)
    assert "computed" in printed
    assert all(name.split()[0] in printed for name in yaml.safe_load(cost.GPUS.read_text(encoding="utf-8"))["gpus"])
    assert llama3_words.path().exists()
