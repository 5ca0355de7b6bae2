"""A network that finds objects: for every cell of a grid a box, how sure it is of it, and its class."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import ModelError
from glasshouse.models.grid_cells import BOX
from glasshouse.models.initialize import initialize
from glasshouse.models.width import scaled


def grid_detector(
    classes: int = 20,
    channels: int = 3,
    size: Sequence[int] = (64, 64),
    widths: Sequence[int] = (16, 32, 64),
    width: float = 1.0,
    activation: Spec = "leaky_relu",
) -> nn.Sequential:
    r"""Stages of 3x3 convolution, batch norm and pooling down to a grid, and a 1x1 convolution over it.

    .. math:: y_{n \cdot ij} = (x, y, \sqrt w, \sqrt h, c, p_1 \dots p_K), \quad
        S = \lfloor H / 2^{\text{stages}} \rfloor

    The outputs are those of YOLO's first version with one box for each cell: where in its cell the centre of
    an object lies, the roots of its width and height as shares of the picture, how much the box is to be
    trusted, and a score for every class. The way there is a small one of our own: the paper has 24
    convolutions that were trained on ImageNet, and dense layers behind them.

    Args:
        classes: Of objects, K, from 1.
        channels: Channels of the pictures, from 1.
        size: Height and width of the pictures in pixels.
        widths: Maps of each stage. Each halves the sides, so that a cell has 2 to the power of their number
            pixels a side.
        width: Times these maps, above 0.
        activation: Behind each convolution but the last: a name, or a table with its settings.

    Shapes: (N, channels, H, W) to (N, 5 + classes, S, T).

    Raises:
        ModelError: The pictures are too small for so many stages.
        SettingError: A setting lies outside its range.

    Source:
        Redmon et al. 2016, You only look once: unified, real-time object detection, arXiv 1506.02640.

    Example:
        >>> import torch
        >>> grid_detector(classes=3, size=(32, 48))(torch.zeros(1, 3, 32, 48)).shape
        torch.Size([1, 8, 4, 6])
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    maps = [scaled(each, width) for each in whole_numbers("widths", widths, at_least=1)]
    least = 1 << len(maps)
    if not maps or min(size) < least:
        raise ModelError(
            f"{len(maps)} stages for pictures of {size[0]} x {size[1]} pixels",
            expected=f"at least one stage, and pictures of at least {least} x {least} pixels",
            fix="give fewer widths, or set data.size larger",
        )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    before = channels
    for stage, after in enumerate([*maps, maps[-1]], start=1):
        layers[f"conv{stage}"] = nn.Conv2d(before, after, 3, padding=1, bias=False)
        layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        layers[f"activation{stage}"] = ACTIVATIONS.build(activation)
        if stage <= len(maps):
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
        before = after
    layers["output"] = nn.Conv2d(before, BOX + classes, 1)
    network = nn.Sequential(layers)
    initialize(network, "auto", activation)
    return network


CONCEPT = Concept(
    name="grid_detector",
    kind="model",
    summary="Finds objects: for every cell of a grid a box, how sure it is of it, and its class.",
    build=grid_detector,
    aliases=("yolo_grid",),
    equation=r"y_{n \cdot ij} = (x, y, \sqrt w, \sqrt h, c, p_1 \dots p_K)",
    symbols={
        "x, y": "where in its cell the centre lies, from 0 to 1",
        "w, h": "width and height, as shares of the picture",
        "c": "how much the box is to be trusted: its overlap with the object",
        "p_k": "score of class k",
    },
    when="Objects that are smaller than the picture, and whose centres do not share a cell.",
    pitfalls=(
        "A cell answers for one object: of two whose centres share it, one is lost.",
        "Boxes much larger than what the last maps see of the picture come out badly.",
    ),
    conventions=(
        "The grid, the numbers of a cell and the loss are YOLO v1's with one box for each cell (the paper "
        "has two); the layers before it are few, and there is no dense layer.",
    ),
    source="Redmon et al. 2016, arXiv 1506.02640.",
    facts={
        "takes": "image",
        "gives": "boxes",
        "year": 2016,
        "input": (3, 64, 64),
        "classes": 20,
        "parameters": 62_313,
        "macs": 13_668_352,
        "smallest": 8,
    },
)
