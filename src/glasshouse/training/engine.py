"""Engines: what computes the gradients of a step. This one asks autograd; the dense engine does without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol

import torch
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.objectives import Objective
from glasshouse.objectives.contract import Step
from glasshouse.training.batches import Batch
from glasshouse.training.flat import FlatParameters
from glasshouse.training.job import Job

EngineName = Literal["fused", "dense", "autograd"]
Answers = Callable[[torch.Tensor, torch.Tensor], None]
"""Told the outputs and the targets of a batch."""
Saw = Callable[[str, torch.Tensor], None]
"""Told the name and the outputs of a layer."""

Noting = Callable[[Mapping[str, torch.Tensor], float], None]
"""Told the further numbers of a batch, and what it counts."""

StepLoss = Callable[[nn.Module, torch.Tensor, torch.Tensor], Step]
"""From the network, inputs and targets of a batch to its loss: an objective, or one phase of it."""

Noisy = Callable[[torch.Tensor], torch.Tensor]
"""Puts noise on the inputs of a batch."""


def unchanged(inputs: torch.Tensor) -> torch.Tensor:
    """No noise."""
    return inputs


def weight_of(objective: Objective, batch: Batch) -> float:
    """What a batch counts in the mean over several.

    Args:
        objective: What may weigh classes.
        batch: With or without weights of its rows.
    """
    return objective.weight(batch.targets) if batch.weights is None else float(batch.weights.sum())


def taken(loss: StepLoss, network: nn.Module, batch: Batch, noisy: Noisy = unchanged) -> Step:
    """The step of a loss on a batch, with the weights of its rows where it has some.

    Args:
        loss: An objective, or one phase of it.
        network: In training mode.
        batch: The rows.
        noisy: Puts noise on the inputs.

    Raises:
        SettingError: There are weights, and the objective does not know what to do with them.
    """
    if batch.weights is None:
        return loss(network, noisy(batch.inputs), batch.targets)
    if not isinstance(loss, Objective):
        raise SettingError(
            "rows with weights and an objective of several phases",
            expected="rows that count alike",
            fix="leave the weights out",
        )
    return loss.weighted(network, noisy(batch.inputs), batch.targets, batch.weights)


class Engine(Protocol):
    """Computes gradients."""

    name: EngineName

    def around(self) -> AbstractContextManager[Any]:
        """In which context steps are to be taken."""
        ...

    def backward(
        self, batches: Sequence[Batch], answers: Answers | None, saw: Saw | None = None
    ) -> tuple[torch.Tensor | float, float]:
        """Gradients of the mean loss over all rows of the step, however they are cut into batches.

        Args:
            batches: Those of the step.
            answers: Told the outputs and targets of every batch, where somebody wants them.
            saw: Told of every layer's outputs, where somebody looks and no hooks are called.

        Returns:
            The mean loss, and what it counts in the epoch's mean.
        """
        ...


class AutogradEngine:
    """Any network, by autograd.

    Args:
        job: Network, objective and precision.
        loss: What becomes of a batch: the job's objective, or one phase of it.
        optimizer: Whose gradients are cleared.
        flat: The parameters' buffers, where they are flat.
        noisy: Puts noise on the inputs of a batch, where a regularizer asks for it.
        noting: Told the further numbers that the objective gives with a batch.
    """

    name: EngineName = "autograd"

    def __init__(
        self,
        job: Job,
        loss: StepLoss,
        optimizer: torch.optim.Optimizer,
        flat: FlatParameters | None,
        noisy: Noisy = unchanged,
        noting: Noting | None = None,
    ) -> None:
        self._noting = noting
        self._job = job
        self._loss = loss
        self._optimizer = optimizer
        self._flat = flat
        self._noisy = noisy

    def around(self) -> AbstractContextManager[Any]:
        """Gradients are recorded, as is usual."""
        return nullcontext()

    def backward(
        self, batches: Sequence[Batch], answers: Answers | None, saw: Saw | None = None
    ) -> tuple[torch.Tensor, float]:
        """Gradients of the mean loss over all rows of the step, however they are cut into batches."""
        job = self._job
        self.zero_gradients()
        weights = [weight_of(job.objective, batch) for batch in batches]
        total = sum(weights)
        mean: torch.Tensor | None = None
        for batch, weight in zip(batches, weights, strict=True):
            with job.precision.forward():
                loss, outputs, parts = taken(self._loss, job.network, batch, self._noisy)
            if parts and self._noting is not None:
                self._noting(parts, weight)
            share = loss if len(batches) == 1 else loss * (weight / (total or 1.0))
            job.precision.scaled(share).backward()  # type: ignore[no-untyped-call]
            if answers is not None:
                answers(outputs, batch.targets)
            mean = share.detach() if mean is None else mean + share.detach()
        assert mean is not None
        return mean, total

    def zero_gradients(self) -> None:
        """Forget the gradients of the step before."""
        if self._flat:
            self._flat.zero_gradients()
        else:
            self._optimizer.zero_grad(set_to_none=True)
