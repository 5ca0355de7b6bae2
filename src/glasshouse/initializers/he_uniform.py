"""He uniform: uniform numbers whose variance keeps signals level through ReLU layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def he_uniform() -> Initializer:
    """Uniform numbers whose variance keeps signals level through ReLU layers.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.kaiming_uniform_(tensor, nonlinearity="relu", generator=generator)

    return fill


CONCEPT = Concept(
    name="he_uniform",
    kind="initializer",
    summary="Uniform numbers whose variance keeps signals level through ReLU layers.",
    build=he_uniform,
    aliases=("kaiming_uniform",),
    equation=r"w \sim U(-b, b),\; b = \sqrt{6 / n_{in}}",
    when="ReLU and its relatives.",
    pitfalls=("Too large for tanh and linear layers.",),
    source="He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.",
)
