"""Lecun normal: normal numbers whose variance is one over the fan-in."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def lecun_normal() -> Initializer:
    """Normal numbers whose variance is one over the fan-in.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        LeCun, Bottou, Orr and Müller 1998, Efficient backprop.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.kaiming_normal_(tensor, nonlinearity="linear", generator=generator)

    return fill


CONCEPT = Concept(
    name="lecun_normal",
    kind="initializer",
    summary="Normal numbers whose variance is one over the fan-in.",
    build=lecun_normal,
    aliases=(),
    equation=r"w \sim N(0, \sigma^2),\; \sigma^2 = 1 / n_{in}",
    when="SELU layers.",
    pitfalls=("With ReLU the signal halves its variance at every layer.",),
    source="LeCun, Bottou, Orr and Müller 1998, Efficient backprop.",
)
