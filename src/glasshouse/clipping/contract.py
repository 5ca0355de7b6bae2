"""What training asks of a way of clipping beyond its formula."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import nn


class Clipping(nn.Module, ABC):
    """A bound on gradients, applied between the backward pass and the update.

    As a module it takes one gradient (with what it needs beside) and gives the clipped one;
    :meth:`clip_` does the same to the gradients of all parameters, in place.

    Attributes:
        by_parameter: Whether it must see each parameter in its own shape. Otherwise several may come in one
            flat buffer, which is faster.
    """

    by_parameter: ClassVar[bool] = False

    @abstractmethod
    def clip_(self, parameters: Sequence[torch.Tensor]) -> None:
        """Clip the gradients of parameters in place; those without one are passed over.

        Args:
            parameters: All parameters of a network.
        """
