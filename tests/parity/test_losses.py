"""Losses against PyTorch, values and gradients, and the perceptron criterion against Rosenblatt's rule."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from glasshouse.core.errors import SettingError
from glasshouse.losses import LOSSES


def pair(classes=4, rows=9):
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(rows, classes, generator=generator, dtype=torch.float64, requires_grad=True)
    return outputs, torch.randint(0, classes, (rows,), generator=generator)


def gradients(loss, outputs):
    return torch.autograd.grad(loss, outputs)[0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 4.0]])
def test_cross_entropy_is_pytorchs(weights, smoothing):
    outputs, targets = pair()
    ours = LOSSES.build("cross_entropy", class_weights=weights, label_smoothing=smoothing)
    ours = ours.double()
    weight = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    theirs = F.cross_entropy(outputs, targets, weight=weight, label_smoothing=smoothing)
    assert ours(outputs, targets).item() == pytest.approx(theirs.item(), abs=1e-12)
    assert torch.allclose(gradients(ours(outputs, targets), outputs), gradients(theirs, outputs), atol=1e-12)
    expected = float(len(targets)) if weight is None else float(weight[targets].sum())
    assert ours.weight(targets) == pytest.approx(expected)


HUBER = {"name": "huber", "delta": 0.3}
REGRESSION = [("mse", F.mse_loss), ("mae", F.l1_loss), (HUBER, lambda a, b: F.huber_loss(a, b, delta=0.3))]


@pytest.mark.parametrize(("name", "theirs"), REGRESSION, ids=["mse", "mae", "huber"])
def test_regression_losses_are_pytorchs(name, theirs):
    outputs, _ = pair(classes=1)
    targets = torch.randn(9, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    ours = LOSSES.build(name)
    assert ours(outputs, targets).item() == theirs(outputs, targets).item()
    assert torch.equal(
        gradients(ours(outputs, targets), outputs), gradients(theirs(outputs, targets), outputs)
    )


def test_the_perceptron_criterion_is_the_multi_margin_loss_without_margin():
    # PyTorch's multi-margin loss sums over all rivals above the margin; with two classes there is one rival.
    outputs, targets = pair(classes=2)
    ours = LOSSES.build("perceptron")(outputs, targets)
    theirs = F.multi_margin_loss(outputs, targets, margin=0.0) * 2
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-12)
    assert torch.allclose(gradients(ours, outputs), gradients(theirs, outputs), atol=1e-12)


def test_class_weights_must_be_positive():
    with pytest.raises(SettingError, match=r"class_weights = \[1.0, 0.0\]"):
        LOSSES.build("cross_entropy", class_weights=[1.0, 0.0])


def test_label_smoothing_must_be_below_one():
    with pytest.raises(
        SettingError, match=r"label_smoothing = 1.0\n  expected: a finite number at least 0 and below 1"
    ):
        LOSSES.build("cross_entropy", label_smoothing=1.0)
