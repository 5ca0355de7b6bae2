"""Frames: at every step of a piece, which notes sound next."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import evaluating
from glasshouse.objectives.contract import Judged, Objective, Step

ROWS = 64


class Frames(Objective):
    r"""Mean surprise at the next frame, in nats: that of its 88 notes, each by itself, added up.

    .. math:: L = -\frac{1}{T} \sum_t \sum_k \ln p(x_{t,k} \mid x_1 \dots x_{t-1})

    Targets below 0 stand behind the end of a piece and count nothing.

    Example:
        >>> from glasshouse.models import language_model
        >>> network = language_model((3, 2), 2, units=4)
        >>> targets = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [-1.0, -1.0]]])
        >>> Frames()(network, torch.zeros(1, 3, 2), targets).loss.shape
        torch.Size([])
    """

    meaning: Meaning = "frames"

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch of pieces."""
        module: Any = network
        logits, _ = module.read(inputs)
        return Step(self.value(logits, targets), logits.detach()[:, -1])

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over all frames."""
        return frame_surprise(outputs, targets).sum() / self.weight(targets)

    def weight(self, targets: torch.Tensor) -> float:
        """How many frames there are."""
        return float((targets[..., 0] >= 0).sum())

    def outputs(self, prepared: Prepared) -> int:
        """One number for each note."""
        return prepared.outputs

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that gives one answer for a whole piece.

        Raises:
            ModelError: It has no ``read``.
        """
        if not callable(getattr(network, "read", None)):
            raise ModelError(
                f"{type(network).__name__} cannot be read step by step",
                expected="a network with read(frames), which gives logits behind every frame",
                fix="set model.name to 'language_model'",
            )

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part."""
        with autocast or nullcontext():
            total = sum(float(each.sum()) for each in surprise_by_frame(network, part))
        return Judged(total / self.weight(part.targets), torch.empty(0))


def frame_surprise(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The surprise at each frame (N, T), 0 behind the end of a piece."""
    losses = F.binary_cross_entropy_with_logits(outputs, targets.clamp(min=0), reduction="none").sum(dim=2)
    return torch.where(targets[..., 0] >= 0, losses, 0.0)


def surprise_by_frame(network: nn.Module, part: Part) -> list[torch.Tensor]:
    """The surprise at each frame of a part's pieces, in batches (pieces, steps), on the CPU."""
    module: Any = network
    device = next(network.parameters()).device
    found = []
    with evaluating(network), torch.no_grad():
        for start in range(0, len(part), ROWS):
            logits, _ = module.read(part.inputs[start : start + ROWS].to(device))
            targets = part.targets[start : start + ROWS].to(device)
            found.append(frame_surprise(logits.float(), targets).cpu())
    return found
