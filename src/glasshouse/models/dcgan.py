"""Deep convolutional generative adversarial network (DCGAN)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from torch import nn

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.models.gan import SLOPE, Gan

DEVIATION = 0.02
"""Standard deviation of the first weights, as in Radford et al."""
SMALLEST = 4
"""Side of the smallest maps, in pixels."""


def dcgan(
    channels: int = 1,
    size: Sequence[int] = (28, 28),
    latent: int = 100,
    filters: int = 64,
    normalization: Literal["batch", "none"] = "batch",
    discriminator_normalization: Literal["batch", "layer", "none"] = "batch",
) -> Gan:
    r"""A generator of transposed convolutions and a discriminator of strided ones, mirrored.

    .. math:: \text{out} = (n - 1) s - 2 p + k = 2 n \quad (s = 2,\; p = 1,\; k = 4)

    Maps are halved as long as both sides are even and at least 4 pixels stay: pictures of 64 and of 32 pixels
    start from maps of 4, pictures of 28 from maps of 7. The deepest maps have
    :math:`\text{filters} \cdot 2^{h - 1}` channels for h halvings.

    The paper ends the generator in a tanh, for levels from -1 to 1; here levels lie from 0 to 1, so it is a
    sigmoid, which is the same curve in other units.

    Args:
        channels: 1 for grey, 3 for colour.
        size: Height and width in pixels, both even and at least 8.
        latent: Numbers of a code, from 1.
        filters: Channels of the layers at the pictures' side, from 1.
        normalization: ``"batch"`` or ``"none"``, in the generator.
        discriminator_normalization: ``"batch"``, ``"layer"`` or ``"none"``, behind all of its layers but the
            first and the last. Under a gradient penalty each picture must be judged alone, so not
            ``"batch"``.

    Shapes: (N, channels, height, width) to (N, 1); ``decode`` takes (N, latent) to pictures.

    Raises:
        ModelError: The pictures are too small, or their sides are odd.
        SettingError: A size is no whole number from 1, or a normalization is none of these.

    Source:
        Radford, Metz and Chintala 2016, Unsupervised representation learning with deep convolutional
        generative adversarial networks, arXiv 1511.06434.

    Example:
        >>> network = dcgan(3, (64, 64))
        >>> [sum(each.numel() for each in part.parameters())
        ...  for part in (network.generator, network.discriminator)]
        [3576704, 2765568]
    """
    whole_number("channels", channels, at_least=1)
    whole_number("latent", latent, at_least=1)
    whole_number("filters", filters, at_least=1)
    one_of("normalization", normalization, ("batch", "none"))
    one_of("discriminator_normalization", discriminator_normalization, ("batch", "layer", "none"))
    start, halvings = smallest_maps((int(size[0]), int(size[1])))
    depths = [filters * 2**stage for stage in range(halvings)]
    network = Gan(
        _generator(latent, depths[::-1], channels, start, normalization),
        _discriminator(channels, depths, start, discriminator_normalization),
        latent,
    )
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, DEVIATION)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, DEVIATION)
    return network


def smallest_maps(size: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """The maps from which a generator starts, and how often they are doubled.

    Raises:
        ModelError: The pictures cannot be halved even once.

    Example:
        >>> [smallest_maps((side, side)) for side in (64, 32, 28, 8)]
        [((4, 4), 4), ((4, 4), 3), ((7, 7), 2), ((4, 4), 1)]
    """
    height, width = size
    halvings = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) // 2 >= SMALLEST:
        height, width, halvings = height // 2, width // 2, halvings + 1
    if not halvings:
        raise ModelError(
            f"model 'dcgan' on pictures of {size[0]} x {size[1]} pixels",
            expected=f"pictures of at least {2 * SMALLEST} x {2 * SMALLEST} pixels, with even sides; 28, 32 "
            "and 64 are usual",
            fix="set data.size = 32",
        )
    return (height, width), halvings


def _generator(
    latent: int, depths: Sequence[int], channels: int, start: tuple[int, int], normalization: str
) -> nn.Sequential:
    """Codes to pictures, doubling."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["unflatten"] = nn.Unflatten(1, (latent, 1, 1))
    normed = normalization == "batch"
    steps = [(latent, depths[0]), *pairwise(depths)]
    for stage, (before, after) in enumerate(steps, start=1):
        if stage == 1:
            layers["conv1"] = nn.ConvTranspose2d(before, after, start, bias=not normed)
        else:
            layers[f"conv{stage}"] = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=not normed)
        if normed:
            layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        layers[f"activation{stage}"] = nn.ReLU()
    layers["output"] = nn.ConvTranspose2d(depths[-1], channels, 4, 2, 1, bias=False)
    layers["output_activation"] = nn.Sigmoid()
    return nn.Sequential(layers)


def _discriminator(
    channels: int, depths: Sequence[int], start: tuple[int, int], normalization: str
) -> nn.Sequential:
    """Pictures to scores, halving."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for stage, (before, after) in enumerate(pairwise([channels, *depths]), start=1):
        layers[f"conv{stage}"] = nn.Conv2d(before, after, 4, 2, 1, bias=stage > 1 and normalization == "none")
        if stage > 1 and normalization == "batch":
            layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        elif stage > 1 and normalization == "layer":
            layers[f"norm{stage}"] = nn.GroupNorm(1, after)
        layers[f"activation{stage}"] = nn.LeakyReLU(SLOPE)
    layers["output"] = nn.Conv2d(depths[-1], 1, start, bias=False)
    layers["flatten"] = nn.Flatten()
    return nn.Sequential(layers)


CONCEPT = Concept(
    name="dcgan",
    kind="model",
    summary="Adversarial network of convolutions for pictures: strides for pooling, batch norm in both.",
    build=dcgan,
    aliases=("deep_convolutional_gan",),
    equation=r"\text{out} = (n - 1) s - 2 p + k",
    symbols={
        "n": "side of the smaller map",
        "s": "stride, 2",
        "p": "padding, 1",
        "k": "side of the kernel, 4",
    },
    when="New pictures from 8 pixels a side; 28, 32 and 64 are usual.",
    pitfalls=(
        "It wants thousands of pictures and of steps; on a CPU stay at 32 pixels.",
        "Batch norm lets the discriminator judge pictures by their company: not together with a gradient "
        "penalty.",
        "Samples that all look alike are a collapse, however good they look: see the coverage in the report.",
    ),
    source="Radford, Metz and Chintala 2016, arXiv 1511.06434.",
    facts={
        "takes": "image",
        "gives": "generation",
        "year": 2016,
        "input": (1, 28, 28),
        "parameters": 898_304,
        "macs": 13_879_936,
        "smallest": 8,
        "defaults": {
            "objective.name": "adversarial",
            "training.optimizer": {"name": "adam", "beta1": 0.5},
            "training.learning_rate": 0.0002,
            "training.schedule": "constant",
            "training.weight_decay": 0.0,
            "training.batch_size": 128,
        },
    },
)
