"""Uniform: random numbers of a size that the user sets."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def uniform(bound: float = 0.05) -> Initializer:
    """Uniform random numbers of a fixed size.

    Args:
        bound: Largest magnitude of the numbers, above 0.

    Returns:
        A function that fills a weight tensor in place.

    Raises:
        SettingError: ``bound`` is not above 0.
    """
    number("bound", bound, above=0)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.uniform_(tensor, -bound, bound, generator=generator)

    return fill


CONCEPT = Concept(
    name="uniform",
    kind="initializer",
    summary="Uniform random numbers of a size that does not depend on the layer.",
    build=uniform,
    equation=r"w \sim U(-b, b)",
    when="To see what a badly chosen size does, or to repeat old work.",
    pitfalls=("The right size depends on the number of inputs, which this ignores.",),
    source="Definition.",
)
