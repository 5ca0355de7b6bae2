"""MobileNet: depthwise separable convolutions, for little work per picture."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.models.initialize import initialize

FEWEST = 8
"""Fewest maps of a layer, however small the width multiplier."""
BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
"""Maps and stride of the 13 blocks. Table 1 of the paper prints stride 2 for the last, which must be 1."""


def mobilenet(
    classes: int = 1000, channels: int = 3, width: float = 1.0, dropout: float = 0.001
) -> nn.Sequential:
    r"""MobileNet v1: a 3x3 convolution, 13 depthwise separable blocks, and a linear layer on the mean.

    A separable block filters every map by itself and then mixes the maps at every place, for
    :math:`\frac{1}{N} + \frac{1}{k^2}` of the work of a full convolution with N maps and k x k kernels.

    Args:
        classes: Number of outputs.
        channels: Channels of the pictures. Their size may be any; the paper's resolution multiplier is just
            another ``data.size``: 224, 192, 160 or 128.
        width: Times the maps of the paper, above 0: 1, 0.75, 0.5 and 0.25 were published. Rounded down, and
            no layer has fewer than 8 maps.
        dropout: Chance that a feature is silent before the output in a training step, from 0 to below 1.

    Shapes: (N, channels, H, W) to (N, classes).

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision
        applications, arXiv 1704.04861.

    Example:
        >>> sum(each.numel() for each in mobilenet(width=0.25).parameters())
        470072
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    number("width", width, above=0)
    number("dropout", dropout, at_least=0, below=1)
    before = max(FEWEST, int(32 * width))
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv"] = nn.Conv2d(channels, before, 3, stride=2, padding=1, bias=False)
    layers["norm"] = nn.BatchNorm2d(before)
    layers["activation"] = nn.ReLU()
    for place, (published, stride) in enumerate(BLOCKS, start=1):
        maps = max(FEWEST, int(published * width))
        layers[f"block{place}"] = separable(before, maps, stride)
        before = maps
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    if dropout > 0:
        layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear(before, classes)
    network = nn.Sequential(layers)
    initialize(network, "auto", "relu")
    return network


def separable(before: int, after: int, stride: int) -> nn.Sequential:
    """A depthwise 3x3 and a pointwise 1x1 convolution, each with batch norm and activation.

    Args:
        before: Maps that go in.
        after: Maps that come out.
        stride: Of the depthwise convolution.

    Example:
        >>> separable(8, 16, stride=2).depthwise
        Conv2d(8, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=8, bias=False)
    """
    return nn.Sequential(
        OrderedDict(
            depthwise=nn.Conv2d(before, before, 3, stride, padding=1, groups=before, bias=False),
            norm1=nn.BatchNorm2d(before),
            activation1=nn.ReLU(),
            pointwise=nn.Conv2d(before, after, 1, bias=False),
            norm2=nn.BatchNorm2d(after),
            activation2=nn.ReLU(),
        )
    )


CONCEPT = Concept(
    name="mobilenet",
    kind="model",
    summary="13 depthwise separable blocks with a width multiplier: little work per picture.",
    build=mobilenet,
    aliases=("mobilenet_v1", "mobile_net"),
    equation=r"y = \text{pointwise}_{1 \times 1}(f(\text{depthwise}_{3 \times 3}(x)))",
    when="Pictures on small devices; choose the width by the work that you can afford.",
    pitfalls=(
        "It shrinks pictures by 32: those of 32 pixels and less end as one place.",
        "Table 1 of the paper prints stride 2 for the last block; it must be 1.",
    ),
    source="Howard et al. 2017, MobileNets, arXiv 1704.04861.",
    facts={
        "takes": "image",
        "year": 2017,
        "input": (3, 224, 224),
        "parameters": 4_231_976,
        "macs": 568_740_352,
        "smallest": 1,
    },
)
