"""A network whose input is added to its output, so that it learns what changes and nothing else."""

from __future__ import annotations

import torch
from torch import nn


class AddedInput(nn.Module):
    r"""A network for pictures, with the enlarged input added: :math:`y = N(x) + \operatorname{enlarge}(x)`.

    Args:
        network: From (N, C, H, W) to (N, D, factor H, factor W); C is 1 or D.
        factor: How many times the input is enlarged, by bilinear interpolation; 1 leaves it as it is.

    Shapes: those of the network.

    Source:
        Kim, Lee and Lee 2016, Accurate image super-resolution using very deep convolutional networks, arXiv
        1511.04587; Zhang et al. 2017, Beyond a Gaussian denoiser, arXiv 1608.03981.

    Example:
        >>> AddedInput(nn.Identity(), factor=1)(torch.ones(1, 1, 2, 2)).flatten().tolist()
        [2.0, 2.0, 2.0, 2.0]
    """

    def __init__(self, network: nn.Module, factor: int = 1) -> None:
        super().__init__()
        self.network = network
        self.enlarge = (
            nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)
            if factor > 1
            else nn.Identity()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The network's output and the enlarged input together."""
        outputs: torch.Tensor = self.network(x) + self.enlarge(x)
        return outputs
