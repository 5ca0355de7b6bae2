"""Glorot uniform: uniform numbers that keep signals and gradients level through tanh-like layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def glorot_uniform() -> Initializer:
    """Uniform numbers whose variance keeps signals and gradients level through tanh-like layers.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        Glorot and Bengio 2010, The difficulty of training deep networks.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.xavier_uniform_(tensor, generator=generator)

    return fill


CONCEPT = Concept(
    name="glorot_uniform",
    kind="initializer",
    summary="Uniform numbers whose variance keeps signals and gradients level through tanh-like layers.",
    build=glorot_uniform,
    aliases=("xavier_uniform",),
    equation=r"w \sim U(-b, b),\; b = \sqrt{6 / (n_{in} + n_{out})}",
    when="Tanh and sigmoid layers, and linear output layers.",
    pitfalls=("With ReLU the signal halves its variance at every layer.",),
    source="Glorot and Bengio 2010, The difficulty of training deep networks.",
)
