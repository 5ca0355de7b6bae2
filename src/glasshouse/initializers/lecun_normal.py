"""LeCun normal: normal numbers whose variance is one over the fan-in."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.checks import one_of
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import MODES, Initializer, Mode, fans, normal_unit, worked_size


def lecun_normal(mode: Mode = "fan_in") -> Initializer:
    r"""Normal numbers whose variance is one over the fan-in.

    .. math:: w \sim N(0, \sigma^2),\quad \sigma = \sqrt{\frac{1}{n}}

    Args:
        mode: ``"fan_in"``: n is the number of inputs of a unit; ``"fan_out"``: the number of units that an
            input goes to.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Shapes: (out, in, ...); further axes are those of a kernel and count for n.

    Raises:
        SettingError: The mode has another name.
        ModelError: When filling, a tensor of fewer than two axes.

    Source:
        LeCun, Bottou, Orr and Müller 1998, Efficient backprop.

    Example:
        >>> weight = torch.empty(300, 500)
        >>> lecun_normal()(weight, torch.Generator().manual_seed(0))
        >>> round(float(weight.std()) / (1 / 500) ** 0.5, 2)
        1.0
    """
    one_of("mode", mode, MODES)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        fans(tensor)
        nn.init.kaiming_normal_(tensor, mode=mode, nonlinearity="linear", generator=generator)

    return fill


CONCEPT = Concept(
    name="lecun_normal",
    kind="initializer",
    summary="Normal numbers whose variance is one over the fan-in.",
    build=lecun_normal,
    aliases=("efficient_backprop_normal",),
    equation=r"w \sim N(0, \sigma^2),\; \sigma = \sqrt{1 / n}",
    symbols={
        "w": "a weight",
        "sigma": "standard deviation of the weights",
        "n": "inputs of a unit (fan_in) or units that an input goes to (fan_out), times a kernel's places",
    },
    when="SELU layers.",
    pitfalls=("With ReLU the signal halves its mean square at every layer.",),
    conventions=(
        "Keras draws from a normal cut at two standard deviations, widened so that the variance is the same.",
        "PyTorch has no function of this name; it is its Kaiming normal for a linear layer.",
    ),
    source="LeCun, Bottou, Orr and Müller 1998, Efficient backprop.",
    worked=worked_size(lecun_normal, normal_unit, "sigma", lambda n: sqrt(1 / n.n_in)),
)
