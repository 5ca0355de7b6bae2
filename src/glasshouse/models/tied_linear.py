"""A linear layer that has no weights of its own: those of another, transposed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class TiedLinear(nn.Module):
    r"""The way back through a linear layer.

    .. math:: y = W^\top h + c

    :math:`W` is the other layer's, so an autoencoder with tied weights has about half the parameters, and for
    linear networks its columns come out orthogonal. The bias is its own.

    Args:
        source: The layer whose weights are used, (K, D).

    Shapes: (N, K) to (N, D).

    Source:
        Vincent et al. 2010, Stacked denoising autoencoders, section 2.2.

    Example:
        >>> layer = nn.Linear(3, 2)
        >>> back = TiedLinear(layer)
        >>> [name for name, _ in back.named_parameters()], back(torch.zeros(1, 2)).shape
        (['bias'], torch.Size([1, 3]))
    """

    def __init__(self, source: nn.Linear) -> None:
        super().__init__()
        # In a list, so that it is no child: its weights would be counted and saved twice.
        self._source = [source]
        self.in_features, self.out_features = source.out_features, source.in_features
        self.bias = nn.Parameter(torch.zeros(source.in_features))

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        """Code (N, K) to (N, D)."""
        return F.linear(code, self._source[0].weight.t(), self.bias)

    def extra_repr(self) -> str:
        """What PyTorch prints between the brackets."""
        return f"in_features={self.in_features}, out_features={self.out_features}, tied"

    def multiply_accumulates(self, output: torch.Tensor) -> int:
        """For one sample."""
        return self.in_features * self.out_features
