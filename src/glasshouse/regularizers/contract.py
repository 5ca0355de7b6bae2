"""What a regularizer may do while a network is trained: add to the loss, bound the weights, or add noise.

All three treat matrices and kernels alone. Biases and the scales of normalization layers are left as they
are, as they are by weight decay: they are few, and pulling them hinders more than it helps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import nn


class Penalty(nn.Module, ABC):
    """A number added to the loss, which grows with the weights.

    The penalty of several tensors is the sum of theirs.
    """

    @abstractmethod
    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """The penalty of these weights, any shape in, a scalar out."""

    @abstractmethod
    def add_gradient(self, w: torch.Tensor, gradient: torch.Tensor) -> None:
        """Add the slope of the penalty by every weight to ``gradient``, in place.

        Args:
            w: The weights, without a history.
            gradient: The gradient of the loss by them, in their shape.
        """


class Constraint(nn.Module, ABC):
    """A bound on the weights, to which every update is brought back."""

    @abstractmethod
    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """The nearest weights that are allowed, in the same shape."""

    def apply_(self, w: torch.Tensor) -> None:
        """Bring weights back to what is allowed, in place.

        Args:
            w: The weights, without a history.
        """
        w.copy_(self(w))


class Noise(nn.Module, ABC):
    """Chance that is added in training and left out in evaluation.

    It is drawn from PyTorch's global random state, as dropout is, so that a resumed run draws the same.

    Attributes:
        on: What it is added to: the inputs of the network, or its weights while a gradient is computed.
    """

    on: ClassVar[Literal["inputs", "weights"]]

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same numbers with noise in training, as they are in evaluation."""
