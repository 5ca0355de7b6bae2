"""The engine: gradients of a step without autograd."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from glasshouse.core.errors import TrainingError
from glasshouse.objectives import Objective
from glasshouse.training.batches import Batch
from glasshouse.training.dense.kernels import below_autograd
from glasshouse.training.dense.plan import BoundPlan, Plan
from glasshouse.training.dense.site import Gradients, UnsupportedError
from glasshouse.training.engine import Answers, EngineName, Noisy, Saw, unchanged, weight_of
from glasshouse.training.flat import FlatParameters


class DenseEngine:
    """Forward and backward written out, into buffers that are made once for each size of a batch.

    Args:
        plan: The network's.
        objective: How outputs become a loss.
        flat: The parameters' buffers, into which the gradients are written; installed before the first step.
        noisy: Puts noise on the inputs of a batch, where a regularizer asks for it.
    """

    name: EngineName = "dense"

    def __init__(
        self, plan: Plan, objective: Objective, flat: FlatParameters, noisy: Noisy = unchanged
    ) -> None:
        self._plan = plan
        self._objective = objective
        self._flat = flat
        self._noisy = noisy
        self._weighted = getattr(plan.loss, "class_weights", None) is not None
        self._bound: dict[tuple[int, bool], BoundPlan] = {}
        self._bound_aside: dict[tuple[int, bool], BoundPlan] = {}
        self._aside: Aside | None = None

    def around(self) -> AbstractContextManager[Any]:
        """Autograd is passed by."""
        return below_autograd()

    def backward(
        self, batches: Sequence[Batch], answers: Answers | None, saw: Saw | None = None
    ) -> tuple[float, float]:
        """Gradients of the mean loss over all rows of the step, into the flat buffers.

        To be called without gradients being recorded.

        Args:
            batches: Those of the step; between two steps only their number of rows may change.
            answers: Told the outputs and targets of every batch, where somebody wants them.
            saw: Told the name and the outputs of every layer, where somebody looks.

        Returns:
            The mean loss, and what it counts in the epoch's mean.
        """
        if len(batches) > 1:
            return self._accumulated(batches, answers, saw)
        inputs, targets, weights = batches[0]
        rows = targets.shape[0]  # len() of a tensor takes a frame of Python
        kind = rows, weights is not None
        bound = self._bound.get(kind)
        if bound is None:
            bound = self._bound[kind] = self._bind(batches[0], own_gradient)
        if weights is not None:
            total = float(weights.sum())
            loss, outputs = bound.run(self._noisy(inputs), targets, weights / (total or 1.0), saw)
            if answers is not None:
                answers(outputs.clone(), targets)
            return loss.item(), total
        loss, outputs = bound.run(self._noisy(inputs), targets, 1.0, saw)
        if answers is not None:
            answers(outputs.clone(), targets)
        return loss.item(), self._objective.weight(targets) if self._weighted else float(rows)

    def _accumulated(
        self, batches: Sequence[Batch], answers: Answers | None, saw: Saw | None
    ) -> tuple[float, float]:
        """The same for several batches, whose gradients are computed beside and added up."""
        weights = [weight_of(self._objective, batch) for batch in batches]
        total = sum(weights) or 1.0
        if self._aside is None:
            self._aside = Aside(self._flat)
        mean: torch.Tensor | None = None
        for batch, weight in zip(batches, weights, strict=True):
            inputs, targets, own = batch
            kind = targets.shape[0], own is not None
            if kind not in self._bound_aside:
                self._bound_aside[kind] = self._bind(batch, self._aside.gradient)
            share = weight / total if own is None else own / total
            loss, outputs = self._bound_aside[kind].run(self._noisy(inputs), targets, share, saw)
            self._aside.move(first=mean is None)
            if answers is not None:
                answers(outputs.clone(), targets)
            mean = loss.clone() if mean is None else mean + loss
        assert mean is not None
        return mean.item(), sum(weights)

    def _bind(self, batch: Batch, gradient: Gradients) -> BoundPlan:
        """Make the buffers for batches of another size."""
        inputs, targets, weights = batch
        if inputs.dtype != self._plan.dtype:
            raise TrainingError(
                f"inputs of type {inputs.dtype} for a network of {self._plan.dtype}",
                expected="the same type",
                fix=f"convert one of them, say with network.to({inputs.dtype})",
            )
        try:
            return self._plan.bind(inputs.shape, targets.is_floating_point(), gradient, weights is not None)
        except UnsupportedError as error:
            raise TrainingError(
                f"the dense engine cannot go on: {error}",
                expected="batches that fit the network",
                fix="set training.engine to 'autograd'",
            ) from error


def own_gradient(parameter: torch.Tensor) -> torch.Tensor | None:
    """Where a parameter's gradient lies, which is a view of the flat buffer; ``None`` for a frozen one."""
    return parameter.grad if parameter.requires_grad else None


class Aside:
    """A flat buffer beside the gradients', for those batches of a step that are added up.

    Args:
        flat: The parameters' buffers, installed.
    """

    def __init__(self, flat: FlatParameters) -> None:
        self._whole = flat.gradients
        self._beside = torch.zeros_like(flat.gradients)

    def gradient(self, parameter: torch.Tensor) -> torch.Tensor | None:
        """The same place in the buffer beside."""
        own = own_gradient(parameter)
        if own is None:
            return None
        return torch.as_strided(self._beside, own.shape, own.stride(), own.storage_offset())

    def move(self, first: bool) -> None:
        """Add what lies beside to the gradients, or begin them with it."""
        if first:
            self._whole.copy_(self._beside)
        else:
            self._whole.add_(self._beside)
