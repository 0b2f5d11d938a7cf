"""What this machine can train with: a GPU and its number format, Unsloth, bitsandbytes. Asked here and nowhere else.

Import this module before transformers, trl and peft: Unsloth, where it is used, has to change them first.
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
    """How the weights of a base are held while an adapter to them is trained."""

    FOUR_BITS = "4bit"
    EIGHT_BITS = "8bit"


def has_gpu() -> bool:
    """Whether there is a GPU that PyTorch can use; Apple's is left alone, as nobody has tried it."""
    return torch.cuda.is_available()


def has_unsloth() -> bool:
    """Whether Unsloth is installed and has the GPU that it needs."""
    return has_gpu() and find_spec("unsloth") is not None


def number_type() -> torch.dtype:
    """What a large base computes in: bfloat16 where the GPU has it, float16 on older ones, float32 on a CPU."""
    if not has_gpu():
        return torch.float32
    major, _ = torch.cuda.get_device_capability()
    return torch.bfloat16 if major >= _FIRST_WITH_BFLOAT16 else torch.float16


def quantisation(wanted: str | None) -> Quantisation | None:
    """The quantisation that was asked for, or none where bitsandbytes cannot do it, with a word about that."""
    if wanted is None:
        return None
    chosen = Quantisation(wanted)
    if has_gpu() and find_spec("bitsandbytes") is not None:
        return chosen
    missing = "bitsandbytes is not installed" if has_gpu() else "there is no GPU"
    print(f"The base is not quantised to {chosen}, because {missing}.")
    return None


def peak_memory() -> int | None:
    """The most bytes that this process has held, of the GPU where there is one; None where unreadable."""
    return torch.cuda.max_memory_reserved() if has_gpu() else meter.peak_memory(os.getpid())


def describe() -> str:
    """This machine in a line, for logs and notebooks."""
    if not has_gpu():
        return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, no GPU"
    name, memory = torch.cuda.get_device_name(), torch.cuda.get_device_properties(0).total_memory
    return f"{name}, {memory / 2**30:.0f} GiB{', Unsloth' if has_unsloth() else ''}"


if has_unsloth():
    import_module("unsloth")
