"""Uniform: random numbers of a size that the user sets."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.initializers.contract import Initializer, uniform_unit, worked_size


def uniform(bound: float = 0.05) -> Initializer:
    r"""Uniform random numbers of a fixed size.

    .. math:: w \sim U(-b, b),\quad \operatorname{Var} w = b^2 / 3

    Args:
        bound: b, the largest magnitude of the numbers, above 0.

    Returns:
        A function that fills a tensor of any shape in place.

    Raises:
        SettingError: ``bound`` is not above 0.

    Source:
        Definition.

    Example:
        >>> weight = torch.empty(300, 500)
        >>> uniform(bound=0.5)(weight, torch.Generator().manual_seed(0))
        >>> float(weight.abs().max()) <= 0.5, round(float(weight.var()) / (0.5**2 / 3), 2)
        (True, 1.0)
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
    aliases=("random_uniform",),
    equation=r"w \sim U(-b, b)",
    symbols={"w": "a weight", "b": "bound: the largest magnitude, above 0; the variance is b^2 / 3"},
    when="To see what a badly chosen size does, or to repeat old work.",
    pitfalls=("The right size depends on the number of inputs, which this ignores.",),
    conventions=("Keras' default is from -0.05 to 0.05, as here; PyTorch's uniform_ goes from 0 to 1.",),
    source="Definition.",
    worked=worked_size(uniform, uniform_unit, "b", lambda _: Number(0.05, "b"), bound=0.05),
)
