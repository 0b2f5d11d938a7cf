"""The number type for training: bfloat16 if the hardware supports it, otherwise float32.

On a processor without AVX512_BF16 or AMX, PyTorch multiplies bfloat16 matrices eleven times slower than float32 ones
(LOG.md, 2026-11-25), and PyTorch's Muon always orthogonalises in bfloat16.
"""

from __future__ import annotations

import torch
from torch.optim import _muon


def compute_type(device: str) -> torch.dtype:
    """The type of weights and activations in training."""
    has_bfloat16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if device == "cuda" or has_bfloat16 else torch.float32


def orthogonalise_in_float32() -> None:
    """Make Muon work in float32 from now on: replaces a private function of PyTorch 2.13, the pinned version."""
    _muon._zeropower_via_newtonschulz = _zeropower


def _zeropower(
    grad: torch.Tensor, ns_coefficients: tuple[float, float, float], ns_steps: int, eps: float
) -> torch.Tensor:
    """The Newton-Schulz iteration, as in Keller Jordan's Muon (https://github.com/KellerJordan/Muon)."""
    a, b, c = ns_coefficients
    wide = grad.shape[0] <= grad.shape[1]
    x = grad if wide else grad.T
    x = x / x.norm().clamp(min=eps)
    for _ in range(ns_steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if wide else x.T
