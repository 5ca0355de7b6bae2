"""The ResNets for small pictures, with which the paper went to 110 layers on CIFAR-10."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import Literal

from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.models.initialize import he_fan_out
from glasshouse.models.residual_block import SHORTCUTS, BasicBlock, begin_as_identity
from glasshouse.models.width import scaled

MAPS = (16, 32, 64)


def cifar_resnet(
    depth: int,
    classes: int = 10,
    channels: int = 3,
    shortcut: Literal["identity", "projection"] = "identity",
    zero_residual: bool = False,
    dropout: float = 0.0,
    width: float = 1.0,
) -> nn.Sequential:
    r"""A 3x3 convolution, three stages of residual blocks with 16, 32 and 64 maps, and a linear layer.

    Args:
        depth: Layers with weights, 6 n + 2 for n blocks per stage: 8, 14, 20, 32, 44, 56, 110 ...
        classes: Number of outputs.
        channels: Channels of the pictures. Their size may be any: the mean takes all places.
        shortcut: Where the shape changes. ``"identity"``: every other pixel, and zeros for the new maps
            (option A), as the paper's. ``"projection"``: a 1x1 convolution (option B).
        zero_residual: Let every block begin as the identity: its last batch norm has a scale of zero.
        dropout: Chance that a feature is silent before the output in a training step, from 0 to below 1.
        width: Times the maps of the paper, above 0.

    Shapes: (N, channels, H, W) to (N, classes).

    Raises:
        SettingError: The depth is not 6 n + 2, or a setting is not one of those above.

    Source:
        He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, section 4.2,
        arXiv 1512.03385.

    Example:
        >>> sum(each.numel() for each in cifar_resnet(20).parameters())
        269722
    """
    whole_number("depth", depth, at_least=8)
    if depth % 6 != 2:
        near = depth - (depth - 2) % 6
        raise SettingError(
            f"depth = {depth}",
            expected="6 n + 2 layers for n blocks in each of three stages: 8, 14, 20, 32, 44, 56, 110 ...",
            fix=f"set depth to {near} or {near + 6}",
        )
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    one_of("shortcut", shortcut, SHORTCUTS)
    number("dropout", dropout, at_least=0, below=1)
    before = scaled(MAPS[0], width)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = nn.Conv2d(channels, before, 3, padding=1, bias=False)
    layers["norm1"] = nn.BatchNorm2d(before)
    layers["activation1"] = nn.ReLU()
    for stage, published in enumerate(MAPS):
        maps = scaled(published, width)
        stack = nn.Sequential()
        for place in range((depth - 2) // 6):
            stride = 2 if stage > 0 and place == 0 else 1
            stack.append(BasicBlock(before, maps, stride, shortcut))
            before = maps
        layers[f"conv{stage + 2}_x"] = stack
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    if dropout > 0:
        layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear(before, classes)
    network = nn.Sequential(layers)
    he_fan_out(network, linear=None)
    if zero_residual:
        begin_as_identity(network)
    return network


COUNTS = {
    8: (75_290, 12_239_488),
    14: (172_506, 26_395_264),
    20: (269_722, 40_551_040),
    32: (464_154, 68_862_592),
    44: (658_586, 97_174_144),
    56: (853_018, 125_485_696),
    110: (1_727_962, 252_887_680),
}
"""Parameters and multiply-accumulates for 3 x 32 x 32 and 10 classes. The paper begins with 20 layers; 8 and
14 follow the same rule."""

(
    cifar_resnet8,
    cifar_resnet14,
    cifar_resnet20,
    cifar_resnet32,
    cifar_resnet44,
    cifar_resnet56,
    cifar_resnet110,
) = (partial(cifar_resnet, depth) for depth in COUNTS)


def _blocks(depth: int) -> str:
    many = (depth - 2) // 6
    return f"{many} blocks" if many > 1 else "one block"


def _card(depth: int) -> Concept:
    parameters, macs = COUNTS[depth]
    return Concept(
        name=f"cifar_resnet{depth}",
        kind="model",
        summary=f"ResNet with {depth} layers for small pictures: three stages of {_blocks(depth)}.",
        build=partial(cifar_resnet, depth),
        aliases=(f"cifar_resnet_{depth}", f"resnet{depth}_cifar"),
        equation=r"h_{l+1} = f(F_l(h_l) + s_l(h_l))",
        when="Pictures of about 32 pixels, when a small plain network is not enough.",
        pitfalls=(
            "Few parameters, much work: every layer runs over large maps. A narrower width is faster.",
        ),
        source="He, Zhang, Ren and Sun 2015, Deep residual learning for image recognition, section 4.2, "
        "arXiv 1512.03385.",
        facts={
            "takes": "image",
            "year": 2015,
            "family": "cifar_resnet",
            "input": (3, 32, 32),
            "classes": 10,
            "parameters": parameters,
            "macs": macs,
            "smallest": 1,
            "defaults": {
                "training.optimizer": {"name": "momentum", "momentum": 0.9},
                "training.learning_rate": 0.1,
                "training.weight_decay": 1e-4,
                "training.batch_size": 128,
            },
        },
    )


CONCEPTS = tuple(_card(depth) for depth in COUNTS)
