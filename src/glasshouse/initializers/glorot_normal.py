"""Glorot normal: normal numbers whose variance keeps signals and gradients level through tanh-like layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def glorot_normal() -> Initializer:
    """Normal numbers whose variance keeps signals and gradients level through tanh-like layers.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        Glorot and Bengio 2010, The difficulty of training deep networks.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.xavier_normal_(tensor, generator=generator)

    return fill


CONCEPT = Concept(
    name="glorot_normal",
    kind="initializer",
    summary="Normal numbers whose variance keeps signals and gradients level through tanh-like layers.",
    build=glorot_normal,
    aliases=("xavier_normal",),
    equation=r"w \sim N(0, \sigma^2),\; \sigma^2 = 2 / (n_{in} + n_{out})",
    when="As Glorot uniform.",
    pitfalls=("With ReLU the signal halves its variance at every layer.",),
    source="Glorot and Bengio 2010, The difficulty of training deep networks.",
)
