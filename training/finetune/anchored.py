"""A loss that lets a model learn some lines and holds it, on others, to what it said before.

Learning a few new words moves all else a little, most of all what the model was not sure of; training on the right answers to
other sentences does not prevent that, being held to the base's own probabilities does (Li and Hoiem, "Learning without
Forgetting", 2016). The base is the same model with its adapter switched off.
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
    """The mean over answers' tokens: cross entropy of new lines, divergence from the base (times weight) of kept ones.

    Args:
        model: a peft model.
        inputs: `input_ids`, `attention_mask` and `labels`, each (rows, tokens).
        kept: (rows), true where the base is to be kept to.
        weight: of the divergence.
        items: tokens of answers in all batches of a step, where there are several; those of this batch where None.
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
