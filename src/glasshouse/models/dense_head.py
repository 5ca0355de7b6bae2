"""The head of AlexNet, ZFNet and VGG: two wide dense layers with dropout, and the output."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

UNITS = 4096
"""Units of each of the two hidden layers, as published."""


def dense_head(
    maps: int,
    sides: Sequence[int],
    most: int,
    units: int,
    classes: int,
    dropout: float,
    dropout_first: bool = False,
) -> OrderedDict[str, nn.Module]:
    """Layers ``fc6``, ``fc7`` and ``output``, with what stands between them.

    Maps that are larger than in the published network are averaged down to its size, so that its weights fit
    larger pictures; smaller ones are taken as they are, so that small pictures need fewer weights.

    Args:
        maps: Maps of the last convolution.
        sides: Their height and width for the pictures at hand.
        most: Their side in the published network.
        units: Units of each hidden layer.
        classes: Number of outputs.
        dropout: Chance that a unit is silent in a training step, from 0 to below 1.
        dropout_first: Dropout before a hidden layer, as torchvision's AlexNet has it, not behind it.

    Shapes: (N, maps, *sides) to (N, classes).
    """
    height, width = (min(most, side) for side in sides)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if (height, width) != tuple(sides):
        layers["mean"] = nn.AdaptiveAvgPool2d((height, width))
    layers["flatten"] = nn.Flatten()
    before = maps * height * width
    for name in ("6", "7"):
        if dropout_first:
            layers[f"dropout{name}"] = nn.Dropout(dropout)
        layers[f"fc{name}"] = nn.Linear(before, units)
        layers[f"activation{name}"] = nn.ReLU()
        if not dropout_first:
            layers[f"dropout{name}"] = nn.Dropout(dropout)
        before = units
    layers["output"] = nn.Linear(before, classes)
    return layers
