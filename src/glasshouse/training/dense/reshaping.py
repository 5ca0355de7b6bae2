"""Layers that move numbers and compute none."""

from __future__ import annotations

import math

import torch
from torch import nn

from glasshouse.training.dense.site import Bound, Site, UnsupportedError


def flatten(module: nn.Flatten, site: Site) -> Bound:
    """Every row in one line."""
    if (module.start_dim, module.end_dim) not in ((1, -1), (1, len(site.shape) - 1)):
        raise UnsupportedError(site.name, "it flattens other axes than those of a row")
    if len(site.shape) == 2:
        return Bound(None, None, site.shape)
    before = site.shape
    return Bound(lambda x: x.flatten(1), lambda dy: dy.reshape(before), (before[0], math.prod(before[1:])))


def pair_of_scores(site: Site) -> Bound:
    """The one weighted sum of a two-class perceptron as scores ``(-z / 2, z / 2)``."""
    y, dz, join = site.empty(site.shape[0], 2), site.empty(), torch.cat

    def forward(z: torch.Tensor) -> torch.Tensor:
        return join([-z / 2, z / 2], dim=1, out=y)

    def backward(dy: torch.Tensor) -> torch.Tensor:
        return torch.sub(dy[:, 1:], dy[:, :1], out=dz).div_(2)

    return Bound(forward, backward, (site.shape[0], 2))
