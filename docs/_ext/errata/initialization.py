"""Errata about the first weights and about normalisation layers."""

from __future__ import annotations

import math

import torch

from errata.close import close, random, tensor
from errata.entry import Proof
from glasshouse.initializers import INITIALIZERS


def glorot() -> Proof:
    """The variance of Glorot's weights for 400 inputs and 120 outputs, drawn and by formula."""
    weights = torch.empty(120, 400, dtype=torch.float64)
    drawn = {}
    for name in ("glorot_normal", "glorot_uniform"):
        INITIALIZERS.build(name)(weights, generator=torch.Generator().manual_seed(0))
        drawn[name] = float(weights.var())
    formula = 2 / (400 + 120)
    bound = float(weights.abs().max())
    return Proof(
        {
            "right": formula,
            "half": 1 / (400 + 120),
            "drawn": drawn["glorot_normal"],
            "bound": math.sqrt(6 / 520),
        },
        {
            "both forms have the variance 2 / (in + out)": all(
                close(each, formula, 0.02 * formula) for each in drawn.values()
            ),
            "not half of it": not close(drawn["glorot_normal"], formula / 2, 0.2 * formula),
            "the uniform bound": bound <= math.sqrt(6 / 520) and close(bound, math.sqrt(6 / 520), 1e-4),
        },
    )


def symmetry() -> Proof:
    """Ten steps of two hidden units that begin alike."""
    x, t = random(20, 3, seed=1), random(20, 1, seed=2)
    v = torch.full((2, 3), 0.3, dtype=torch.float64, requires_grad=True)
    w = torch.full((1, 2), 0.5, dtype=torch.float64, requires_grad=True)
    for _ in range(10):
        loss = ((torch.tanh(x @ v.T) @ w.T - t) ** 2).mean()
        for parameter, gradient in zip((v, w), torch.autograd.grad(loss, (v, w)), strict=True):
            parameter.data -= 0.1 * gradient
    return Proof(
        {"first": float(v[0, 0].detach()), "second": float(v[1, 0].detach())},
        {
            "the units stay alike": close(v[0].detach(), v[1].detach()),
            "they learn": abs(float(v[0, 0].detach()) - 0.3) > 0.001,
        },
    )


def batch_norm_divisor() -> Proof:
    """The batch 1, 2, 3, 4 normalised, and its running variance."""
    layer, x = torch.nn.BatchNorm1d(1, eps=1e-5, momentum=1.0).double(), tensor([[1.0], [2.0], [3.0], [4.0]])
    y = layer(x).detach().flatten()
    by_variance = ((x - 2.5) / 1.25).flatten()
    return Proof(
        {
            "large": float(y[3]),
            "small": float(y[2]),
            "wrong": float(by_variance[0]),
            "running": float(layer.running_var),
        },
        {
            "divided by sqrt(variance + eps)": close(y, ((x - 2.5) / math.sqrt(1.25 + 1e-5)).flatten()),
            "not by the variance": not close(y, by_variance, 0.05),
            "the running variance is the unbiased one": close(layer.running_var, 5 / 3),
        },
    )


def layer_norm_axis() -> Proof:
    """Layer norm of one example, alone and among others."""
    layer, x = torch.nn.LayerNorm(4).double(), random(8, 4, seed=4)
    together, alone = layer(x)[0].detach(), layer(x[:1])[0].detach()
    batch = torch.nn.BatchNorm1d(4).double()
    return Proof(
        {},
        {
            "other examples change nothing": close(together, alone),
            "its features have the mean 0": close(together.mean(), 0),
            "in batch norm they change it": not close(batch(x)[0].detach(), batch(x[:2])[0].detach(), 0.1),
        },
    )
