"""ESPCN: super-resolution on the small picture, whose last maps become the pixels of the large one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import ModelError
from glasshouse.layers.pixel_shuffle import PixelShuffle
from glasshouse.models.added_input import AddedInput
from glasshouse.models.initialize import initialize
from glasshouse.models.width import scaled

KERNELS = (5, 3, 3)
"""Sides of the kernels: of the first convolution, of those between, and of the last."""


def espcn(
    classes: int = 1,
    channels: int = 1,
    size: Sequence[int] = (17, 17),
    factor: int = 3,
    maps: Sequence[int] = (64, 32),
    width: float = 1.0,
    residual: bool = False,
    activation: Spec = "tanh",
) -> nn.Module:
    r"""Convolutions on the small picture; then :math:`r^2` maps per channel become squares of pixels.

    .. math:: y = \operatorname{shuffle}_r(W_L * f(\dots f(W_1 * x)))

    All work is done at the size of the input, which is :math:`r^2` times less than on an enlarged picture.

    Args:
        classes: Channels of the picture that comes out, from 1.
        channels: Channels of the input, from 1.
        size: Height and width of the input in pixels.
        factor: How many times larger the picture comes out, r, from 1; in an experiment the data decide it.
        maps: Of the convolutions before the last: 5x5 for the first, 3x3 for those behind it.
        width: Times these maps, above 0.
        residual: Whether the picture, enlarged by bilinear interpolation, is added to the output, which is
            nothing at first; the paper does without.
        activation: Behind each convolution but the last: a name, or a table with its settings.

    Shapes: (N, channels, H, W) to (N, classes, factor H, factor W).

    Raises:
        ModelError: There are no maps, or the input has other channels than the output to which it is added.
        SettingError: A setting lies outside its range.

    Source:
        Shi et al. 2016, Real-time single image and video super-resolution using an efficient sub-pixel
        convolutional neural network, arXiv 1609.05158.

    Example:
        >>> import torch
        >>> espcn(classes=3, channels=3, size=(8, 8), factor=2)(torch.zeros(1, 3, 8, 8)).shape
        torch.Size([1, 3, 16, 16])
    """
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    whole_number("factor", factor, at_least=1)
    hidden = [scaled(each, width) for each in whole_numbers("maps", maps, at_least=1)]
    if not hidden or min(size) < 1:
        raise ModelError(
            f"maps = {list(maps)} for pictures of {size[0]} x {size[1]} pixels",
            expected="one number of maps or more",
            fix="set model.maps = [64, 32]",
        )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for place, (before, after) in enumerate(pairwise([channels, *hidden]), start=1):
        side = KERNELS[0] if place == 1 else KERNELS[1]
        layers[f"conv{place}"] = nn.Conv2d(before, after, side, padding=side // 2)
        layers[f"activation{place}"] = ACTIVATIONS.build(activation)
    layers["output"] = last = nn.Conv2d(hidden[-1], classes * factor**2, KERNELS[2], padding=KERNELS[2] // 2)
    layers["shuffle"] = PixelShuffle(factor)
    network = nn.Sequential(layers)
    initialize(network, "auto", activation)
    if not residual:
        return network
    if channels not in (1, classes):
        raise ModelError(
            f"residual = true with {channels} channels in and {classes} out",
            expected="a picture that can be added: grey, or of as many channels",
            fix="set model.residual = false",
        )
    nn.init.zeros_(last.weight)
    return AddedInput(network, factor)


CONCEPT = Concept(
    name="espcn",
    kind="model",
    summary="Super-resolution on the small picture: maps of the last convolution become pixels.",
    build=espcn,
    aliases=("sub_pixel_cnn",),
    equation=r"y = \operatorname{shuffle}_r(W_L * f(\dots f(W_1 * x)))",
    symbols={"r": "how many times larger the picture comes out", "f": "activation, tanh in the paper"},
    when="Larger pictures of small ones, where it must be fast.",
    pitfalls=("It sees 9 x 9 pixels of the input and no more: what is farther away cannot help.",),
    conventions=("As the paper's text has it, 5-3-3 kernels with 64 and 32 maps and tanh.",),
    source="Shi et al. 2016, arXiv 1609.05158.",
    facts={
        "takes": "image",
        "gives": "pictures",
        "year": 2016,
        "input": (1, 17, 17),
        "classes": 1,
        "parameters": 22_729,
        "macs": 6_538_336,
        "smallest": 1,
    },
)
