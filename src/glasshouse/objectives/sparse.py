"""Sparse codes: reconstruction with few units active at a time."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.losses import Loss
from glasshouse.objectives.coding import Coding, Penalised


class Sparse(Coding):
    r"""Reconstruction with a penalty on the activity of the code.

    .. math:: L = \ell(g(h), x) + \lambda \sum_j |h_j| \;\text{(l1, mean over the batch)},\quad
        L = \ell(g(h), x) + \lambda \sum_j \left[\rho \ln\frac{\rho}{\hat\rho_j}
        + (1-\rho) \ln\frac{1-\rho}{1-\hat\rho_j}\right] \;\text{(kl)},\quad
        \hat\rho_j = \frac1N \sum_n h_j(x_n)

    The divergence is that of the mean activity over a batch: with small batches it is felt as noise. It needs
    codes from 0 to 1, as a sigmoid gives them. The mean activity is recorded with every epoch.

    Args:
        loss: Compares outputs with inputs.
        penalty: ``"kl"`` or ``"l1"``.
        strength: :math:`\lambda`, from 0.
        activity: :math:`\rho` of ``"kl"``, between 0 and 1.

    Raises:
        ModelError: In training, when ``"kl"`` meets a code outside of 0 to 1.

    Source:
        Ng 2011, CS294A lecture notes: Sparse autoencoder; Goodfellow, Bengio and Courville 2016, section
        14.2.1.

    Example:
        >>> from glasshouse.losses import LOSSES
        >>> objective = Sparse(LOSSES.build("mse"), "kl", strength=1.0, activity=0.5)
        >>> round(float(objective.divergence(torch.full((4, 2), 0.25))), 4)
        0.2877
    """

    def __init__(
        self, loss: Loss, penalty: Literal["kl", "l1"] = "kl", strength: float = 0.01, activity: float = 0.05
    ) -> None:
        super().__init__(loss)
        self.penalty = penalty
        self.strength = strength
        self.activity = activity
        self._looked_at = False

    def penalised(self, network: nn.Module, inputs: torch.Tensor, code: torch.Tensor) -> Penalised:
        """The penalty of a batch, and the mean activity of its code."""
        flat = code.reshape(len(code), -1)
        if self.penalty == "l1":
            cost = flat.abs().sum(dim=1).mean()
            return Penalised(self.strength * cost, {"activity": flat.detach().abs().mean()})
        if not self._looked_at:  # once: looking at every code would cost time
            refuse_beyond_sigmoid(flat)
            self._looked_at = True
        return Penalised(self.strength * self.divergence(flat), {"activity": flat.detach().mean()})

    def divergence(self, code: torch.Tensor) -> torch.Tensor:
        """Kullback-Leibler divergence of a coin of the wanted activity from one of the mean activity, summed
        over the units.

        Args:
            code: Shape (N, units), from 0 to 1.
        """
        rho = self.activity
        # A unit that is never or always active has an infinite divergence; its slope must stay finite.
        mean = code.mean(dim=0).clamp(1e-6, 1 - 1e-6)
        constant = torch.special.entr(torch.tensor([rho, 1 - rho], dtype=code.dtype)).sum()
        cross = -(rho * mean.log() + (1 - rho) * torch.log1p(-mean))
        divergence: torch.Tensor = (cross - constant.to(code.device)).sum()
        return divergence


def refuse_beyond_sigmoid(code: torch.Tensor) -> None:
    """Refuse a code whose mean is no share.

    Raises:
        ModelError: A number lies outside of 0 to 1.
    """
    low, high = float(code.min()), float(code.max())
    if low < 0 or high > 1:
        raise ModelError(
            f"a code from {low:.3g} to {high:.3g} under penalty = 'kl'",
            expected="a code from 0 to 1, whose mean over the rows is an activity",
            fix="set model.code_activation = 'sigmoid', or objective.penalty = 'l1'",
        )
