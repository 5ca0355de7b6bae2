"""Errata about dropout, penalties and early stopping."""

from __future__ import annotations

import torch

from errata.close import close, random, tensor
from errata.entry import Proof


def test_time_factor() -> Proof:
    """The mean input of a unit while a fifth of the units is dropped, and what equals it afterwards."""
    a, w = random(10_000, seed=1).abs(), random(10_000, seed=2).abs()
    rate = 0.2
    stream = torch.Generator().manual_seed(3)
    kept = (torch.rand(200, 10_000, generator=stream, dtype=torch.float64) >= rate).double()
    in_training = float((kept * a @ w).mean())
    full = float(a @ w)
    return Proof(
        {"keep": 1 - rate, "ratio": in_training / full, "rate": rate, "inverse": 1 / rate},
        {
            "the keep probability makes up for it": close(in_training / full, 1 - rate, 0.005),
            "neither the rate nor its inverse does": abs(in_training / full - rate) > 0.5,
        },
    )


def inverted() -> Proof:
    """PyTorch's dropout in training and in evaluation."""
    layer, ones = torch.nn.Dropout(0.2), torch.ones(200_000, dtype=torch.float64)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        trained = layer(ones)
    tested = layer.eval()(ones)
    return Proof(
        {
            "kept": float((trained > 0).double().mean()),
            "value": float(trained.max()),
            "mean": float(trained.mean()),
        },
        {
            "in training the kept ones are divided by the keep probability": close(trained.max(), 1 / 0.8),
            "the mean stays": close(trained.mean(), 1, 0.01),
            "in evaluation nothing is scaled": bool((tested == 1).all()),
        },
    )


def keep_or_drop() -> Proof:
    """A mask drawn with 1 - keep_prob."""
    stream = torch.Generator().manual_seed(0)
    draws = torch.rand(200_000, generator=stream, dtype=torch.float64)
    printed, right = (draws < 1 - 0.8).double(), (draws < 0.8).double()
    return Proof(
        {
            "printed": float(printed.mean()),
            "right": float(right.mean()),
            "mean": float((printed / 0.2).mean()),
        },
        {
            "as printed a fifth is kept": close(printed.mean(), 0.2, 0.01),
            "the mean hides it": close((printed / 0.2).mean(), 1, 0.02),
        },
    )


def new_masks() -> Proof:
    """The masks of two batches of one epoch, and of two examples of one batch."""
    layer, ones = torch.nn.Dropout(0.5), torch.ones(2, 1000)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second = layer(ones), layer(ones)
    return Proof(
        {"same": float((first[0] == second[0]).double().mean())},
        {
            "two batches differ": not torch.equal(first, second),
            "two examples differ": not torch.equal(first[0], first[1]),
        },
    )


def squared_norm() -> Proof:
    """The gradient of the penalty and of the norm."""
    w = tensor([3.0, 4.0], learnt=True)
    (penalty,) = torch.autograd.grad((w**2).sum(), w)
    (norm,) = torch.autograd.grad(w.norm(), w)
    return Proof(
        {"penalty": float((w.detach() ** 2).sum()), "norm": float(w.detach().norm())},
        {
            "the square pulls in proportion to the weight": close(penalty, 2 * w.detach()),
            "the norm pulls with length 1 wherever the weight is": close(norm.norm(), 1),
        },
    )


def normalised_or_regularised() -> Proof:
    """What L2 normalisation and a step of L2 regularisation do to the same weights."""
    w = tensor([3.0, 4.0])
    normalised = w / w.norm()
    regularised = w - 0.1 * 2 * 0.5 * w
    return Proof(
        {
            "a": float(normalised[0]),
            "b": float(normalised[1]),
            "c": float(regularised[0]),
            "d": float(regularised[1]),
        },
        {"one has length 1, the other not": close(normalised.norm(), 1) and float(regularised.norm()) > 4},
    )


def patience() -> Proof:
    """Where the same losses stop, with a patience of 1 and of 3."""
    losses = [1.0, 0.8, 0.85, 0.7, 0.6, 0.62, 0.65, 0.7, 0.75]

    def stopped(after: int) -> float:
        best, bad = float("inf"), 0
        for loss in losses:
            best, bad = (loss, 0) if loss < best else (best, bad + 1)
            if bad == after:
                break
        return best

    return Proof(
        {"one": stopped(1), "three": stopped(3)},
        {"the setting matters": stopped(1) != stopped(3)},
    )
