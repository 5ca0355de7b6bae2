"""A linear layer in three products: ``y = x W' + b``; back ``dW = dy' x``, ``db = sum dy``, ``dx = dy W``."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.training.dense.site import Bound, Site, UnsupportedError, flat_rows

addmm, mm, total = torch.addmm, torch.mm, torch.sum


def linear(module: nn.Linear, site: Site) -> Bound:
    """The products of ``glasshouse.layers.linear.LinearRule``, each into a buffer.

    They are the products that autograd takes, in the same order, so the same bits come out.
    """
    rows, width = flat_rows(site)
    if width != module.in_features:
        raise UnsupportedError(site.name, f"it takes {module.in_features} features and receives {width}")
    weight = module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    turned: torch.Tensor = weight.t()
    y = site.empty(rows, module.out_features)
    kept = y  # until the first forward pass, anything

    def forward(x: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept = x
        return mm(x, turned, out=y) if bias is None else addmm(bias, x, turned, out=y)

    in_weight = site.gradient(module.weight)
    in_bias = None if module.bias is None else site.gradient(module.bias)
    dx = site.empty(rows, width) if site.wanted else y
    known, known_turned = y, y.t()  # gradients arrive in the same buffer every time

    def backward(dy: torch.Tensor) -> torch.Tensor:
        nonlocal known, known_turned
        if dy is not known:
            known, known_turned = dy, dy.t()
        if in_weight is not None:
            mm(known_turned, kept, out=in_weight)
        if in_bias is not None:
            total(dy, 0, out=in_bias)
        return mm(dy, weight, out=dx) if site.wanted else dx

    return Bound(forward, backward, (rows, module.out_features))
