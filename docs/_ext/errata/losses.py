"""Errata about losses."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from errata.close import close, tensor
from errata.entry import Proof
from glasshouse.losses import LOSSES, Huber


def how_many_losses() -> Proof:
    """The losses that there are in Glasshouse alone."""
    return Proof({"count": len(LOSSES)}, {"more than two": len(LOSSES) > 2})


def one_term_too_many() -> Proof:
    """A mean whose sum begins at 0 and ends at N."""
    errors = [1.0, 1.0, 1.0, 1.0]
    right = sum(errors) / 4
    one_more = sum([*errors, 1.0]) / 4
    return Proof({"right": right, "more": one_more}, {"the mean of ones is 1": right == 1 != one_more})


def outlier() -> Proof:
    """MAE, MSE and the median before and after one outlier."""
    t, far = tensor([[0.0], [0.0], [0.0], [0.0]]), tensor([[1.0], [1.0], [1.0], [1.0]])
    wild = tensor([[1.0], [1.0], [1.0], [101.0]])
    mae, mse = LOSSES.build("mae"), LOSSES.build("mse")
    numbers = {
        "mae": float(mae(far, t)),
        "mae_wild": float(mae(wild, t)),
        "mse": float(mse(far, t)),
        "mse_wild": float(mse(wild, t)),
    }
    return Proof(
        numbers,
        {
            "MAE reacts": numbers["mae_wild"] > 20 * numbers["mae"],
            "MSE reacts more": numbers["mse_wild"] > 100 * numbers["mae_wild"] / 2,
        },
    )


def per_sample_and_mean() -> Proof:
    """Cross-entropy of single samples and of a batch."""
    scores, classes = tensor([[2.0, 0.0], [0.0, 0.5]]), torch.tensor([0, 0])
    each = F.cross_entropy(scores, classes, reduction="none")
    batch = float(LOSSES.build("cross_entropy")(scores, classes))
    return Proof(
        {"first": float(each[0]), "second": float(each[1]), "batch": batch},
        {"the batch has the mean": close(each.mean(), batch) and not close(each[0], each[1], 0.1)},
    )


def cross_entropy_of_probabilities() -> Proof:
    """Probabilities where logits are expected."""
    p, label = tensor([[0.1, 0.1, 0.8]]), torch.tensor([2])
    returned = float(F.cross_entropy(p, label))
    intended = float(F.nll_loss(p.log(), label))
    floor = float(F.cross_entropy(tensor([[0.0, 0.0, 1.0]]), label))
    return Proof(
        {"returned": returned, "intended": intended, "floor": floor},
        {
            "they differ": not close(returned, intended, 0.4),
            "the intended one is -ln 0.8": close(intended, -math.log(0.8)),
            "it never falls below ln(1 + 2/e)": close(floor, math.log(1 + 2 / math.e)),
        },
    )


def huber_regimes() -> Proof:
    """Huber with delta 1 at errors of 0.1 and 10."""
    loss = Huber(delta=1.0)
    small, large = (float(loss(tensor([[e]]), tensor([[0.0]]))) for e in (0.1, 10.0))
    return Proof(
        {"small": small, "large": large},
        {
            "quadratic near 0": close(small, 0.5 * 0.1**2),
            "linear far out": close(large, 10 - 0.5),
            "not the other way round": not close(small, 0.1, 0.05) and not close(large, 50, 1),
        },
    )


def hinge_labels() -> Proof:
    """The hinge of a wrong answer with label -1, and with the same label called 0."""
    score = 3.0
    right, zero = max(0.0, 1 - (-1) * score), max(0.0, 1 - 0 * score)
    unmoved = max(0.0, 1 - 0 * -3.0)
    return Proof(
        {"right": right, "zero": zero},
        {"a label 0 says the same for every score": zero == unmoved == 1 and right == 4},
    )
