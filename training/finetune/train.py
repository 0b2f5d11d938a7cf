"""Fine-tunes a base model on the data set: trains a LoRA adapter, with loss on the answers only.

    python -m training.finetune --recipe training/recipes/llama32_1b_lora.yaml --data training/.data --out OUT

All hyperparameters are in the recipe. OUT/adapter is the best adapter so far, by exact match on validation sentences, and
OUT/tokenizer its tokeniser; OUT/curves.png shows loss and exact match. If it is stopped, the same command continues from
OUT/checkpoints. It uses Unsloth if that is installed and there is a GPU; otherwise transformers, peft and trl.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import hardware  # isort: skip  # Unsloth comes before transformers

import torch
import yaml
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState
from transformers.trainer_utils import EvalLoopOutput, set_seed
from trl import SFTConfig, SFTTrainer

from ..data import dataset
from . import adapter, anchored, curves, encoded, greedy

Recipe = dict[str, Any]
Report = Callable[[int, dict[str, float]], None]
_LOGS_PER_EVALUATION = 5
_SECONDS_BETWEEN_PLOTS = 60  # drawing takes as long as a few steps of a small model
_VALIDATION = 200  # sentences, if the recipe has no number


@dataclass(frozen=True)
class Outcome:
    """The result of a run; `exact_match` and `loss` are the best adapter's, on validation sentences."""

    adapter: Path
    exact_match: float
    loss: float
    steps: int
    seconds: float


def run(recipe: Recipe, data: Path, out: Path, *, report: Report | None = None) -> Outcome:
    """Fine-tune, or continue a stopped run; a finished run only returns its result.

    Args:
        recipe: as in `recipes/*.yaml`.
        data: the folder that `training.data` or `hub_dataset.py` wrote.
        out: the folder of the run; each recipe needs its own.
        report: called after each evaluation (also the one before the first step) with the step, `loss` and
            `exact_match`; an exception from it ends the run.
    """
    begun = time.monotonic()
    _save_recipe(out, recipe)
    ended = out / "outcome.json"
    if ended.exists():
        return Outcome(adapter=out / "adapter", **json.loads(ended.read_text(encoding="utf-8")))
    set_seed(recipe["seed"])
    checkpoint = _last_checkpoint(out / "checkpoints")
    trainer = _prepare(recipe, data, out, report, checkpoint)
    trainer.train(resume_from_checkpoint=checkpoint)
    best = max(evaluations(trainer.state.log_history), key=lambda one: one["eval_score"])
    result = {
        "exact_match": best["eval_exact_match"],
        "loss": best["eval_loss"],
        "steps": trainer.state.global_step,
        "seconds": time.monotonic() - begun,
    }
    ended.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return Outcome(adapter=out / "adapter", **result)


def _save_recipe(out: Path, recipe: Recipe) -> None:
    """Save the recipe in the folder, or refuse if another recipe is there: continuing would mix two runs."""
    written, kept = yaml.safe_dump(recipe, sort_keys=False), out / "recipe.yaml"
    if kept.exists() and kept.read_text(encoding="utf-8") != written:
        raise SystemExit(f"{out} has a run of another recipe (see {kept}): choose another --out, or remove that folder")
    (out / "checkpoints").mkdir(parents=True, exist_ok=True)
    kept.write_text(written, encoding="utf-8")


def _last_checkpoint(folder: Path) -> str | None:
    """The newest complete checkpoint. A killed process may leave an incomplete one; its state file is written last."""
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]), reverse=True):
        try:
            json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return str(checkpoint)
    return None


def _prepare(recipe: Recipe, data: Path, out: Path, report: Report | None, checkpoint: str | None) -> _Trainer:
    training, seed, sizes = recipe["training"], recipe["seed"], recipe.get("data") or {}
    model, tokenizer = adapter.attached(recipe)
    tokenizer.save_pretrained(out / "tokenizer")
    lines = dataset.sample(data / "train.jsonl", sizes.get("train"), seed)
    validation = dataset.sample(data / "validation.jsonl", sizes.get("validation", _VALIDATION), seed)
    train = encoded.dataset(tokenizer, lines, training["max_length"])
    return _Trainer(
        validation,
        anchor=training.get("anchor", 0.0),
        fused=hardware.has_gpu() and not adapter.trains_chat_tokens(recipe),
        model=model,
        processing_class=tokenizer,
        args=_arguments(recipe, out, len(train), evaluate_first=checkpoint is None),
        train_dataset=train,
        eval_dataset=encoded.dataset(tokenizer, validation, training["max_length"]),
        data_collator=encoded.collator(tokenizer.pad_token_id),
        callbacks=[_EvaluationCallback(recipe, out, report)],
    )


def _arguments(recipe: Recipe, out: Path, samples: int, *, evaluate_first: bool) -> SFTConfig:
    training, number_type = recipe["training"], hardware.number_type()
    steps = math.ceil(training["epochs"] * samples / (training["batch"] * training["accumulation"]))
    steps = max(1, min(steps, training.get("max_steps") or steps))
    every = training["evaluate_every"]
    return SFTConfig(
        output_dir=str(out / "checkpoints"),
        max_steps=steps,
        per_device_train_batch_size=training["batch"],
        per_device_eval_batch_size=training["batch"],
        gradient_accumulation_steps=training["accumulation"],
        learning_rate=training["learning_rate"],
        warmup_steps=int(training["warm_up"] * steps),
        lr_scheduler_type="cosine",
        weight_decay=training.get("weight_decay", 0.0),
        gradient_checkpointing=training.get("gradient_checkpointing", False),
        bf16=number_type is torch.bfloat16,
        fp16=number_type is torch.float16,
        use_cpu=not hardware.has_gpu(),
        eval_strategy="steps",
        eval_steps=every,
        eval_on_start=evaluate_first,
        prediction_loss_only=True,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(1, every // _LOGS_PER_EVALUATION),
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        max_length=None,
        report_to="none",
        seed=recipe["seed"],
    )


class _Trainer(SFTTrainer):
    """trl's trainer on samples that are already tokens; evaluation also computes exact match."""

    def __init__(self, validation: list[dict[str, Any]], *, fused: bool, anchor: float, **arguments: Any) -> None:
        """Keep the validation sentences.

        Args:
            validation: lines of the data set.
            fused: whether trl may compute the loss from the output weights, without keeping all logits.
            anchor: weight of the divergence from the base on kept lines; 0: kept lines are trained on like all others.
            arguments: for trl's trainer.
        """
        super().__init__(**arguments)
        self._validation, self._fused, self._anchor = validation, fused, anchor

    def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        """The loss: anchored if the recipe asks for it; otherwise trl's fused loss, or the one with all logits.

        The fused loss is not used if the adapter changes the output weights, which it would miss, nor on a CPU, where it
        takes twice as long with a small vocabulary.
        """
        kept = inputs.pop("kept")
        if self._anchor and model.training:
            return anchored.loss(model, inputs, kept, self._anchor, named.get("num_items_in_batch"))
        if self._fused:
            return super().compute_loss(model, inputs, *arguments, **named)
        return Trainer.compute_loss(self, model, inputs, *arguments, **named)

    def evaluation_loop(self, *arguments: Any, **named: Any) -> EvalLoopOutput:
        """Add exact match, and a score: exact match, with the loss to break ties."""
        result = super().evaluation_loop(*arguments, **named)
        match = greedy.exact_match(self.model, self.processing_class, self._validation)
        loss = result.metrics["eval_loss"]
        # The loss changes the score by less than one sentence does.
        score = match - loss / (1 + loss) / (2 * len(self._validation))
        result.metrics.update(eval_exact_match=match, eval_score=score)
        return result


class _EvaluationCallback(TrainerCallback):
    """After each evaluation: saves the adapter if it is the best, reports, and stops if nothing gets better."""

    def __init__(self, recipe: Recipe, out: Path, report: Report | None) -> None:
        self._recipe, self._out, self._report = recipe, out, report
        self._drawn = time.monotonic()

    def on_train_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Draw the final curves."""
        curves.draw(state.log_history, self._out / "curves.png")

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Evaluate after the last step too."""
        control.should_evaluate |= state.global_step >= state.max_steps

    def on_evaluate(self, args: Any, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any) -> None:
        """Save, draw, stop, report; all from the trainer's log, which survives in checkpoints."""
        scores = [one["eval_score"] for one in evaluations(state.log_history)]
        best = scores.index(max(scores))
        if best == len(scores) - 1:
            adapter.save(model, self._recipe["base"], self._out / "adapter")
        if time.monotonic() - self._drawn > _SECONDS_BETWEEN_PLOTS:
            curves.draw(state.log_history, self._out / "curves.png")
            self._drawn = time.monotonic()
        control.should_training_stop |= len(scores) - 1 - best >= self._recipe["training"]["patience"]
        if self._report:
            last = evaluations(state.log_history)[-1]
            self._report(state.global_step, {"loss": last["eval_loss"], "exact_match": last["eval_exact_match"]})


def evaluations(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The evaluations in a trainer's log."""
    return [entry for entry in history if "eval_score" in entry]


def main() -> None:
    """Fine-tune as the command line says, and print the result."""
    parser = argparse.ArgumentParser(
        "python -m training.finetune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", help="a base model instead of the recipe's")
    parser.add_argument("--max-steps", type=int, help="stop after this many steps")
    options = parser.parse_args()
    recipe = yaml.safe_load(options.recipe.read_text(encoding="utf-8"))
    if options.base:
        recipe["base"] = options.base
    if options.max_steps:
        recipe["training"]["max_steps"] = options.max_steps
    print(hardware.describe())
    outcome = run(recipe, options.data, options.out)
    print(
        f"{outcome.adapter}: exact match {outcome.exact_match:.1%}, loss {outcome.loss:.4f} after {outcome.steps} steps "
        f"in {outcome.seconds:.0f} s, at most {(hardware.peak_memory() or 0) / 1e9:.1f} GB of memory"
    )
