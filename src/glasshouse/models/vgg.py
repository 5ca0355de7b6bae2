"""VGG: one kind of layer, 3x3, stacked deep."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.models.dense_head import UNITS, dense_head
from glasshouse.models.initialize import he_fan_out, initialize
from glasshouse.models.map_sides import refuse_small, side_after
from glasshouse.models.width import scaled

LAST_SIDE = 7
"""Side of the last maps for pictures of 224 x 224."""
MAPS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of the five blocks: configurations A, B, D and E of the paper's table 1."""


def vgg(
    depth: int,
    classes: int = 1000,
    channels: int = 3,
    size: Sequence[int] = (224, 224),
    batch_norm: bool = False,
    dropout: float = 0.5,
    width: float = 1.0,
) -> nn.Sequential:
    """Five blocks of 3x3 convolutions, each closed by 2x2 pooling, then three dense layers.

    Args:
        depth: Layers with weights: 11, 13, 16 or 19.
        classes: Number of outputs.
        channels: Channels of the pictures.
        size: Height and width in pixels, from 32. The dense layers fit smaller pictures than 224; maps of
            larger ones are averaged to 7 x 7.
        batch_norm: Batch norm behind every convolution, as torchvision's ``_bn`` variants have it.
        dropout: Chance that a dense unit is silent in a training step, from 0 to below 1.
        width: Times the maps and units of the paper, above 0.

    Shapes: (N, channels, *size) to (N, classes).

    The first weights are those of torchvision: normal by He's rule over the outgoing connections, in the
    dense layers with a deviation of 0.01, biases zero. Narrow copies, and those for small pictures, do not
    start from such dense weights and get He's rule there too. The paper could train its deeper nets only
    from the weights of shallower ones; He's rule came a few months later.

    Raises:
        ModelError: The pictures are too small.
        SettingError: There is no such depth, or a setting lies outside its range.

    Source:
        Simonyan and Zisserman 2015, Very deep convolutional networks for large-scale image recognition,
        arXiv 1409.1556.

    Example:
        >>> [name for name, _ in vgg(11, size=(32, 32), width=0.125).named_children()][:6]
        ['conv1_1', 'activation1_1', 'pool1', 'conv2_1', 'activation2_1', 'pool2']
    """
    if depth not in CONVOLUTIONS:
        raise SettingError(f"depth = {depth!r}", expected="11, 13, 16 or 19", fix="set depth to one of them")
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    before = channels
    for block, (published, convolutions) in enumerate(zip(MAPS, CONVOLUTIONS[depth], strict=True), start=1):
        maps = scaled(published, width)
        for place in range(1, convolutions + 1):
            name = f"{block}_{place}"
            layers[f"conv{name}"] = nn.Conv2d(before, maps, 3, padding=1)
            if batch_norm:
                layers[f"norm{name}"] = nn.BatchNorm2d(maps)
            layers[f"activation{name}"] = nn.ReLU()
            before = maps
        layers[f"pool{block}"] = nn.MaxPool2d(2)
    refuse_small(f"vgg{depth}", size, list(layers.values()))
    sides = [side_after(side, layers.values()) for side in size]
    layers |= dense_head(before, sides, LAST_SIDE, scaled(UNITS, width), classes, dropout)
    network = nn.Sequential(layers)
    if width != 1 or min(sides) < LAST_SIDE:
        initialize(network, "auto")
    else:
        he_fan_out(network)
    return network


vgg11, vgg13, vgg16, vgg19 = (partial(vgg, depth) for depth in CONVOLUTIONS)

COUNTS = {
    11: (132_863_336, 7_609_090_048),
    13: (133_047_848, 11_308_466_176),
    16: (138_357_544, 15_470_264_320),
    19: (143_667_240, 19_632_062_464),
}
"""Parameters and multiply-accumulates for 3 x 224 x 224 and 1000 classes."""


def _card(depth: int) -> Concept:
    parameters, macs = COUNTS[depth]
    return Concept(
        name=f"vgg{depth}",
        kind="model",
        summary=f"VGG with {depth} layers of weights: 3x3 convolutions in five blocks, three dense layers.",
        build=partial(vgg, depth),
        aliases=(f"vgg_{depth}",),
        equation=r"\big((\text{conv}_{3 \times 3}, f)^{"
        + ", ".join(map(str, CONVOLUTIONS[depth]))
        + r"} \to \text{pool}\big)_{1 \dots 5} \to \text{fc}_6 \to \text{fc}_7 \to \text{output}",
        when="Published weights whose features are easy to look at; few kinds of layers to explain.",
        pitfalls=(
            "Most of its parameters stand in the first dense layer; a ResNet is better with a fifth of them.",
            "Without batch norm it stalls easily: take batch_norm = true, or published weights.",
        ),
        source="Simonyan and Zisserman 2015, Very deep convolutional networks for large-scale image "
        "recognition, arXiv 1409.1556.",
        facts={
            "takes": "image",
            "year": 2014,
            "family": "vgg",
            "input": (3, 224, 224),
            "parameters": parameters,
            "macs": macs,
            "smallest": 32,
            "defaults": {
                "training.optimizer": {"name": "momentum", "momentum": 0.9},
                "training.learning_rate": 0.01,
                "training.weight_decay": 5e-4,
            },
        },
    )


CONCEPTS = tuple(_card(depth) for depth in CONVOLUTIONS)
