"""What this machine can train with: GPU, number type, Unsloth, bitsandbytes. Only this module checks that.

Import this module before transformers, trl and peft: Unsloth, if it is used, must patch them first.
"""

from __future__ import annotations

import os
import platform
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec

import torch

from ..speed import meter

_FIRST_WITH_BFLOAT16 = 8  # major compute capability: Ampere; a T4 (7.5) only emulates it, slowly


class Quantisation(StrEnum):
    """How the base model's weights are stored while an adapter is trained."""

    FOUR_BITS = "4bit"
    EIGHT_BITS = "8bit"


def has_gpu() -> bool:
    """Whether there is a CUDA GPU; Apple's GPUs are not used, because nobody has tested them."""
    return torch.cuda.is_available()


def has_unsloth() -> bool:
    """Whether Unsloth is installed and has the GPU that it needs."""
    return has_gpu() and find_spec("unsloth") is not None


def number_type() -> torch.dtype:
    """The number type for a large base: bfloat16 if the GPU has it, float16 on older GPUs, float32 on a CPU."""
    if not has_gpu():
        return torch.float32
    major, _ = torch.cuda.get_device_capability()
    return torch.bfloat16 if major >= _FIRST_WITH_BFLOAT16 else torch.float16


def quantisation(wanted: str | None) -> Quantisation | None:
    """The quantisation that was asked for; if bitsandbytes cannot run, None, and a message is printed."""
    if wanted is None:
        return None
    chosen = Quantisation(wanted)
    if has_gpu() and find_spec("bitsandbytes") is not None:
        return chosen
    missing = "bitsandbytes is not installed" if has_gpu() else "there is no GPU"
    print(f"The base is not quantised to {chosen}, because {missing}.")
    return None


def peak_memory() -> int | None:
    """The peak memory of this process in bytes, on the GPU if there is one; None if it cannot be read."""
    return torch.cuda.max_memory_reserved() if has_gpu() else meter.peak_memory(os.getpid())


def describe() -> str:
    """This machine in one line, for logs and notebooks."""
    if not has_gpu():
        return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, no GPU"
    name, memory = torch.cuda.get_device_name(), torch.cuda.get_device_properties(0).total_memory
    return f"{name}, {memory / 2**30:.0f} GiB{', Unsloth' if has_unsloth() else ''}"


if has_unsloth():
    import_module("unsloth")
