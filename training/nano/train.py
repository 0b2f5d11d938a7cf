"""Trains the bundled model from random weights: data set, tokeniser, training, GGUF.

    python -m training.nano --out custom_components/batti/models/batti-nano.gguf

If it is stopped, the same command continues from the last checkpoint. All hyperparameters are in the recipe.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from tokenizers import Tokenizer
from torch.nn import functional

from custom_components.batti.interpreter.language import prompt

from .. import plotting
from ..data import dataset
from . import gguf_file
from . import tokenizer as tokenisers
from .grown import grown
from .llama import Llama, Shape
from .precision import compute_type, orthogonalise_in_float32
from .samples import Sample, batches, encode_all, prefix, tensors
from .schedule import Schedule

FOLDER = Path(__file__).parents[1]
SECONDS_PER_CHECKPOINT = 180
_TOKENIZER_SAMPLE = 60_000
_HEADERS = ("system", "user", "assistant", "\n\n", prompt.SYSTEM)  # in every prompt: their words become one token each


def main() -> None:
    """Make the model."""
    parser = argparse.ArgumentParser(
        "python -m training.nano", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", type=Path, default=FOLDER / "recipes" / "nano.yaml")
    parser.add_argument("--run", type=Path, default=FOLDER / ".runs" / "nano", help="checkpoints and plots")
    parser.add_argument("--data", type=Path, default=dataset.OUT)
    parser.add_argument("--out", type=Path, required=True, help="the GGUF to write")
    parser.add_argument(
        "--start",
        type=Path,
        help="start from the weights and tokeniser of this GGUF (made by training.nano, also for an earlier output language) "
        "or run folder",
    )
    parser.add_argument(
        "--minutes", type=float, help="stop after so long with a usable model; the same command continues from there"
    )
    options = parser.parse_args()
    recipe = yaml.safe_load(options.recipe.read_text(encoding="utf-8"))
    options.run.mkdir(parents=True, exist_ok=True)
    start = None
    if options.start:
        start, tokens = grown(*gguf_file.read(options.start))
        tokens.save(str(options.run / "tokenizer.json"))
    dataset.write_all(options.data, recipe["data"]["sentences"], recipe["seed"])
    tokens = make_tokenizer(recipe, options.data, options.run)
    samples = encode_all(tokens, recipe, options.data / "train.jsonl", options.run / "train.npz")
    model = Trainer(recipe, tokens, options.run, start).train(samples, options.minutes and 60 * options.minutes)
    gguf_file.write(model, tokens, options.out)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


def make_tokenizer(recipe: dict[str, Any], data: Path, run: Path) -> Tokenizer:
    """Learn the tokeniser from training data, or read it if the run has one."""
    path = run / "tokenizer.json"
    if not path.exists():
        lines = islice(dataset.read(data / "train.jsonl"), _TOKENIZER_SAMPLE)
        texts = (text for line in lines for text in (" " + line["sentence"], _labels_only(line)))
        tokenisers.train(chain(texts, _HEADERS * _TOKENIZER_SAMPLE), recipe["tokenizer"]["size"]).save(str(path))
    return tokenisers.load(path)


def _labels_only(line: dict[str, Any]) -> str:
    """An answer without the lines that are one token anyway: the tokeniser must not spend merges on them."""
    own = set(tokenisers.pieces())
    return "".join(part for part in line["messages"][2]["content"].splitlines(keepends=True) if part not in own)


class Trainer:
    """Trains one model; saves checkpoints in the run's folder."""

    def __init__(self, recipe: dict[str, Any], tokens: Tokenizer, run: Path, start: Llama | None = None) -> None:
        """Start with random weights or those of `start`, or resume from this run's checkpoint."""
        torch.manual_seed(recipe["seed"])
        self.recipe, self.run = recipe["training"], run
        self.seed = recipe["seed"]
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        model = start or Llama(Shape(vocabulary=tokens.get_vocab_size(), **recipe["model"]))
        self.model = model.to(self.device)
        self.prefix = torch.tensor(prefix(tokens), device=self.device)
        # Master weights in float32, a working copy in bfloat16: autocast would convert the weights at every use.
        working = compute_type(self.device)
        if working is torch.float32:
            orthogonalise_in_float32()
        self.work = Llama(self.model.shape).to(self.device, working)
        self.average = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        self.optimizers = self._optimizers()
        self.step = 0
        self.losses: list[float] = []
        # dynamic: compiled for one fixed shape, torch 2.13 computes NaN gradients for some shapes on a CPU.
        self._loss_of = torch.compile(self._loss, dynamic=True)
        self._resume()

    def _optimizers(self) -> list[torch.optim.Optimizer]:
        """Muon for the matrices of the layers, AdamW for the rest; Muon is scaled so that one learning rate fits both."""
        matrices = [parameter for parameter in self.model.blocks.parameters() if parameter.dim() > 1]
        norms = [parameter for parameter in self.model.parameters() if parameter.dim() == 1]
        rate, decay = self.recipe["learning_rate"], self.recipe["weight_decay"]
        others = [
            {"params": [self.model.embedding.weight], "weight_decay": decay},
            {"params": norms, "weight_decay": 0.0},
        ]
        return [
            torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), fused=True),
        ]

    def train(self, samples: list[Sample], limit: float | None = None) -> Llama:
        """Train all epochs, or for `limit` seconds; returns the model with averaged weights, on the CPU."""
        whole = math.ceil(self.recipe["epochs"])
        epochs = [batches(samples, self.recipe["tokens_per_step"], random.Random(self.seed + n)) for n in range(whole)]
        plan = [batch for epoch in epochs for batch in epoch]
        plan = plan[: int(len(plan) * self.recipe["epochs"] / whole)]
        schedule = Schedule(len(plan), **{key: self.recipe[key] for key in ("warm_up", "decay", "floor")})
        begun = saved = time.monotonic()
        last = out_of_time = 0.0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns) as progress:
            task = progress.add_task("training", total=len(plan), completed=self.step)
            for length, several in plan[self.step :]:
                in_time = not out_of_time
                out_of_time = schedule.out_of_time(time.monotonic() - begun, limit)
                if out_of_time and in_time:
                    self._save()  # the next sitting continues from here: later steps have too low a rate
                if out_of_time == 1:
                    break
                last = self._one_step(length, several, schedule.rate(self.step, out_of_time))
                progress.update(task, advance=1, description=f"loss {np.mean(self.losses[-100:]):.4f}")
                if not out_of_time and time.monotonic() - saved > SECONDS_PER_CHECKPOINT:
                    self._save()
                    saved = time.monotonic()
                    print(
                        f"step {self.step}/{len(plan)} loss {np.mean(self.losses[-300:]):.4f} (last {last:.3f})",
                        flush=True,
                    )
        if not out_of_time:
            self._save()
        self.model.load_state_dict(self.average)
        return self.model.cpu()

    def _one_step(self, length: int, several: list[Sample], rate: float) -> float:
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = self.recipe["learning_rate"] * rate
        with torch.no_grad():
            for mine, kept in zip(self.work.parameters(), self.model.parameters(), strict=True):
                mine.copy_(kept)
        loss, on_answers = self._loss_of(*(part.to(self.device) for part in tensors(length, several)))
        loss.backward()
        for mine, kept in zip(self.work.parameters(), self.model.parameters(), strict=True):
            kept.grad = mine.grad.float()
            mine.grad = None
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe["clip"])
        for optimizer in self.optimizers:
            optimizer.step()
        decay = min(self.recipe["average"], (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, tensor in self.model.state_dict().items():
                self.average[name].lerp_(tensor, 1 - decay)
        self.step += 1
        self.losses.append(on_answers.item())
        if math.isnan(self.losses[-1]):
            raise RuntimeError(
                f"The loss is not a number any more, after {self.step} steps: begin anew from {self.run}"
            )
        return self.losses[-1]

    def _loss(
        self, tokens: torch.Tensor, following: torch.Tensor, parts: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss to minimise, and the part of it that is on answers; arguments as from `samples.tensors`."""
        each = functional.cross_entropy(self.work(self.prefix, tokens).float(), following, reduction="none")
        on_answers, on_sentences = ((each * (parts == part)).sum() / (parts == part).sum() for part in (2, 1))
        return on_answers + self.recipe["sentence_loss"] * on_sentences, on_answers

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "losses": self.losses,
            "shape": asdict(self.model.shape),
        }
        torch.save(state, self.run / "checkpoint.tmp")
        (self.run / "checkpoint.tmp").replace(self.run / "checkpoint.pt")
        _plot(self.losses, self.run / "loss.png")

    def _resume(self) -> None:
        path = self.run / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average = state["average"]
            for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self.step, self.losses = state["step"], state["losses"]


def _plot(losses: list[float], path: Path) -> None:
    width = max(1, len(losses) // 400)
    with plotting.figure(path, size=(6.4, 4.8)) as figure:
        (axes,) = figure.axes
        axes.plot(np.convolve(losses, np.ones(width) / width, "valid"))
        axes.set(xlabel="step", ylabel="loss on answers", yscale="log")
