"""The engine: gradients of a step without autograd."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.errors import TrainingError
from glasshouse.objectives import Supervised
from glasshouse.training.batches import Batch
from glasshouse.training.dense.plan import BoundPlan, Plan
from glasshouse.training.dense.site import Gradients, UnsupportedError
from glasshouse.training.engine import Answers, Saw
from glasshouse.training.flat import FlatParameters

MOST_SHAPES = 8
"""Shapes of batches whose buffers are kept; an epoch has two or three."""


class DenseEngine:
    """Forward and backward written out, into buffers that are made once for each shape of a batch.

    Args:
        plan: The network's.
        objective: How outputs become a loss.
        flat: The parameters' buffers, into which the gradients are written; installed before the first step.
    """

    name = "dense"

    def __init__(self, plan: Plan, objective: Supervised, flat: FlatParameters) -> None:
        self._plan = plan
        self._objective = objective
        self._flat = flat
        self._bound: dict[tuple[torch.Size, torch.Size, torch.dtype, bool], BoundPlan] = {}
        self._aside: Aside | None = None

    def backward(
        self, batches: Sequence[Batch], answers: Answers, saw: Saw | None = None
    ) -> tuple[float, float]:
        """Gradients of the mean loss over all rows of the step, into the flat buffers.

        Args:
            batches: Those of the step.
            answers: Told the outputs and targets of every batch.
            saw: Told the name and the outputs of every layer, where somebody looks.

        Returns:
            The mean loss, and what it counts in the epoch's mean.
        """
        with torch.no_grad():
            if len(batches) == 1:
                batch = batches[0]
                loss, outputs = self._run(batch, 1.0, False, saw)
                answers(outputs.clone(), batch.targets)
                return loss.item(), self._objective.weight(batch.targets)
            return self._accumulated(batches, answers, saw)

    def _accumulated(self, batches: Sequence[Batch], answers: Answers, saw: Saw | None) -> tuple[float, float]:
        weights = [self._objective.weight(batch.targets) for batch in batches]
        total = sum(weights)
        if self._aside is None:
            self._aside = Aside(self._flat)
        mean: torch.Tensor | None = None
        for batch, weight in zip(batches, weights, strict=True):
            loss, outputs = self._run(batch, weight / total, True, saw)
            self._aside.move(first=mean is None)
            answers(outputs.clone(), batch.targets)
            mean = loss.clone() if mean is None else mean + loss
        return (0.0 if mean is None else mean.item()), total

    def _run(
        self, batch: Batch, share: float, aside: bool, saw: Saw | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Forward and backward over one batch: the loss times its share, and the outputs."""
        x, targets = batch
        bound = self._bound.get((x.shape, targets.shape, targets.dtype, aside))
        fresh = bound is None
        if bound is None:
            bound = self._bind(x, targets, aside)
        for name, forward in bound.forwards:
            if forward is not None:
                x = forward(x)
            if saw is not None and name:
                saw(name, x)
        if fresh:
            self._objective.loss(x, targets)  # which says what is wrong with outputs or targets
        loss, gradient = bound.head(x, targets, share)
        for backward in bound.backwards:
            gradient = backward(gradient)
        return loss, x

    def _bind(self, x: torch.Tensor, targets: torch.Tensor, aside: bool) -> BoundPlan:
        """Make the buffers for a new shape, and let the loss itself look at its first batch."""
        if x.dtype != self._plan.dtype:
            raise TrainingError(
                f"inputs of type {x.dtype} for a network of {self._plan.dtype}",
                expected="the same type",
                fix=f"convert one of them, say with network.to({x.dtype})",
            )
        if len(self._bound) >= MOST_SHAPES:
            self._bound.pop(next(iter(self._bound)))
        gradient: Gradients = self._aside.gradient if aside and self._aside is not None else own_gradient
        try:
            bound = self._plan.bind(x.shape, targets.is_floating_point(), gradient)
        except UnsupportedError as error:
            raise TrainingError(
                f"the dense engine cannot go on: {error}",
                expected="batches that fit the network",
                fix="set training.engine to 'autograd'",
            ) from error
        self._bound[x.shape, targets.shape, targets.dtype, aside] = bound
        return bound


def own_gradient(parameter: nn.Parameter) -> torch.Tensor | None:
    """Where a parameter's gradient lies, which is a view of the flat buffer; ``None`` for a frozen one."""
    return parameter.grad if parameter.requires_grad else None


class Aside:
    """Flat buffers beside the gradients', for those batches of a step that are added up.

    Args:
        flat: The parameters' buffers, installed.
    """

    def __init__(self, flat: FlatParameters) -> None:
        self._pairs = [
            (leaf.grad, torch.zeros_like(leaf.grad))
            for group in flat.groups
            for leaf in group.leaves
            if leaf.grad is not None
        ]

    def gradient(self, parameter: nn.Parameter) -> torch.Tensor | None:
        """The same place in the buffer beside."""
        own = own_gradient(parameter)
        for whole, beside in self._pairs:
            if own is not None and own.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr():
                return torch.as_strided(beside, own.shape, own.stride(), own.storage_offset())
        return None

    def move(self, first: bool) -> None:
        """Add what lies beside to the gradients, or begin them with it."""
        for whole, beside in self._pairs:
            if first:
                whole.copy_(beside)
            else:
                whole.add_(beside)
