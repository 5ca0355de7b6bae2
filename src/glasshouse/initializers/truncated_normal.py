"""Truncated normal: normal numbers without the rare large ones."""

from __future__ import annotations

import math

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.initializers.contract import Initializer, worked_size


def truncated_normal(
    standard_deviation: float = 0.02, cut: float = 2.0, widened: bool = False
) -> Initializer:
    r"""Normal numbers, drawn again where they lie further out than some standard deviations.

    .. math:: w \sim N(0, \sigma^2) \;\text{given}\; |w| \le c\,\sigma

    Args:
        standard_deviation: Above 0: sigma, before the cut; or, ``widened``, what is left after it.
        cut: c, in standard deviations before the cut, above 0.
        widened: Whether sigma is made larger so that the standard deviation after the cut is the one given.

    Returns:
        A function that fills a tensor of any shape in place.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Definition; the standard deviation that is left: Johnson, Kotz and Balakrishnan 1994, Continuous
        univariate distributions, volume 1.

    Example:
        >>> weight = torch.empty(300, 500)
        >>> truncated_normal(standard_deviation=0.1)(weight, torch.Generator().manual_seed(0))
        >>> float(weight.abs().max()) <= 0.2, round(float(weight.std()), 3)
        (True, 0.088)
    """
    number("standard_deviation", standard_deviation, above=0)
    number("cut", cut, above=0)
    sigma = standard_deviation / (share_left(cut) if widened else 1.0)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.trunc_normal_(tensor, std=sigma, a=-cut * sigma, b=cut * sigma, generator=generator)

    return fill


def share_left(cut: float) -> float:
    r"""How much of a normal distribution's standard deviation is left after the cut.

    .. math:: \sqrt{1 - \frac{2 c\,\varphi(c)}{2 \Phi(c) - 1}}

    with the density and the distribution function of the standard normal.

    Args:
        cut: c, in standard deviations, above 0.

    Example:
        >>> round(share_left(2.0), 4)
        0.8796
    """
    density = math.exp(-cut * cut / 2) / math.sqrt(2 * math.pi)
    return math.sqrt(1 - 2 * cut * density / math.erf(cut / math.sqrt(2)))


def _unit(tensor: torch.Tensor, generator: torch.Generator) -> None:
    nn.init.trunc_normal_(tensor, generator=generator)


CONCEPT = Concept(
    name="truncated_normal",
    kind="initializer",
    summary="Normal numbers without the rare large ones, of a size that does not depend on the layer.",
    build=truncated_normal,
    aliases=("trunc_normal",),
    equation=r"w \sim N(0, \sigma^2) \;\text{given}\; |w| \le c\,\sigma",
    symbols={
        "w": "a weight",
        "sigma": "standard deviation before the cut, above 0",
        "c": "where the cut is, in standard deviations, above 0",
        "share_left": "standard deviation after the cut over that before it: 0.8796 for a cut at 2",
    },
    when="Transformers (0.02), and to repeat what Keras does under the names of Glorot, He and LeCun.",
    pitfalls=(
        "The cut takes away spread: at 2 standard deviations 12 % of it, unless it is widened.",
        "The right size depends on the number of inputs, which this ignores.",
    ),
    conventions=(
        "PyTorch's trunc_normal_ takes the ends as numbers, -2 and 2 by default, so with a small standard "
        "deviation it cuts nothing; here the cut is in standard deviations.",
        "Keras' TruncatedNormal cuts at 2 and does not widen; its Glorot, He and LeCun normal do.",
    ),
    source="Definition.",
    worked=worked_size(
        truncated_normal,
        _unit,
        "sigma",
        lambda _: Number(0.02) / Number(share_left(2.0), "share_left"),
        standard_deviation=0.02,
        cut=2.0,
        widened=True,
    ),
)
