"""Lecun uniform: uniform numbers whose variance is one over the fan-in."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def lecun_uniform() -> Initializer:
    """Uniform numbers whose variance is one over the fan-in.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        LeCun, Bottou, Orr and Müller 1998, Efficient backprop.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.kaiming_uniform_(tensor, nonlinearity="linear", generator=generator)

    return fill


CONCEPT = Concept(
    name="lecun_uniform",
    kind="initializer",
    summary="Uniform numbers whose variance is one over the fan-in.",
    build=lecun_uniform,
    aliases=(),
    equation=r"w \sim U(-b, b),\; b = \sqrt{3 / n_{in}}",
    when="Scaled tanh layers, as in LeNet-5.",
    pitfalls=("With ReLU the signal halves its variance at every layer.",),
    source="LeCun, Bottou, Orr and Müller 1998, Efficient backprop.",
)
