"""Readers of loss functions: the rules are those of ``glasshouse.losses``."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.explain.operations.layer_calls import by_card
from glasshouse.explain.reading import Call, Reader, Reading
from glasshouse.losses import (
    LOSSES,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)


def cross_entropy(
    call: Call,
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Reading | None:
    """Cross-entropy of a batch by its mean, with no class left out."""
    unusual = size_average is not None or reduce is not None or reduction != "mean" or input.dim() < 2
    if unusual or (not target.is_floating_point() and bool((target == ignore_index).any())):
        return None
    module = CrossEntropy(weight, label_smoothing)
    return by_card(LOSSES, "cross_entropy", module, outputs=input, targets=target)


def by_mean(name: str, module: Any) -> Reader:
    """The reader of a loss that is a mean over numbers.

    Args:
        name: The concept's name.
        module: The loss.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        target: torch.Tensor,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        weight: torch.Tensor | None = None,
        pos_weight: torch.Tensor | None = None,
        **settings: Any,
    ) -> Reading | None:
        unusual = size_average is not None or reduce is not None or reduction != "mean"
        if unusual or weight is not None or pos_weight is not None or target.requires_grad:
            return None
        if input.shape != target.shape:
            return None
        return by_card(LOSSES, name, module(**settings), outputs=input, targets=target)

    return reader


def _chances() -> BinaryCrossEntropy:
    return BinaryCrossEntropy(from_logits=False)


LOSS_CALLS: dict[str, Reader] = {
    "cross_entropy": cross_entropy,
    "mse_loss": by_mean("mse", MeanSquaredError),
    "l1_loss": by_mean("mae", MeanAbsoluteError),
    "huber_loss": by_mean("huber", Huber),
    "binary_cross_entropy_with_logits": by_mean("binary_cross_entropy", BinaryCrossEntropy),
    "binary_cross_entropy": by_mean("binary_cross_entropy", _chances),
}
"""The reader of each loss function, by its name."""
