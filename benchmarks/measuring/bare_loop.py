"""The least that a PyTorch program does at a step, with the module, loss, optimizer and batches of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.losses import CrossEntropy, MeanSquaredError
from glasshouse.objectives import Objective, Reconstruction, Supervised
from glasshouse.objectives.contract import Phase
from glasshouse.objectives.language import Language, detached
from glasshouse.objectives.translation import Translation
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.training.flat import grouped
from glasshouse.training.job import Job
from glasshouse.training.stream_batches import StreamBatches

LossOf = Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor]
PAD = 0
"""Where a text has ended."""


class BareLoop:
    """Forget the gradients, forward, backward, clip where the job clips, update. Nothing is noted.

    Args:
        network: A copy of the job's, with weights of its own.
        job: Its optimizer, clipping and batches count.
        part: The rows.
    """

    def __init__(self, network: nn.Module, job: Job, part: Part) -> None:
        self.network, self.job, self.part = network.train(), job, part
        phases: Sequence[Phase | None] = job.objective.phases or [None]
        self.optimizers = [optimizer_for(network, job, phase) for phase in phases]

    def epoch(self) -> None:
        """All steps once."""
        turns = list(zip(losses_of(self.job.objective), self.optimizers, strict=True))
        parameters = list(self.network.parameters())
        clip = self.job.clip_norm
        for inputs, targets in self.batches():
            for loss_of, optimizer in turns:
                optimizer.zero_grad()
                loss_of(self.network, inputs, targets).backward()  # type: ignore[no-untyped-call]
                if clip is not None:
                    nn.utils.clip_grad_norm_(parameters, clip)
                optimizer.step()

    def batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Shuffled rows by one gather for each batch; of a text, its pieces in their order."""
        inputs, targets = self.part.inputs, self.part.targets
        if isinstance(self.job.batches, StreamBatches):
            yield from ((each.inputs, each.targets) for (each,) in self.job.batches.epoch(0))
            return
        layout = torch.channels_last if inputs.dim() == 4 else torch.contiguous_format
        for rows in torch.randperm(len(inputs)).split(len(inputs) // self.job.batches.steps):
            shown = inputs[rows].contiguous(memory_format=layout)
            yield shown, shown if targets is inputs else targets[rows]


def optimizer_for(network: nn.Module, job: Job, phase: Phase | None) -> torch.optim.Optimizer:
    """The job's optimizer on the network's own parameters, fused where the trainer's is."""
    within = ("",) if phase is None else phase.moves
    groups = [
        {"params": group.members, "weight_decay": job.weight_decay if group.decayed else 0.0}
        for group in grouped(network, job.weight_decay, within=within)
    ]
    spec, rate = job.optimizer, job.learning_rate
    if phase is not None:
        spec = spec if phase.optimizer is None else phase.optimizer
        rate = rate if phase.learning_rate is None else phase.learning_rate
    fixed = {"learning_rate": rate, "weight_decay": job.weight_decay}
    optimizer: torch.optim.Optimizer = OPTIMIZERS.build(spec, groups, fixed=fixed)
    return optimizer


def losses_of(objective: Objective) -> list[LossOf]:
    """How a batch becomes losses, one for each optimizer, by PyTorch's own functions where possible."""
    if objective.phases:
        return [of_phase(phase) for phase in objective.phases]
    if type(objective) in (Supervised, Reconstruction):  # others add something to the loss of outputs
        known: dict[type, Any] = {CrossEntropy: F.cross_entropy, MeanSquaredError: F.mse_loss}
        own: Any = objective
        of_outputs = known.get(type(own.loss), own.loss)
        return [lambda network, inputs, targets: of_outputs(network(inputs), targets)]
    if isinstance(objective, Translation):
        return [lambda network, inputs, targets: surprise(network.forced(inputs, targets, 0.0), targets)]
    if isinstance(objective, Language):
        return [Reading()]
    return [lambda network, inputs, targets: objective(network, inputs, targets).loss]


def of_phase(phase: Phase) -> LossOf:
    """The loss of one phase."""
    return lambda network, inputs, targets: phase.loss(network, inputs, targets).loss


def surprise(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy over all tokens."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)


class Reading:
    """The loss of a language model that goes on where it stopped reading."""

    def __init__(self) -> None:
        self.state: Any = None

    def __call__(self, network: Any, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Read the next piece of every stream."""
        logits, state = network.read(inputs, self.state)
        self.state = detached(state)
        return surprise(logits, targets)
