"""Unit length: a network whose outputs are divided by their length, so that only their direction counts."""

from __future__ import annotations

import torch
from torch import nn


class UnitLength(nn.Module):
    r"""Divides what a network gives by its length.

    .. math:: e = \frac{f(x)}{\lVert f(x) \rVert}

    Distances of such embeddings lie between 0 and 2, and their squares are :math:`2 - 2 \cos\angle`.

    Args:
        network: From rows to embeddings (N, K).

    Source:
        Schroff, Kalenichenko and Philbin 2015, FaceNet, arXiv 1503.03832.

    Example:
        >>> UnitLength(nn.Identity())(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to embeddings of length 1; a vector of zeros stays one."""
        outputs: torch.Tensor = self.network(inputs)
        return nn.functional.normalize(outputs, dim=1)
