"""Residual blocks: a few convolutions whose result is added to what went in."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

PROJECTION, IDENTITY = "projection", "identity"
SHORTCUTS = (PROJECTION, IDENTITY)
"""Where a block changes the shape: a 1x1 convolution (option B of the paper), or no parameters (option A)."""


class PaddedShortcut(nn.Module):
    """The shortcut without parameters, option A: every ``stride``-th pixel, and zeros for the new maps.

    Args:
        before, after: Maps that go in and come out.
        stride: Step from pixel to pixel.

    Shapes: (N, before, H, W) to (N, after, H / stride, W / stride), rounded up.

    Source:
        He et al. 2015, Deep residual learning for image recognition, section 3.3, arXiv 1512.03385.

    Example:
        >>> PaddedShortcut(1, 2, stride=2)(torch.arange(4.0).view(1, 1, 2, 2)).flatten()
        tensor([0., 0.])
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.more = after - before
        self.stride = stride

    def extra_repr(self) -> str:
        """What it does, for the ledger."""
        return f"stride={self.stride}, zero_maps={self.more}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Leave pixels out, and add empty maps behind."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


def shortcut_for(before: int, after: int, stride: int, kind: str, bias: bool = False) -> nn.Module | None:
    """What brings a block's input to the shape of its output; ``None`` where they have the same.

    Args:
        before: Maps that go in.
        after: Maps that come out.
        stride: Of the block.
        kind: ``"projection"`` or ``"identity"``.
        bias: Whether the projection has a bias.
    """
    if stride == 1 and before == after:
        return None
    if kind == IDENTITY:
        return PaddedShortcut(before, after, stride)
    projection = nn.Conv2d(before, after, 1, stride, bias=bias)
    return nn.Sequential(OrderedDict(conv=projection, norm=nn.BatchNorm2d(after)))


class BasicBlock(nn.Module):
    r"""Two 3x3 convolutions with batch norm, and a shortcut around them: :math:`y = f(F(x) + s(x))`.

    Args:
        before, maps: Maps that go in, and those of both convolutions.
        stride: Of the first convolution.
        shortcut: How the input is brought to the shape of the output where they differ.
        bias: Whether the convolutions have biases, which batch norm makes useless.

    Shapes: (N, before, H, W) to (N, maps, H / stride, W / stride), rounded up.

    Source:
        He et al. 2015, Deep residual learning for image recognition, figure 2, arXiv 1512.03385.

    Example:
        >>> BasicBlock(4, 8, stride=2)(torch.zeros(1, 4, 6, 6)).shape
        torch.Size([1, 8, 3, 3])
    """

    def __init__(
        self, before: int, maps: int, stride: int = 1, shortcut: str = PROJECTION, bias: bool = False
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, maps, 3, stride, padding=1, bias=bias)
        self.norm1 = nn.BatchNorm2d(maps)
        self.activation1 = nn.ReLU()
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=bias)
        self.norm2 = nn.BatchNorm2d(maps)
        self.shortcut = shortcut_for(before, maps, stride, shortcut, bias)
        self.activation2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Through both convolutions and beside them, and together through the last activation."""
        h = self.activation1(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        y: torch.Tensor = self.activation2(h + (x if self.shortcut is None else self.shortcut(x)))
        return y


class Bottleneck(nn.Module):
    r"""1x1 to fewer maps, 3x3, 1x1 to four times as many, and a shortcut: :math:`y = f(F(x) + s(x))`.

    Args:
        before, maps: Maps that go in, and those of the first two convolutions; 4 maps come out for each.
        stride: Of the block.
        shortcut: How the input is brought to the shape of the output where they differ.
        bias: Whether the convolutions have biases, which batch norm makes useless.
        stride_first: The first 1x1 takes the stride, as in the paper, and not the 3x3.

    Shapes: (N, before, H, W) to (N, 4 maps, H / stride, W / stride), rounded up.

    Source:
        He et al. 2015, Deep residual learning for image recognition, figure 5, arXiv 1512.03385.

    Example:
        >>> Bottleneck(4, 8, stride=2)(torch.zeros(1, 4, 6, 6)).shape
        torch.Size([1, 32, 3, 3])
    """

    def __init__(
        self,
        before: int,
        maps: int,
        stride: int = 1,
        shortcut: str = PROJECTION,
        bias: bool = False,
        stride_first: bool = False,
    ) -> None:
        super().__init__()
        first, second = (stride, 1) if stride_first else (1, stride)
        self.conv1 = nn.Conv2d(before, maps, 1, first, bias=bias)
        self.norm1 = nn.BatchNorm2d(maps)
        self.activation1 = nn.ReLU()
        self.conv2 = nn.Conv2d(maps, maps, 3, second, padding=1, bias=bias)
        self.norm2 = nn.BatchNorm2d(maps)
        self.activation2 = nn.ReLU()
        self.conv3 = nn.Conv2d(maps, 4 * maps, 1, bias=bias)
        self.norm3 = nn.BatchNorm2d(4 * maps)
        self.shortcut = shortcut_for(before, 4 * maps, stride, shortcut, bias)
        self.activation3 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Through the three convolutions and beside them, and together through the last activation."""
        h = self.activation1(self.norm1(self.conv1(x)))
        h = self.activation2(self.norm2(self.conv2(h)))
        h = self.norm3(self.conv3(h))
        y: torch.Tensor = self.activation3(h + (x if self.shortcut is None else self.shortcut(x)))
        return y


def begin_as_identity(network: nn.Module) -> None:
    """Set the last scale of every residual block to zero, so that at first each passes on what goes in.

    Args:
        network: Any module; its residual blocks are changed in place.

    Source:
        Goyal et al. 2017, Accurate, large minibatch SGD: training ImageNet in 1 hour, arXiv 1706.02677.
    """
    for block in network.modules():
        if isinstance(block, BasicBlock):
            nn.init.zeros_(block.norm2.weight)
        elif isinstance(block, Bottleneck):
            nn.init.zeros_(block.norm3.weight)
