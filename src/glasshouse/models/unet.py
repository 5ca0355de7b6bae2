"""U-Net: down to small deep maps and up again, with every map of the way down handed over to the way up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import ModelError
from glasshouse.models.initialize import initialize
from glasshouse.models.width import scaled

MAPS = 64
"""Maps of the first level in the paper."""
KERNEL = 3
"""Side of the kernels of all convolutions but the last, which is 1 x 1."""


class UNet(nn.Module):
    """The network that :func:`unet` builds.

    Args:
        layers: ``down1`` ..., ``pool``, ``bottom``, ``up1`` ..., ``merge1`` ... and ``output``, by name.
        depth: How many levels lie above the bottom.
        factor: How many times larger the output is than the input.
        residual: Whether the (enlarged) input is added to the output.

    Example:
        >>> network = unet(classes=3, channels=1, size=(8, 8), width=0.0625, depth=1, padding="same")
        >>> network(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 3, 8, 8])
    """

    def __init__(
        self, layers: OrderedDict[str, nn.Module], depth: int, factor: int = 1, residual: bool = False
    ) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.depth = depth
        self.factor = factor
        self.residual = residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures (N, channels, H, W) to maps (N, classes, H', W')."""
        if self.factor > 1:
            x = self.get_submodule("enlarge")(x)
        seen, handed = x, []
        for level in range(1, self.depth + 1):
            x = self.get_submodule(f"down{level}")(x)
            handed.append(x)
            x = self.get_submodule(f"pool{level}")(x)
        x = self.get_submodule("bottom")(x)
        for level in range(self.depth, 0, -1):
            x = self.get_submodule(f"up{level}")(x)
            x = self.get_submodule(f"merge{level}")(beside(handed[level - 1], x))
        outputs: torch.Tensor = self.get_submodule("output")(x)
        return outputs + seen if self.residual else outputs


def beside(handed: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Maps of the way down in front of those of the way up, brought to one size.

    Larger maps of the way down are cut around their centre, as in the paper. Where an odd side was halved and
    doubled, a row or column of zeros stands in for the one that pooling dropped.

    Args:
        handed: (N, C, H, W).
        x: (N, C', H', W'), with sides at most as long, or one shorter.

    Example:
        >>> beside(torch.ones(1, 1, 6, 6), torch.zeros(1, 2, 4, 4)).shape
        torch.Size([1, 3, 4, 4])
    """
    more = [of - to for of, to in zip(handed.shape[-2:], x.shape[-2:], strict=True)]
    if max(more) == 1:
        x = F.pad(x, (0, more[1], 0, more[0]))
    elif max(more) > 1:
        top, left = more[0] // 2, more[1] // 2
        handed = handed[..., top : top + x.shape[-2], left : left + x.shape[-1]]
    return torch.cat([handed, x], dim=1)


def unet(
    classes: int = 2,
    channels: int = 1,
    size: Sequence[int] = (572, 572),
    width: float = 1.0,
    depth: int = 4,
    padding: Literal["valid", "same"] = "valid",
    normalization: Literal["none", "batch"] = "none",
    factor: int = 1,
    residual: bool = False,
    activation: Spec = "relu",
) -> UNet:
    r"""The network of Ronneberger, Fischer and Brox: 3x3 convolutions in pairs, halved and doubled maps.

    .. math:: c_l = 64 \cdot \text{width} \cdot 2^{\,l}, \quad l = 0 \dots \text{depth}

    Each level has two 3x3 convolutions with :math:`c_l` maps and a 2x2 max pooling behind them. On the way up
    a 2x2 transposed convolution with stride 2 halves the number of maps and doubles their sides, the maps of
    the same level of the way down are put beside, and two convolutions bring them to :math:`c_l` again. A 1x1
    convolution ends in one map for each class or channel.

    With the defaults it is the network of the paper: 23 convolutions, without padding, from 572 x 572 to
    388 x 388 pixels. With ``padding="same"`` the output has the size of the input.

    Args:
        classes: Maps that come out: one for each class, or for each channel of a picture, from 1.
        channels: Channels of the pictures, from 1.
        size: Height and width of the pictures in pixels.
        width: Times the 64 maps of the first level in the paper, above 0.
        depth: Levels above the bottom, from 1.
        padding: ``"valid"`` or ``"same"``.
        normalization: ``"batch"`` puts batch norm behind each 3x3 convolution; the paper has ``"none"``.
        factor: From 2 on, pictures are first enlarged that many times, by bilinear interpolation.
        residual: Whether the (enlarged) picture is added to the output, which is nothing at first, so that
            only what changes is learnt.
        activation: Behind each 3x3 convolution: a name, or a table with its settings.

    Shapes: (N, channels, H, W) to (N, classes, factor H, factor W), less the margins where there is no
        padding.

    Raises:
        ModelError: The pictures are too small for so many levels, or have other channels than the output to
            which they are to be added.
        SettingError: A setting lies outside its range.

    Source:
        Ronneberger, Fischer and Brox 2015, U-Net: convolutional networks for biomedical image segmentation,
        arXiv 1505.04597. ``residual``: Kim, Lee and Lee 2016, arXiv 1511.04587.

    Example:
        >>> sum(each.numel() for each in unet().parameters())
        31030658
        >>> network = unet(classes=4, channels=3, size=(21, 30), width=0.125, depth=2, padding="same")
        >>> network(torch.zeros(1, 3, 21, 30)).shape
        torch.Size([1, 4, 21, 30])
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    whole_number("depth", depth, at_least=1)
    whole_number("factor", factor, at_least=1)
    one_of("padding", padding, ("valid", "same"))
    one_of("normalization", normalization, ("none", "batch"))
    _refuse_small([int(side) * factor for side in size], depth, padding == "same")
    if residual and (channels not in (1, classes) or padding == "valid"):
        raise ModelError(
            f"residual = true with {channels} channels in, {classes} out and padding {padding!r}",
            expected="a picture that can be added: grey or of as many channels, and padding 'same'",
            fix="set model.residual = false",
        )
    maps = [scaled(MAPS, width) * 2**level for level in range(depth + 1)]
    style = (padding, normalization, activation)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if factor > 1:
        layers["enlarge"] = nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)
    for level, (before, after) in enumerate(zip([channels, *maps], maps[:-1], strict=False), start=1):
        layers[f"down{level}"] = _pair(before, after, *style)
        layers[f"pool{level}"] = nn.MaxPool2d(2)
    layers["bottom"] = _pair(maps[-2], maps[-1], *style)
    for level in range(depth, 0, -1):
        layers[f"up{level}"] = nn.ConvTranspose2d(maps[level], maps[level - 1], 2, stride=2)
        layers[f"merge{level}"] = _pair(maps[level], maps[level - 1], *style)
    layers["output"] = last = nn.Conv2d(maps[0], classes, 1)
    network = UNet(layers, depth, factor, residual)
    initialize(network, "auto", activation)
    if residual:
        nn.init.zeros_(last.weight)  # training begins with the picture itself
    return network


def _pair(before: int, after: int, padding: str, normalization: str, activation: Spec) -> nn.Sequential:
    """Two 3x3 convolutions, each with its activation; batch norm makes their biases useless."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    normed = normalization == "batch"
    margin = KERNEL // 2 if padding == "same" else 0
    for place in (1, 2):
        layers[f"conv{place}"] = nn.Conv2d(before, after, KERNEL, padding=margin, bias=not normed)
        if normed:
            layers[f"norm{place}"] = nn.BatchNorm2d(after)
        layers[f"activation{place}"] = ACTIVATIONS.build(activation)
        before = after
    return nn.Sequential(layers)


def smallest(depth: int, same: bool) -> int:
    """The least side of a picture of which something comes out.

    Args:
        depth: Levels above the bottom.
        same: Whether convolutions have padding.

    Example:
        >>> smallest(3, same=True), smallest(4, same=False)
        (8, 188)
    """
    if same:
        return 1 << depth
    lost = 2 * (KERNEL - 1)  # by the two convolutions of a block
    side = 1
    for _ in range(depth):  # from the output up to the bottom: the block, then the doubling before it
        side = -(-(side + lost) // 2)
    for _ in range(depth):
        side = 2 * (side + lost)
    return side + lost


def _refuse_small(sides: Sequence[int], depth: int, same: bool) -> None:
    """Refuse pictures of which nothing would come out."""
    least = smallest(depth, same)
    if min(sides) < least:
        raise ModelError(
            f"a U-Net of depth {depth} for pictures of {sides[0]} x {sides[1]} pixels"
            + ("" if same else " without padding"),
            expected=f"pictures of at least {least} x {least} pixels",
            fix=f"set model.depth to {max(1, depth - 1)} or less, or data.size larger"
            + ("" if same else ", or model.padding = 'same'"),
        )


CONCEPT = Concept(
    name="unet",
    kind="model",
    summary="Convolutions down to small deep maps and up again, with maps of the way down handed over.",
    build=unet,
    aliases=("u_net",),
    equation=r"c_l = 64 \cdot \text{width} \cdot 2^{\,l}",
    symbols={"c_l": "maps of level l", "l": "level, from 0 at the top to the depth at the bottom"},
    when="A picture is to come out: classes of pixels, colours, a larger or a cleaner picture.",
    pitfalls=(
        "Without padding the output is smaller than the input: experiments take padding 'same'.",
        "Work grows with the square of the width: the paper's 64 maps are for graphics cards.",
    ),
    conventions=(
        "The card and the defaults in Python are the paper's network; an experiment begins with a quarter of "
        "its width, depth 3, padding 'same' and batch norm.",
    ),
    source="Ronneberger, Fischer and Brox 2015, arXiv 1505.04597.",
    facts={
        "takes": "image",
        "gives": "pictures",
        "year": 2015,
        "input": (1, 572, 572),
        "classes": 2,
        "parameters": 31_030_658,
        "macs": 150_428_424_448,
        "smallest": 188,
        "defaults": {
            "model.width": 0.25,
            "model.depth": 3,
            "model.padding": "same",
            "model.normalization": "batch",
        },
    },
)
