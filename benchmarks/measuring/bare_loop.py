"""The least that a PyTorch program does at a step, with the module, loss, optimizer and batches of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.objectives.contract import Phase
from glasshouse.training.job import Job
from glasshouse.training.stream_batches import StreamBatches
from measuring.bare_losses import losses_of
from measuring.bare_optimizers import optimizer_for


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
