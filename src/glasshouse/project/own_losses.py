"""PyTorch's own losses: what outputs mean under them."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.losses.contract import Meaning


class OneLogit(nn.Module):
    """PyTorch's binary cross-entropy for networks with one output per row, on class indices.

    Args:
        loss: The loss as the user configured it.
    """

    def __init__(self, loss: nn.BCEWithLogitsLoss | nn.BCELoss) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits (N, 1) or (N,) and class indices (N,) to a scalar."""
        loss: torch.Tensor = self.loss(outputs.reshape(-1), targets.reshape(-1).to(outputs.dtype))
        return loss


class OneProbability(OneLogit):
    """The same for networks that end in a sigmoid."""


MEANINGS: dict[type[nn.Module], Meaning] = {
    nn.CrossEntropyLoss: "logits",
    nn.NLLLoss: "logits",  # log-probabilities: their softmax is the probabilities again
    nn.MultiMarginLoss: "scores",
    nn.MSELoss: "values",
    nn.L1Loss: "values",
    nn.HuberLoss: "values",
    nn.SmoothL1Loss: "values",
    OneLogit: "logit",
    OneProbability: "probability",
}
"""What the outputs of a network are under PyTorch's own losses."""
