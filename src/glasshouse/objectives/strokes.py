"""Strokes: at every point of a drawing, where the pen goes next, as a distribution."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses.contract import Meaning
from glasshouse.models.mixture_density import log_density, mixture_of
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import Judged, Objective, Step


class Strokes(Objective):
    r"""Mean surprise at the next point of a pen, in nats: two steps by their density, the pen by its chance.

    .. math:: L = -\frac{1}{T} \sum_t \ln p(x_{t+1}, e_{t+1} \mid x_1 \dots x_t)

    Densities may be above 1, so the surprise may be below 0. Targets whose pen is below 0 stand behind the
    end of a drawing and count nothing.

    Source:
        Graves 2013, Generating sequences with recurrent neural networks, arXiv 1308.0850, section 4.2.

    Example:
        >>> from glasshouse.models.handwriting import handwriting
        >>> network = handwriting((2, 3), components=2, units=4)
        >>> Strokes()(network, torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)).loss.shape
        torch.Size([])
    """

    meaning: Meaning = "strokes"

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch of drawings."""
        module: Any = network
        parameters, _ = module.read(inputs)
        return Step(self.value(parameters, targets), parameters.detach()[:, -1])

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over all points."""
        return point_surprise(outputs, targets).sum() / self.weight(targets)

    def weight(self, targets: torch.Tensor) -> float:
        """How many points there are."""
        return float((targets[..., 2] >= 0).sum())

    def outputs(self, prepared: Prepared) -> int:
        """Three numbers for a point; how they are distributed is the model's affair."""
        return prepared.outputs

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that knows no distribution of the next point.

        Raises:
            ModelError: It has not ``read`` and ``sample``.
        """
        if not all(callable(getattr(network, each, None)) for each in ("read", "sample")):
            raise ModelError(
                f"{type(network).__name__} gives no distribution of the next point",
                expected="a network with read(points, state), which gives the parameters of a mixture",
                fix="set model.name to 'handwriting'",
            )

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part."""
        with autocast or nullcontext():
            total = float(surprise_by_drawing(network, part).sum())
        return Judged(total / self.weight(part.targets), torch.empty(0))


def point_surprise(parameters: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The surprise at each point (N, T), 0 behind the end of a drawing.

    Args:
        parameters: What the network gives, (N, T, 6 M + 1).
        targets: Points (N, T, 3), with a pen below 0 behind the end.
    """
    inside = targets[..., 2] >= 0
    return torch.where(inside, -log_density(mixture_of(parameters), targets), 0.0)


def surprise_by_drawing(network: Any, part: Part) -> torch.Tensor:
    """The summed surprise of each drawing, float64, shape (drawings,).

    Args:
        network: With ``read``.
        part: Drawings.
    """
    found, start = [], 0
    with evaluating(network), torch.no_grad():
        for batch in batches_of(network, part.inputs):
            targets = part.targets[start : start + len(batch)].to(batch.device)
            parameters = network.read(batch)[0].float()
            found.append(point_surprise(parameters, targets).double().sum(dim=1).cpu())
            start += len(batch)
    return torch.cat(found)
