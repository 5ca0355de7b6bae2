"""Anchored: a network that forecasts how a series moves away from its last step, whatever its level."""

from __future__ import annotations

import torch
from torch import nn


class Anchored(nn.Module):
    r"""Shows the network each window relative to its last step, and adds that step's number to its answer.

    .. math:: \hat y = x_{T,c} + f(x - x_T)

    A network alone cannot go beyond the numbers that it was trained on, and a series that grows does. With
    the network silent, this is the naive forecast: the next steps are like the last one.

    Args:
        network: From windows (N, T, F) to (N, H).
        column: Which of the F variables is forecast, in the same unit as the answers.

    Example:
        >>> silent = nn.Sequential(nn.Flatten(), nn.Linear(6, 2))
        >>> _ = [nn.init.zeros_(each) for each in silent.parameters()]
        >>> Anchored(silent, 1)(torch.arange(6.0).reshape(1, 3, 2)).tolist()
        [[5.0, 5.0]]
    """

    def __init__(self, network: nn.Module, column: int) -> None:
        super().__init__()
        self.network = network
        self.column = column

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Windows (N, T, F) to the next steps (N, H)."""
        last = windows[:, -1:]
        moved: torch.Tensor = self.network(windows - last)
        return moved + last[:, :, self.column]

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"column={self.column}"
