"""Normal: random numbers of a size that the user sets."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.initializers.contract import Initializer, normal_unit, worked_size


def normal(standard_deviation: float = 0.01, mean: float = 0.0) -> Initializer:
    r"""Normal random numbers of a fixed size.

    .. math:: w \sim N(\mu, \sigma^2)

    Args:
        standard_deviation: sigma, above 0.
        mean: mu, any finite number.

    Returns:
        A function that fills a tensor of any shape in place.

    Raises:
        SettingError: ``standard_deviation`` is not above 0, or the mean is not finite.

    Source:
        Krizhevsky, Sutskever and Hinton 2012 start AlexNet with a standard deviation of 0.01.

    Example:
        >>> weight = torch.empty(300, 500)
        >>> normal(standard_deviation=0.5)(weight, torch.Generator().manual_seed(0))
        >>> round(float(weight.std()), 2)
        0.5
    """
    number("standard_deviation", standard_deviation, above=0)
    number("mean", mean)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.normal_(tensor, mean=mean, std=standard_deviation, generator=generator)

    return fill


CONCEPT = Concept(
    name="normal",
    kind="initializer",
    summary="Normal random numbers of a size that does not depend on the layer.",
    build=normal,
    aliases=("gaussian", "random_normal"),
    equation=r"w \sim N(\mu, \sigma^2)",
    symbols={"w": "a weight", "sigma": "standard deviation, above 0", "mu": "mean, 0 unless set"},
    when="To see what a badly chosen size does, or to repeat old work.",
    pitfalls=("The right size depends on the number of inputs, which this ignores.",),
    conventions=("Keras' default size is 0.05, PyTorch's 1, AlexNet's 0.01 (the default here).",),
    source="Definition.",
    worked=worked_size(
        normal, normal_unit, "sigma", lambda _: Number(0.01, "sigma"), standard_deviation=0.01
    ),
)
