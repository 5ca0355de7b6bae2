"""A factor and an offset for each number, neither of them learnt."""

from __future__ import annotations

import torch

from glasshouse.models.rescale import Rescale
from glasshouse.training.dense.site import Bound, Site


def rescale(module: Rescale, site: Site) -> Bound:
    """``y = f x + o``, ``dx = f dy``."""
    y, factor, offset = site.empty(), module.factor, module.offset

    def forward(x: torch.Tensor) -> torch.Tensor:
        return torch.addcmul(offset, x, factor, out=y)

    def backward(dy: torch.Tensor) -> torch.Tensor:
        return dy.mul_(factor)

    return Bound(forward, backward, site.shape)
