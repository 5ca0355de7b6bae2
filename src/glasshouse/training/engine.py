"""Engines: what computes the gradients of a step. This one asks autograd; the dense engine does without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol

import torch

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

Noisy = Callable[[torch.Tensor], torch.Tensor]
"""Puts noise on the inputs of a batch."""


def unchanged(inputs: torch.Tensor) -> torch.Tensor:
    """No noise."""
    return inputs


class Engine(Protocol):
    """Computes gradients."""

    name: EngineName

    def around(self) -> AbstractContextManager[Any]:
        """In which context steps are to be taken."""
        ...

    def backward(
        self, batches: Sequence[Batch], answers: Answers, saw: Saw | None = None
    ) -> tuple[torch.Tensor | float, float]:
        """Gradients of the mean loss over all rows of the step, however they are cut into batches.

        Args:
            batches: Those of the step.
            answers: Told the outputs and targets of every batch.
            saw: Told of every layer's outputs, where somebody looks and no hooks are called.

        Returns:
            The mean loss, and what it counts in the epoch's mean.
        """
        ...


class AutogradEngine:
    """Any network, by autograd.

    Args:
        job: Network, objective and precision.
        optimizer: Whose gradients are cleared.
        flat: The parameters' buffers, where they are flat.
        noisy: Puts noise on the inputs of a batch, where a regularizer asks for it.
        noting: Told the further numbers that the objective gives with a batch.
    """

    name: EngineName = "autograd"

    def __init__(
        self,
        job: Job,
        optimizer: torch.optim.Optimizer,
        flat: FlatParameters | None,
        noisy: Noisy = unchanged,
        noting: Noting | None = None,
    ) -> None:
        self._noting = noting
        self._job = job
        self._optimizer = optimizer
        self._flat = flat
        self._noisy = noisy

    def around(self) -> AbstractContextManager[Any]:
        """Gradients are recorded, as is usual."""
        return nullcontext()

    def backward(
        self, batches: Sequence[Batch], answers: Answers, saw: Saw | None = None
    ) -> tuple[torch.Tensor, float]:
        """Gradients of the mean loss over all rows of the step, however they are cut into batches."""
        job = self._job
        self.zero_gradients()
        weights = [job.objective.weight(batch.targets) for batch in batches]
        total = sum(weights)
        mean: torch.Tensor | None = None
        for batch, weight in zip(batches, weights, strict=True):
            with job.precision.forward():
                loss, outputs, parts = job.objective(job.network, self._noisy(batch.inputs), batch.targets)
            if parts and self._noting is not None:
                self._noting(parts, weight)
            share = loss if len(batches) == 1 else loss * (weight / total)
            job.precision.scaled(share).backward()  # type: ignore[no-untyped-call]
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
