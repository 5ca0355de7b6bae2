"""ResNet: networks of residual blocks, which stay trainable when they are deep."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import Literal

from torch import nn

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.models.initialize import he_fan_out
from glasshouse.models.residual_block import SHORTCUTS, BasicBlock, Bottleneck, begin_as_identity
from glasshouse.models.width import scaled

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Blocks of the four stages; from 50 layers on they are bottlenecks."""
MAPS = (64, 128, 256, 512)
VARIANTS = ("1.5", "1", "keras")
STEMS = ("7x7", "3x3", "3x3-unpooled")


def resnet(
    depth: int,
    classes: int = 1000,
    channels: int = 3,
    variant: Literal["1.5", "1", "keras"] = "1.5",
    shortcut: Literal["projection", "identity"] = "projection",
    zero_residual: bool = False,
    width: float = 1.0,
    stem: Literal["7x7", "3x3", "3x3-unpooled"] = "7x7",
) -> nn.Sequential:
    r"""A 7x7 convolution, four stages of residual blocks, and a linear layer on the mean of the last maps.

    .. math:: h_{l+1} = f(F_l(h_l) + s_l(h_l))

    Args:
        depth: Layers with weights: 18, 34 (blocks of two 3x3), 50, 101 or 152 (bottlenecks 1x1, 3x3, 1x1).
        classes: Number of outputs.
        channels: Channels of the pictures. Their size may be any: the mean takes all places.
        variant: Where a bottleneck takes its stride. ``"1"``: in the first 1x1, as in the paper. ``"1.5"``:
            in the 3x3, as in torchvision, with the same parameters and more work. ``"keras"``: as the paper,
            with (useless) biases in all convolutions.
        shortcut: Where the shape changes. ``"projection"``: a 1x1 convolution (option B).
            ``"identity"``: every other pixel, and zeros for the new maps (option A), without parameters.
        zero_residual: Let every block begin as the identity: its last batch norm has a scale of zero.
        width: Times the maps of the paper, above 0.
        stem: What comes before the stages. ``"7x7"``: the paper's convolution, of stride 2, then pooling,
            which leave a quarter of each side. For small pictures ``"3x3"``: a convolution of stride 1, then
            pooling, which leave half; or ``"3x3-unpooled"``: the convolution alone, which leaves all.

    Shapes: (N, channels, H, W) to (N, classes).

    Raises:
        SettingError: There is no such depth, or a setting is not one of those above.

    Source:
        He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, arXiv 1512.03385.

    Example:
        >>> small = resnet(18, classes=10, width=0.125)
        >>> len(small.conv2_x), small.conv5_x[0].shortcut.conv
        (2, Conv2d(32, 64, kernel_size=(1, 1), stride=(2, 2), bias=False))
        >>> resnet(18, channels=1, width=0.25, stem="3x3").conv1
        Conv2d(1, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
    """
    if depth not in BLOCKS:
        known = ", ".join(map(str, BLOCKS))
        raise SettingError(f"depth = {depth!r}", expected=f"one of {known}", fix="set depth to one of them")
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    one_of("variant", variant, VARIANTS)
    one_of("shortcut", shortcut, SHORTCUTS)
    one_of("stem", stem, STEMS)
    bias = variant == "keras"
    before = scaled(MAPS[0], width)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    side, stride = (7, 2) if stem == "7x7" else (3, 1)
    layers["conv1"] = nn.Conv2d(channels, before, side, stride, padding=side // 2, bias=bias)
    layers["norm1"] = nn.BatchNorm2d(before)
    layers["activation1"] = nn.ReLU()
    if stem != "3x3-unpooled":
        layers["pool1"] = nn.MaxPool2d(3, 2, padding=1)
    for stage, (published, blocks) in enumerate(zip(MAPS, BLOCKS[depth], strict=True)):
        maps = scaled(published, width)
        stack = nn.Sequential()
        for place in range(blocks):
            stride = 2 if stage > 0 and place == 0 else 1
            if depth >= 50:
                stack.append(Bottleneck(before, maps, stride, shortcut, bias, stride_first=variant != "1.5"))
            else:
                stack.append(BasicBlock(before, maps, stride, shortcut, bias))
            before = 4 * maps if depth >= 50 else maps
        layers[f"conv{stage + 2}_x"] = stack
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(before, classes)
    network = nn.Sequential(layers)
    he_fan_out(network, linear=None)
    if zero_residual:
        begin_as_identity(network)
    return network


resnet18, resnet34, resnet50, resnet101, resnet152 = (partial(resnet, depth) for depth in BLOCKS)

COUNTS = {
    18: (11_689_512, 1_814_073_344),
    34: (21_797_672, 3_663_761_408),
    50: (25_557_032, 4_089_184_256),
    101: (44_549_160, 7_801_405_440),
    152: (60_192_808, 11_513_626_624),
}
"""Parameters and multiply-accumulates for 3 x 224 x 224 and 1000 classes."""


def _card(depth: int) -> Concept:
    parameters, macs = COUNTS[depth]
    kind = "bottleneck" if depth >= 50 else "basic"
    return Concept(
        name=f"resnet{depth}",
        kind="model",
        summary=f"ResNet with {depth} layers of weights: {sum(BLOCKS[depth])} {kind} residual blocks.",
        build=partial(resnet, depth),
        aliases=(f"resnet_{depth}",),
        equation=r"h_{l+1} = f(F_l(h_l) + s_l(h_l))",
        when="Large pictures; the usual backbone for transfer learning from published weights.",
        pitfalls=(
            "Pictures of 32 pixels and less shrink to one place before the last stage: take a cifar_resnet, "
            "or the stem for small pictures.",
            "The paper strides in the first 1x1, torchvision in the 3x3: the same parameters, other answers.",
        ),
        source="He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, arXiv 1512.03385.",
        facts={
            "takes": "image",
            "year": 2015,
            "family": "resnet",
            "input": (3, 224, 224),
            "parameters": parameters,
            "macs": macs,
            "smallest": 1,
        },
    )


CONCEPTS = tuple(_card(depth) for depth in BLOCKS)
