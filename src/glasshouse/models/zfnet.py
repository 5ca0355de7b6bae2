"""ZFNet: AlexNet with a finer first look, found by looking inside it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.dense_head import UNITS, dense_head
from glasshouse.models.initialize import initialize, normal_weights
from glasshouse.models.map_sides import refuse_small, side_after
from glasshouse.models.width import scaled

LAST_SIDE = 6
"""Side of the last maps for pictures of 224 x 224."""
MAPS = {"paper": (96, 256, 384, 384, 256), "wide": (96, 256, 512, 1024, 512)}


def zfnet(
    classes: int = 1000,
    channels: int = 3,
    size: Sequence[int] = (224, 224),
    variant: Literal["paper", "wide"] = "paper",
    dropout: float = 0.5,
    width: float = 1.0,
    initializer: Spec = "auto",
) -> nn.Sequential:
    """AlexNet in one tower with 7x7 kernels at stride 2 in the first layer, and stride 2 in the second.

    The paper does not print its padding; it is chosen so that the maps have the sides of its figure 3: 110,
    55, 26, 13, 13, 13, 6. Its contrast normalization across maps has the constants of AlexNet.

    Args:
        classes: Number of outputs.
        channels: Channels of the pictures.
        size: Height and width in pixels. The dense layers fit smaller pictures; maps of larger ones are
            averaged to 6 x 6.
        variant: ``"paper"`` (62,357,608 parameters), or ``"wide"`` with 512, 1024 and 512 maps in layers 3 to
            5 (107,627,624).
        dropout: Chance that a dense unit is silent in a training step, from 0 to below 1.
        width: Times the maps and units of the paper, above 0.
        initializer: ``"paper"``: normal with a deviation of 0.01, biases zero. ``"auto"``: that in the
            paper's size, and He's rule in narrow copies and for small pictures, which do not start from such
            weights. Or an initializer.

    Shapes: (N, channels, *size) to (N, classes).

    Raises:
        ModelError: The pictures are too small.
        SettingError: A setting lies outside its range.

    Source:
        Zeiler and Fergus 2014, Visualizing and understanding convolutional networks, arXiv 1311.2901.

    Example:
        >>> zfnet(classes=10, size=(53, 53), width=0.125).conv2
        Conv2d(12, 32, kernel_size=(5, 5), stride=(2, 2))
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    one_of("variant", variant, list(MAPS))
    maps = [scaled(each, width) for each in MAPS[variant]]
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = nn.Conv2d(channels, maps[0], 7, stride=2, padding=1)
    layers["activation1"] = nn.ReLU()
    layers["pool1"] = nn.MaxPool2d(3, 2, padding=1)
    layers["norm1"] = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    layers["conv2"] = nn.Conv2d(maps[0], maps[1], 5, stride=2)
    layers["activation2"] = nn.ReLU()
    layers["pool2"] = nn.MaxPool2d(3, 2, padding=1)
    layers["norm2"] = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    for place in (3, 4, 5):
        layers[f"conv{place}"] = nn.Conv2d(maps[place - 2], maps[place - 1], 3, padding=1)
        layers[f"activation{place}"] = nn.ReLU()
    layers["pool5"] = nn.MaxPool2d(3, 2)
    refuse_small("zfnet", size, list(layers.values()))
    sides = [side_after(side, layers.values()) for side in size]
    layers |= dense_head(maps[-1], sides, LAST_SIDE, scaled(UNITS, width), classes, dropout)
    network = nn.Sequential(layers)
    if initializer == "auto" and width == 1 and min(sides) >= LAST_SIDE:
        initializer = "paper"
    if initializer == "paper":
        normal_weights(network, 0.01)
    else:
        initialize(network, initializer)
    return network


CONCEPT = Concept(
    name="zfnet",
    kind="model",
    summary="AlexNet with smaller kernels and strides at its beginning, found by visualizing its features.",
    build=zfnet,
    aliases=("zf_net",),
    equation=r"(\text{conv}, f, \text{pool}, \text{norm})_{1,2} \to (\text{conv}, f)_{3,4,5} \to \text{pool}"
    r" \to \text{fc}_6 \to \text{fc}_7 \to \text{output}",
    when="To see what looking inside a network is good for.",
    pitfalls=("The padding is not printed in the paper; other copies choose another.",),
    source="Zeiler and Fergus 2014, Visualizing and understanding convolutional networks, arXiv 1311.2901.",
    facts={
        "takes": "image",
        "year": 2014,
        "input": (3, 224, 224),
        "parameters": 62_357_608,
        "macs": 1_168_032_896,
        "smallest": 53,
        "defaults": {
            "training.optimizer": {"name": "momentum", "momentum": 0.9},
            "training.learning_rate": 0.01,
        },
    },
)
