"""Denoising: the network sees a corrupted row and is to give the clean one."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import nn

from glasshouse.data.parts import Part
from glasshouse.losses import Loss
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives.contract import Judged, Step
from glasshouse.objectives.corruption import Corruption, corrupt
from glasshouse.objectives.reconstruction import Reconstruction

SEED = 2008
"""Of the noise that validation rows get: the same in every epoch, so that epochs can be compared."""


class Denoising(Reconstruction):
    r"""Reconstruction of a row from a corrupted copy of it.

    .. math:: L = \ell(g(f(\tilde x)), x),\quad \tilde x \sim q(\tilde x \mid x)

    A code that is wider than the row cannot just hand it through: to undo the noise it must know what rows
    look like. Every epoch draws new noise; validation rows get the same noise every time.

    Args:
        loss: Compares outputs with the clean inputs.
        corruption: ``"gaussian"``, ``"masking"`` or ``"salt_and_pepper"``.
        amount: Standard deviation of gaussian noise, or the share of numbers that is changed.
        span: Lowest and highest number of the rows, for salt and pepper.

    Source:
        Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders.

    Example:
        >>> from glasshouse.losses import LOSSES
        >>> objective = Denoising(LOSSES.build("mse"), "masking", 0.5)
        >>> _ = torch.manual_seed(0)
        >>> rows = torch.ones(1000, 1)
        >>> 0.4 < float(objective(nn.Identity(), rows, rows).loss) < 0.6  # half of the ones are lost
        True
    """

    plain = False

    def __init__(
        self,
        loss: Loss,
        corruption: Corruption = "gaussian",
        amount: float = 0.25,
        span: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        super().__init__(loss)
        self.corruption = corruption
        self.amount = amount
        self.span = span

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch, with new noise."""
        outputs = network(corrupt(inputs, self.corruption, self.amount, self.span))
        return Step(self.value(outputs, targets), outputs)

    def corrupted(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows with the noise of a fixed seed, for measuring and for pictures."""
        chance = torch.Generator().manual_seed(SEED)
        return corrupt(inputs, self.corruption, self.amount, self.span, chance)

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The loss over a part with the noise of a fixed seed."""
        outputs = outputs_of(network, self.corrupted(part.inputs), autocast)
        with torch.no_grad():
            return Judged(float(self.value(outputs, part.inputs.to(outputs.device))), outputs)
