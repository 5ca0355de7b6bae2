"""The Inception block, and the auxiliary classifier, of GoogLeNet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.models.width import scaled

TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Table 1 of the paper: maps of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5 and of the pooling's projection."""


def convolved(before: int, after: int, kernel: int, norm: bool, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the side (but for its stride), with its activation.

    Args:
        before: Maps that go in.
        after: Maps that come out.
        kernel: Side of the window, odd.
        norm: Batch norm and no bias, or a bias.
        stride: Step from window to window.

    Example:
        >>> [name for name, _ in convolved(3, 8, 7, norm=True).named_children()]
        ['conv', 'norm', 'activation']
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv"] = nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, bias=not norm)
    if norm:
        layers["norm"] = nn.BatchNorm2d(after, eps=0.001)
    layers["activation"] = nn.ReLU()
    return nn.Sequential(layers)


class Inception(nn.Module):
    """Four branches side by side, their maps one behind the other: 1x1, 3x3, 5x5 and a pooling.

    The wide windows look at maps that a 1x1 convolution has reduced, which is what makes the block cheap.

    Args:
        before: Maps that go in.
        row: Maps of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5 and of the pooling's projection.
        norm: torchvision's form: batch norm instead of biases, and 3x3 where the paper has 5x5.

    Shapes: (N, before, H, W) to (N, maps, H, W).

    Source:
        Szegedy et al. 2015, Going deeper with convolutions, figure 2(b), arXiv 1409.4842.

    Example:
        >>> block = Inception(192, TABLE["3a"], norm=False)
        >>> block.maps, block(torch.zeros(1, 192, 7, 7)).shape
        (256, torch.Size([1, 256, 7, 7]))
    """

    def __init__(self, before: int, row: Sequence[int], norm: bool) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, project = row
        self.maps = one + three + five + project
        self.branch1 = convolved(before, one, 1, norm)
        self.branch3 = nn.Sequential(
            OrderedDict(reduce=convolved(before, reduce3, 1, norm), wide=convolved(reduce3, three, 3, norm))
        )
        self.branch5 = nn.Sequential(
            OrderedDict(
                reduce=convolved(before, reduce5, 1, norm),
                wide=convolved(reduce5, five, 3 if norm else 5, norm),
            )
        )
        self.branch_pool = nn.Sequential(
            OrderedDict(pool=nn.MaxPool2d(3, 1, padding=1), project=convolved(before, project, 1, norm))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """All four branches on the same maps."""
        return torch.cat([self.branch1(x), self.branch3(x), self.branch5(x), self.branch_pool(x)], dim=1)


def side_head(maps: int, sides: Sequence[int], classes: int, norm: bool, width: float = 1.0) -> nn.Sequential:
    """An auxiliary classifier: average pooling, a 1x1 convolution, a dense layer, dropout of 0.7, the output.

    Args:
        maps: Of the block that it reads.
        sides: Their height and width.
        classes: Number of outputs.
        norm: torchvision's form: batch norm, and always 4 x 4 places; else windows of 5 at a stride of 3.
        width: Times the maps and units of the paper.
    """
    places = (4, 4) if norm else tuple((side - 5) // 3 + 1 for side in sides)
    reduced, units = scaled(128, width), scaled(1024, width)
    return nn.Sequential(
        OrderedDict(
            pool=nn.AdaptiveAvgPool2d(4) if norm else nn.AvgPool2d(5, 3),
            conv=convolved(maps, reduced, 1, norm),
            flatten=nn.Flatten(),
            fc1=nn.Linear(reduced * places[0] * places[1], units),
            activation=nn.ReLU(),
            dropout=nn.Dropout(0.7),
            output=nn.Linear(units, classes),
        )
    )
