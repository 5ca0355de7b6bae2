"""AlexNet: the convolutional network that won ImageNet in 2012."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.dense_head import UNITS, dense_head
from glasshouse.models.initialize import initialize, normal_weights
from glasshouse.models.map_sides import refuse_small, side_after
from glasshouse.models.width import scaled

LAST_SIDE = 6
"""Side of the last maps for pictures of 227 x 227."""


@dataclass(frozen=True)
class Plan:
    """What the variants differ in.

    Args:
        maps: Of the five convolutions.
        groups: Into how many separate towers each convolution is split.
        padding: Of the first convolution.
        norm: Where local response normalization stands: before or after the pooling, or nowhere.
        alpha, k: Constants of the normalization, with alpha divided by the 5 maps of the window, as PyTorch
            and Caffe do and the paper does not.
    """

    maps: tuple[int, ...] = (96, 256, 384, 384, 256)
    groups: tuple[int, ...] = (1, 2, 1, 2, 2)
    padding: int = 0
    norm: Literal["before", "after", "none"] = "before"
    alpha: float = 5e-4
    k: float = 2.0


PLANS = {
    "grouped": Plan(),
    "one-tower": Plan(groups=(1, 1, 1, 1, 1)),
    "caffenet": Plan(norm="after", alpha=1e-4, k=1.0),
    "torchvision": Plan((64, 192, 384, 256, 256), (1, 1, 1, 1, 1), padding=2, norm="none"),
}


def alexnet(
    classes: int = 1000,
    channels: int = 3,
    size: Sequence[int] = (227, 227),
    variant: Literal["grouped", "one-tower", "caffenet", "torchvision"] = "grouped",
    dropout: float = 0.5,
    width: float = 1.0,
    initializer: Spec = "auto",
) -> nn.Sequential:
    """Five convolutions and three dense layers, with layers under the names of Caffe's copy.

    ``"grouped"`` is the network of the paper: convolutions 2, 4 and 5 in two towers that do not see each
    other (two graphics cards then), local response normalization, overlapping pooling (60,965,224
    parameters). ``"one-tower"`` is the text-book copy without the split (62,378,344), ``"caffenet"`` pools
    before it normalizes, ``"torchvision"`` has fewer maps and no normalization (61,100,840).

    Args:
        classes: Number of outputs.
        channels: Channels of the pictures.
        size: Height and width in pixels: 227 in the paper's arithmetic, 224 for torchvision's. The dense
            layers fit smaller pictures; maps of larger ones are averaged to 6 x 6.
        variant: One of the four above.
        dropout: Chance that a dense unit is silent in a training step, from 0 to below 1.
        width: Times the maps and units of the paper, above 0.
        initializer: ``"paper"``: normal with a deviation of 0.01, bias 1 in layers 2, 4, 5, 6 and 7 (for
            torchvision's variant PyTorch's own defaults). ``"auto"``: that in the paper's size, and He's rule
            in narrow copies and for small pictures, which do not start from such weights. Or an initializer.

    Shapes: (N, channels, *size) to (N, classes).

    Raises:
        ModelError: The pictures are too small.
        SettingError: A setting lies outside its range.

    Source:
        Krizhevsky, Sutskever and Hinton 2012, ImageNet classification with deep convolutional neural
        networks.

    Example:
        >>> small = alexnet(classes=10, size=(67, 67), width=0.125)
        >>> small.conv2
        Conv2d(12, 32, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2), groups=2)
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    plan = PLANS[one_of("variant", variant, list(PLANS))]
    layers = _convolutions(plan, channels, width)
    refuse_small("alexnet", size, list(layers.values()))
    sides = [side_after(side, layers.values()) for side in size]
    layers |= dense_head(
        scaled(plan.maps[-1], width, plan.groups[-1]),
        sides,
        LAST_SIDE,
        scaled(UNITS, width),
        classes,
        dropout,
        dropout_first=variant == "torchvision",
    )
    network = nn.Sequential(layers)
    if initializer == "auto" and width == 1 and min(sides) >= LAST_SIDE:
        initializer = "paper"
    if initializer != "paper":
        initialize(network, initializer)
    elif variant != "torchvision":
        normal_weights(network, 0.01, ones=("conv2", "conv4", "conv5", "fc6", "fc7"))
    return network


def _convolutions(plan: Plan, channels: int, width: float) -> OrderedDict[str, nn.Module]:
    """The five convolutions, each with what follows it."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    before = channels
    windows = ((11, 4, plan.padding), (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1))
    for place, (kernel, stride, padding) in enumerate(windows, start=1):
        groups = plan.groups[place - 1]
        # Maps that a grouped convolution takes or gives come in pairs.
        maps = scaled(plan.maps[place - 1], width, max(plan.groups))
        layers[f"conv{place}"] = nn.Conv2d(before, maps, kernel, stride, padding, groups=groups)
        layers[f"activation{place}"] = nn.ReLU()
        norm = nn.LocalResponseNorm(5, plan.alpha, 0.75, plan.k)
        if plan.norm == "before" and place <= 2:
            layers[f"norm{place}"] = norm
        if place in (1, 2, 5):
            layers[f"pool{place}"] = nn.MaxPool2d(3, 2)
        if plan.norm == "after" and place <= 2:
            layers[f"norm{place}"] = norm
        before = maps
    return layers


CONCEPT = Concept(
    name="alexnet",
    kind="model",
    summary="Five convolutions and three wide dense layers: the network that won ImageNet in 2012.",
    build=alexnet,
    aliases=("alex_net", "caffenet"),
    equation=r"(\text{conv}, f, \text{norm}, \text{pool})_{1,2} \to (\text{conv}, f)_{3,4,5} \to \text{pool}"
    r" \to \text{fc}_6 \to \text{fc}_7 \to \text{output}",
    when="To see where deep vision began; large pictures, with published weights (torchvision's variant).",
    pitfalls=(
        "Copies differ: 60,965,224 parameters in two towers, 62,378,344 in one, 61,100,840 in torchvision.",
        "Pictures of 224 need padding in the first layer; without it the arithmetic asks for 227.",
        "Nine in ten of its parameters stand in the dense layers.",
    ),
    source="Krizhevsky, Sutskever and Hinton 2012, ImageNet classification with deep convolutional "
    "neural networks.",
    facts={
        "takes": "image",
        "year": 2012,
        "input": (3, 227, 227),
        "parameters": 60_965_224,
        "macs": 724_406_816,
        "smallest": 67,
        "defaults": {
            "training.optimizer": {"name": "momentum", "momentum": 0.9},
            "training.learning_rate": 0.01,
            "training.weight_decay": 5e-4,
        },
    },
)
