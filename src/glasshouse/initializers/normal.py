"""Normal: random numbers of a size that the user sets."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def normal(standard_deviation: float = 0.01) -> Initializer:
    """Normal random numbers of a fixed size.

    Args:
        standard_deviation: Standard deviation of the numbers, above 0.

    Returns:
        A function that fills a weight tensor in place.

    Raises:
        SettingError: ``standard_deviation`` is not above 0.
    """
    number("standard_deviation", standard_deviation, above=0)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.normal_(tensor, std=standard_deviation, generator=generator)

    return fill


CONCEPT = Concept(
    name="normal",
    kind="initializer",
    summary="Normal random numbers of a size that does not depend on the layer.",
    build=normal,
    equation=r"w \sim N(0, \sigma^2)",
    when="To see what a badly chosen size does, or to repeat old work.",
    pitfalls=("The right size depends on the number of inputs, which this ignores.",),
    source="Definition.",
)
