"""Rows, class weights and what is counted, as the compiled loop takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.losses.contract import Meaning
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.fused import codes
from glasshouse.training.fused.plan import FusedPlan

Rows = tuple[NDArray[Any], NDArray[np.int64], NDArray[Any]]
"""Inputs, classes and values of rows, each in a line; one of the last two is empty."""


def kind_of(plan: FusedPlan) -> type[np.floating[Any]]:
    """The type of all numbers."""
    return np.float32 if plan.dtype == torch.float32 else np.float64


def rows_of(inputs: torch.Tensor, targets: torch.Tensor, plan: FusedPlan) -> Rows:
    """Rows as arrays, in the memory that they have where that is possible.

    Args:
        inputs: (N, ...).
        targets: Classes (N,), or numbers.
        plan: Whose loss says which of them.
    """
    shown = inputs.reshape(len(inputs), -1).contiguous().numpy().reshape(-1)
    if plan.loss == codes.CLASS_INDICES:
        return shown, targets.contiguous().numpy(), np.zeros(0, dtype=kind_of(plan))
    values = shown
    if targets is not inputs:
        values = targets.to(plan.dtype).contiguous().numpy().reshape(-1)
    return shown, np.zeros(0, dtype=np.int64), values


def class_weights_of(plan: FusedPlan) -> NDArray[Any]:
    """Weights of the classes, or nothing."""
    if plan.class_weights is None:
        return np.zeros(0, dtype=kind_of(plan))
    weights: NDArray[Any] = plan.class_weights.numpy().astype(kind_of(plan))
    return weights


def counting_of(meaning: Meaning | None, loss: int) -> int:
    """How right answers are counted in the loop; nothing is where accuracy is not what is measured.

    Args:
        meaning: What the outputs are.
        loss: The loss by its number.

    Example:
        >>> counting_of("logits", codes.CLASS_INDICES) == codes.COUNT_CLASSES
        True
    """
    if meaning == "logit":
        return codes.COUNT_YES_OR_NO
    if meaning == "logits":
        return codes.COUNT_SHARES if loss == codes.CLASS_SHARES else codes.COUNT_CLASSES
    return codes.COUNT_NOTHING


def show_targets(loss: Any, batches: InMemoryBatches, plan: FusedPlan) -> None:
    """Let a loss look at the first targets, beside outputs of zeros, and say what is wrong with them.

    Args:
        loss: One of ours.
        batches: What is learnt.
        plan: Of the network.

    Raises:
        DataError: They are of the wrong kind.
    """
    if loss.looked_at:
        return
    targets = batches.whole.targets[batches.order(0)[: batches.sizes[0][0]]]
    outputs = torch.zeros(len(targets), plan.layers[-1].width, dtype=plan.dtype)
    with torch.no_grad():
        loss(outputs, targets)


def nobody_judges(plan: FusedPlan, members: int = 1) -> tuple[Any, ...]:
    """What the loop is told where no rows judge.

    Args:
        plan: Of the networks.
        members: How many there are.
    """
    tables = np.zeros((members, 0, codes.COLUMNS), dtype=np.int64), np.zeros((members, 0, 2))
    nothing = np.zeros(0, dtype=kind_of(plan))
    rows = nothing, np.zeros(0, dtype=np.int64), nothing
    none = np.zeros(0, dtype=np.int64)
    return *tables, 0, 0, *rows, np.zeros((members, 0), dtype=np.int64), none, none
