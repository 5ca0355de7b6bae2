"""Convolutional autoencoder: pictures through strided convolutions to a code, and back by transposed ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import ModelError
from glasshouse.models.autoencoder import Autoencoder
from glasshouse.models.initialize import initialize


def convolutional_autoencoder(
    channels: int = 1,
    size: Sequence[int] = (28, 28),
    widths: Sequence[int] = (16, 32),
    code: int = 32,
    activation: Spec = "relu",
    output_activation: Spec = "identity",
    normalization: Literal["none", "batch"] = "batch",
) -> Autoencoder:
    r"""Stages of 3x3 convolution with stride 2, a linear layer to the code, and the same way back.

    .. math:: h_s = f(\operatorname{norm}(K_s * h_{s-1})),\quad
        \text{back: } \text{out} = 2(n - 1) + 1 + \text{output padding}

    Each stage halves the sides, rounding up; the output padding of the way back, 0 or 1, gives every odd or
    even side its own size again.

    Args:
        channels: Channels of the pictures, from 1.
        size: Height and width of the pictures in pixels.
        widths: Maps of each stage, from the input on.
        code: Width of the code, from 1.
        activation: Between the layers: a name, or a table with its settings.
        output_activation: Behind the output; ``"sigmoid"`` for pictures from 0 to 1.
        normalization: ``"batch"`` or ``"none"``.

    Shapes: (N, channels, *size) to (N, channels, *size); ``encode`` gives (N, code).

    Raises:
        ModelError: The pictures are too small for so many stages, or there is none.
        SettingError: A setting lies outside its range.

    Source:
        Masci et al. 2011, Stacked convolutional auto-encoders for hierarchical feature extraction; Dumoulin
        and Visin 2016, A guide to convolution arithmetic, arXiv 1603.07285.

    Example:
        >>> import torch
        >>> network = convolutional_autoencoder(channels=3, size=(9, 14), code=5)
        >>> pictures = torch.zeros(2, 3, 9, 14)
        >>> network.encode(pictures).shape, network(pictures).shape
        (torch.Size([2, 5]), torch.Size([2, 3, 9, 14]))
    """
    whole_number("channels", channels, at_least=1)
    whole_number("code", code, at_least=1)
    maps = whole_numbers("widths", widths, at_least=1)
    one_of("normalization", normalization, ("none", "batch"))
    least = 2 ** len(maps)
    if not maps or min(size) < least:
        raise ModelError(
            f"{len(maps)} stages for pictures of {size[0]} x {size[1]} pixels",
            expected=f"at least one stage, and pictures of at least {least} x {least} pixels",
            fix="give fewer widths, or set data.size larger",
        )
    sides = [(int(size[0]), int(size[1]))]
    for _ in maps:
        sides.append(((sides[-1][0] + 1) // 2, (sides[-1][1] + 1) // 2))
    flat = maps[-1] * sides[-1][0] * sides[-1][1]
    depths = [channels, *maps]
    encoder = _encoder(depths, activation, normalization)
    encoder["flatten"] = nn.Flatten()
    encoder["code"] = nn.Linear(flat, code)
    decoder: OrderedDict[str, nn.Module] = OrderedDict()
    decoder["linear"] = nn.Linear(code, flat)
    decoder["activation"] = ACTIVATIONS.build(activation)
    decoder["unflatten"] = nn.Unflatten(1, (maps[-1], *sides[-1]))
    decoder |= _decoder(depths[::-1], sides[::-1], activation, normalization)
    if output_activation != "identity":
        decoder["output_activation"] = ACTIVATIONS.build(output_activation)
    network = Autoencoder(nn.Sequential(encoder), nn.Sequential(decoder))
    initialize(network, "auto", activation)
    return network


def _encoder(depths: Sequence[int], activation: Spec, normalization: str) -> OrderedDict[str, nn.Module]:
    """Halving stages."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    normed = normalization == "batch"
    for stage, (before, after) in enumerate(pairwise(depths), start=1):
        layers[f"conv{stage}"] = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=not normed)
        if normed:
            layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        layers[f"activation{stage}"] = ACTIVATIONS.build(activation)
    return layers


def _decoder(
    depths: Sequence[int], sides: Sequence[tuple[int, int]], activation: Spec, normalization: str
) -> OrderedDict[str, nn.Module]:
    """Doubling stages, each back to the very sides that were halved."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    normed = normalization == "batch"
    for stage, (before, after) in enumerate(pairwise(depths), start=1):
        last = stage == len(depths) - 1
        (small, narrow), (tall, wide) = sides[stage - 1], sides[stage]
        rest = (tall - 2 * small + 1, wide - 2 * narrow + 1)
        layer = nn.ConvTranspose2d(
            before, after, 3, stride=2, padding=1, output_padding=rest, bias=last or not normed
        )
        layers["output" if last else f"conv{stage}"] = layer
        if last:
            break
        if normed:
            layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        layers[f"activation{stage}"] = ACTIVATIONS.build(activation)
    return layers


CONCEPT = Concept(
    name="convolutional_autoencoder",
    kind="model",
    summary="Autoencoder of strided convolutions and transposed ones, for pictures of any size.",
    build=convolutional_autoencoder,
    aliases=("conv_autoencoder",),
    equation=r"\text{out} = (n - 1) s - 2 p + k + \text{output padding}",
    symbols={
        "n": "side of the smaller map",
        "s": "stride, 2",
        "p": "padding, 1",
        "k": "side of the kernel, 3",
    },
    when="Pictures from about 16 pixels a side.",
    pitfalls=("Transposed convolutions can leave a checkerboard where stride and kernel do not fit.",),
    source="Masci et al. 2011, Stacked convolutional auto-encoders for hierarchical feature extraction.",
    facts={
        "takes": "image",
        "gives": "reconstruction",
        "year": 2011,
        "input": (1, 28, 28),
        "parameters": 111_585,
        "macs": 608_384,
        "smallest": 4,
        "defaults": {"objective.name": "reconstruction", "training.weight_decay": 0.0},
    },
)
