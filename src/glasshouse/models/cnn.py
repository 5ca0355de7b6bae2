"""A small convolutional network for small pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import number, whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import ModelError
from glasshouse.models.initialize import initialize, sums_per_unit


def cnn(
    classes: int = 10,
    channels: int = 1,
    size: Sequence[int] = (28, 28),
    widths: Sequence[int] = (16, 32, 64),
    activation: Spec = "relu",
    dropout: float = 0.1,
    initializer: Spec = "auto",
    bias_initializer: Spec = "zeros",
) -> nn.Sequential:
    r"""Stages of 3x3 convolution, batch norm, activation and 2x2 pooling, then a linear layer on the mean.

    .. math:: h_s = \operatorname{pool}(f(\operatorname{norm}(K_s * h_{s-1}))),\quad
        y = W \operatorname{mean}_{ij}(h_S) + b

    The last stage does not pool, so pictures down to 4 x 4 pixels pass through three stages.

    Args:
        classes: Number of outputs.
        channels: Channels of the pictures, from 1.
        size: Height and width of the pictures in pixels.
        widths: Feature maps of each stage, from the input on.
        activation: Name of an activation, or a table with its settings.
        dropout: Chance that a pooled feature is silent in a training step, from 0 to below 1.
        initializer: Name of an initializer; ``"auto"`` takes the one that suits the activation.
        bias_initializer: Name of an initializer for the biases; ``"log_odds"`` with the shares of the classes
            is for the last layer only.

    Shapes: (N, channels, *size) to (N, classes).

    Raises:
        ModelError: The pictures are too small for so many stages.
        SettingError: A setting lies outside its range.

    Source:
        The plain form of LeCun et al. 1998 with the parts of later years: 3x3 kernels (Simonyan and Zisserman
        2015), batch norm (Ioffe and Szegedy 2015), global average pooling (Lin, Chen and Yan 2014).

    Example:
        >>> sum(each.numel() for each in cnn(classes=10, channels=1, size=(8, 8)).parameters())
        24058
    """
    whole_number("channels", channels, at_least=1)
    whole_number("classes", classes, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    whole_numbers("widths", widths, at_least=1)
    smallest = 2 ** (len(widths) - 1)
    if not widths or min(size) < smallest:
        raise ModelError(
            f"{len(widths)} stages for pictures of {size[0]} x {size[1]} pixels",
            expected=f"at least one stage, and pictures of at least {smallest} x {smallest} pixels for them",
            fix="give fewer widths, or set data.size larger",
        )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    before = channels
    for stage, width in enumerate(widths, start=1):
        # Batch norm subtracts any constant, so the convolution before it needs no bias.
        sums = width * sums_per_unit(activation)
        layers[f"conv{stage}"] = nn.Conv2d(before, sums, kernel_size=3, padding=1, bias=False)
        layers[f"norm{stage}"] = nn.BatchNorm2d(sums)
        layers[f"activation{stage}"] = ACTIVATIONS.build(activation)
        if stage < len(widths):
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
        before = width
    layers["mean"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    if dropout > 0:
        layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear(before, classes)
    network = nn.Sequential(layers)
    initialize(network, initializer, activation, bias_initializer)
    return network


CONCEPT = Concept(
    name="cnn",
    kind="model",
    summary="A small convolutional network: a few stages of 3x3 convolution, batch norm and pooling.",
    build=cnn,
    aliases=("small_cnn", "convnet"),
    equation=r"h_s = \operatorname{pool}(f(\operatorname{norm}(K_s * h_{s-1})))",
    when="Small pictures; trains in seconds to minutes on a laptop.",
    pitfalls=("The mean over all places forgets where in the picture a feature was.",),
    source="After LeCun et al. 1998, with 3x3 kernels, batch norm and global average pooling.",
    facts={"takes": "image", "year": 2015},
)
