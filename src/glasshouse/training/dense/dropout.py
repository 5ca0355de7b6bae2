"""Dropout with the mask that PyTorch's own would have drawn at that moment."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.training.dense.site import Bound, Site


def dropout(module: nn.Dropout, site: Site) -> Bound:
    """``y = m x / (1 - p)``, with the same draws from the global generator as ``torch.nn.Dropout``.

    PyTorch fills a tensor like the inputs with Bernoulli numbers, divides by the chance to be kept, and
    multiplies. So does this, and where p is 0 or 1 neither draws anything.
    """
    p, multiply = module.p, torch.mul
    if p == 0:
        return Bound(None, None, site.shape)
    y, mask, kept = site.empty(), site.empty().zero_(), 1 - p

    def forward(x: torch.Tensor) -> torch.Tensor:
        if kept:
            mask.bernoulli_(kept).div_(kept)
        return multiply(x, mask, out=y)

    return Bound(forward, lambda dy: dy.mul_(mask), site.shape)
