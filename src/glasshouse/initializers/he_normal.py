"""He normal: normal numbers whose variance keeps signals level through ReLU layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def he_normal() -> Initializer:
    """Normal numbers whose variance keeps signals level through ReLU layers.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.kaiming_normal_(tensor, nonlinearity="relu", generator=generator)

    return fill


CONCEPT = Concept(
    name="he_normal",
    kind="initializer",
    summary="Normal numbers whose variance keeps signals level through ReLU layers.",
    build=he_normal,
    aliases=("kaiming_normal",),
    equation=r"w \sim N(0, \sigma^2),\; \sigma^2 = 2 / n_{in}",
    when="ReLU and its relatives.",
    pitfalls=("Too large for tanh and linear layers.",),
    source="He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.",
)
