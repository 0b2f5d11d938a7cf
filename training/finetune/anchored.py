"""A loss against forgetting: cross entropy on new lines, and on kept lines the divergence from the base model.

Learning a few new words changes other answers too, most of all those that the model was not sure of. Training on right
answers to other sentences does not prevent this; keeping the base model's own probabilities there does (Li and Hoiem,
"Learning without Forgetting", 2016). The base model is the same model with its adapter switched off.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from . import chat


def loss(
    model: Any, inputs: dict[str, Tensor], kept: Tensor, weight: float, items: Tensor | int | None = None
) -> Tensor:
    """The mean over answer tokens: cross entropy for new lines, divergence from the base model times `weight` for kept ones.

    Args:
        model: a peft model.
        inputs: `input_ids`, `attention_mask` and `labels`, each (rows, tokens).
        kept: (rows), true for lines on which the model must stay close to the base model.
        weight: of the divergence.
        items: answer tokens in all batches of a step, if there are several; None: those of this batch.
    """
    labels = inputs["labels"][:, 1:]
    asked = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    logits = model(**asked).logits[:, :-1].float()
    answered = labels != chat.IGNORED
    total = functional.cross_entropy(logits[~kept].flatten(0, 1), labels[~kept].flatten(), reduction="sum")
    if kept.any():
        with torch.no_grad(), model.disable_adapter():
            before = model(**{name: value[kept] for name, value in asked.items()}).logits[:, :-1].float()
        new, old = (functional.log_softmax(one[answered[kept]], -1) for one in (logits[kept], before))
        total = total + weight * functional.kl_div(new, old, reduction="sum", log_target=True)
    return total / (answered.sum() if items is None else items)
