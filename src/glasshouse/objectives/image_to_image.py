"""One picture from another: colours for grey, a large one for a small one, a clean one for a noisy one."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from glasshouse.core.concept import read_spec
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses import LOSSES, Loss
from glasshouse.losses.contract import Meaning
from glasshouse.metrics.psnr import psnr_of
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import Judged, Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings

SUITED = ("mse", "mae", "huber", "quadratic")
"""Losses that compare two pictures number by number."""


class ImageToImage(Objective):
    r"""The mean error of a level, over all pixels and channels of a batch; levels go from 0 to 1.

    .. math:: L = \frac{1}{N C H W} \sum \ell(f(x)_{ncij}, t_{ncij})

    The network's levels are not cut off while it learns; metrics cut off what is below black or above white.

    Args:
        loss: Compares numbers with numbers.

    Source:
        Dong et al. 2014, Learning a deep convolutional network for image super-resolution; Zhang, Isola and
        Efros 2016, Colorful image colorization, arXiv 1603.08511.

    Example:
        >>> objective = ImageToImage(LOSSES.build("mse"))
        >>> float(objective(nn.Identity(), torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).loss)
        1.0
    """

    meaning: Meaning = "pixels"

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch of pictures."""
        outputs = network(inputs)
        return Step(self.value(outputs, targets), outputs)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over all pixels and channels."""
        loss: torch.Tensor = self.loss(outputs.reshape(len(outputs), -1), targets.reshape(len(targets), -1))
        return loss

    def outputs(self, prepared: Prepared) -> int:
        """One map for each channel of the picture that is to come out."""
        return prepared.outputs

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part, with the peak signal-to-noise ratio."""
        total, squares, start = 0.0, [], 0
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for batch in batches_of(network, part.inputs):
                outputs = network(batch).float()
                targets = part.targets[start : start + len(batch)].to(outputs.device)
                total += len(batch) * float(self.value(outputs, targets))
                squares.append(squared_errors(outputs, targets))
                start += len(batch)
        psnr = float(psnr_of(torch.cat(squares).numpy()).mean())
        return Judged(total / len(part), torch.empty(0), {"psnr": psnr})


def squared_errors(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean squared error of every picture (N,), what is below black or above white cut off, on the CPU."""
    return (outputs.clamp(0, 1).double() - targets.double()).square().flatten(1).mean(dim=1).cpu()


def build_image_to_image(settings: ObjectiveSettings) -> ImageToImage:
    """The objective by the loss that an experiment names.

    Args:
        settings: The ``[objective]`` section.

    Raises:
        UnknownNameError: There is no such loss.
        SettingError: The loss compares no pictures.
    """
    spec = "mse" if settings.loss == "auto" else settings.loss
    name, _ = read_spec(spec, "loss")
    concept = LOSSES.find(name)
    if concept.name not in SUITED:
        raise SettingError(
            f"loss {concept.name!r} for pictures that are to come out",
            expected="one of " + ", ".join(SUITED),
            fix="set objective.loss to 'mse'",
        )
    return ImageToImage(LOSSES.build(spec))
