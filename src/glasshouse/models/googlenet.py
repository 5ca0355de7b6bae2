"""GoogLeNet: Inception blocks, which look at every place through windows of several sizes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.models.auxiliary import WithSideHeads
from glasshouse.models.inception import TABLE, Inception, convolved, side_head
from glasshouse.models.initialize import initialize
from glasshouse.models.map_sides import refuse_small, side_after
from glasshouse.models.width import scaled

HEADS = ("inception_4a", "inception_4d")
"""The blocks whose maps the two auxiliary classifiers read."""
HEAD_SIDE = 5
"""Side of the window that the paper's auxiliary classifiers average over."""


def googlenet(
    classes: int = 1000,
    channels: int = 3,
    size: Sequence[int] = (224, 224),
    variant: Literal["original", "torchvision"] = "original",
    auxiliary: bool = False,
    dropout: float = 0.4,
    width: float = 1.0,
) -> nn.Module:
    """GoogLeNet, Inception v1: three convolutions, nine Inception blocks, and a linear layer on the mean.

    ``"original"`` is the network of the paper: biases, local response normalization, 5x5 kernels (6,998,552
    parameters). ``"torchvision"`` has batch norm instead, no biases, and 3x3 kernels where the paper has 5x5
    (6,624,904); published weights are for it.

    Args:
        classes: Number of outputs.
        channels: Channels of the pictures.
        size: Height and width in pixels, from 31 (from 79 with auxiliary heads); torchvision's from 15.
        variant: ``"original"`` or ``"torchvision"``.
        auxiliary: Add the two auxiliary classifiers behind blocks 4a and 4d. They run in training only; their
            losses count 0.3 each.
        dropout: Chance that a feature is silent before the output in a training step, from 0 to below 1.
        width: Times the maps of the paper, above 0.

    Shapes: (N, channels, *size) to (N, classes).

    The first weights are Glorot's, as in Caffe's copy (torchvision's: normal, 0.01, cut at two deviations);
    narrow copies of the original get He's rule, from which they start sooner.

    Raises:
        ModelError: The pictures are too small.
        SettingError: A setting lies outside its range.

    Source:
        Szegedy et al. 2015, Going deeper with convolutions, arXiv 1409.4842.

    Example:
        >>> sum(each.numel() for each in googlenet().parameters())
        6998552
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    one_of("variant", variant, ("original", "torchvision"))
    number("dropout", dropout, at_least=0, below=1)
    norm = variant == "torchvision"
    layers = _stem(channels, norm, width)
    before = scaled(192, width)
    heads: dict[str, nn.Module] = {}
    for name, row in TABLE.items():
        block = Inception(before, [scaled(each, width) for each in row], norm)
        layers[f"inception_{name}"] = block
        before = block.maps
        if auxiliary and f"inception_{name}" in HEADS:
            spine = _spine(layers)
            if not norm:
                refuse_small("googlenet with auxiliary heads", size, spine, HEAD_SIDE)
            sides = [side_after(side, spine) for side in size]
            heads[f"inception_{name}"] = side_head(before, sides, classes, norm, width)
        if name == "3b":
            layers["pool3"] = nn.MaxPool2d(3, 2, ceil_mode=True)
        if name == "4e":
            layers["pool4"] = nn.MaxPool2d(2 if norm else 3, 2, ceil_mode=True)
    refuse_small("googlenet", size, _spine(layers))
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear(before, classes)
    network = WithSideHeads(layers, heads) if heads else nn.Sequential(layers)
    if width == 1 or norm:
        _begin(network, norm)
    else:
        initialize(network, "auto")
    return network


def _stem(channels: int, norm: bool, width: float) -> OrderedDict[str, nn.Module]:
    """Everything before the first Inception block."""
    first, third = scaled(64, width), scaled(192, width)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = convolved(channels, first, 7, norm, stride=2)
    layers["pool1"] = nn.MaxPool2d(3, 2, ceil_mode=True)
    if not norm:
        layers["norm1"] = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)
    layers["conv2_reduce"] = convolved(first, first, 1, norm)
    layers["conv2"] = convolved(first, third, 3, norm)
    if not norm:
        layers["norm2"] = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)
    layers["pool2"] = nn.MaxPool2d(3, 2, ceil_mode=True)
    return layers


def _spine(layers: OrderedDict[str, nn.Module]) -> list[nn.Module]:
    """The layers that change the side of the maps; Inception blocks keep it."""
    return [layer for layer in layers.values() if not isinstance(layer, Inception)]


def _begin(network: nn.Module, norm: bool) -> None:
    """First weights: Glorot's as in Caffe's copy, or narrow normal ones as in torchvision's."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            if norm:
                nn.init.trunc_normal_(layer.weight, std=0.01, a=-0.02, b=0.02)
            else:
                nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


CONCEPT = Concept(
    name="googlenet",
    kind="model",
    summary="Nine Inception blocks, each with windows of 1, 3 and 5 pixels and a pooling side by side.",
    build=googlenet,
    aliases=("inception_v1", "inception", "google_net"),
    equation=r"y = [\,\text{conv}_{1}(x),\; \text{conv}_{3}(\text{conv}_{1}(x)),\;"
    r" \text{conv}_{5}(\text{conv}_{1}(x)),\; \text{conv}_{1}(\text{pool}(x))\,]",
    when="Large pictures with few parameters; the network behind DeepDream.",
    pitfalls=(
        "torchvision's copy has 3x3 kernels where the paper has 5x5, and batch norm.",
        "With auxiliary heads the training loss holds 0.3 of their losses; the validation loss does not.",
    ),
    source="Szegedy et al. 2015, Going deeper with convolutions, arXiv 1409.4842.",
    facts={
        "takes": "image",
        "year": 2014,
        "input": (3, 224, 224),
        "parameters": 6_998_552,
        "macs": 1_582_671_872,
        "smallest": 31,
        "defaults": {
            "training.optimizer": {"name": "momentum", "momentum": 0.9},
            "training.learning_rate": 0.01,
            "training.weight_decay": 2e-4,
        },
    },
)
