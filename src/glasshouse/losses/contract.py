"""What training asks of a loss beyond its value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import nn

Meaning = Literal["logits", "logit", "scores", "values"]
"""What a network's outputs are.

``"logits"``: one per class, their softmax gives probabilities. ``"logit"``: one number, whose sigmoid is the
probability of the second of two classes. ``"scores"``: one per class, the largest wins, nothing more.
``"values"``: predicted numbers.
"""


class Loss(nn.Module, ABC):
    """A loss that is a weighted mean over the samples of a batch.

    Knowing the total weight of a batch lets training take the exact mean over several batches, however they
    were cut: ``sum(weight_b * loss_b) / sum(weight_b)``.

    ``meaning`` says what the network's outputs are under this loss.
    """

    meaning: ClassVar[Meaning]

    @abstractmethod
    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The weighted mean over the batch, a scalar."""

    def weight(self, targets: torch.Tensor) -> float:
        """Total weight of these targets: their number, unless classes are weighted."""
        return float(len(targets))
