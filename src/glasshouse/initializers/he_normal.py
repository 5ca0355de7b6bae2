"""He normal: normal numbers that keep signals level through ReLU layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import MODES, Initializer, Mode, fans, normal_unit, worked_size


def he_normal(mode: Mode = "fan_in", negative_slope: float = 0.0) -> Initializer:
    r"""Normal numbers whose variance keeps signals level through ReLU layers.

    .. math:: w \sim N(0, \sigma^2),\quad \sigma = \sqrt{\frac{2}{(1 + a^2)\, n}}

    Args:
        mode: ``"fan_in"``: n is the number of inputs of a unit, which keeps signals level on the way forward;
            ``"fan_out"``: the number of units that an input goes to, which keeps gradients level on the way
            back.
        negative_slope: a, the slope of the activation below 0 (leaky ReLU); 0 for ReLU.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Shapes: (out, in, ...); further axes are those of a kernel and count for n.

    Raises:
        SettingError: The mode has another name, or the slope is no finite number.
        ModelError: When filling, a tensor of fewer than two axes.

    Source:
        He, Zhang, Ren and Sun 2015, Delving deep into rectifiers, arXiv 1502.01852.

    Example:
        >>> weight = torch.empty(300, 500)
        >>> he_normal()(weight, torch.Generator().manual_seed(0))
        >>> round(float(weight.std()) / (2 / 500) ** 0.5, 2)
        1.0
    """
    one_of("mode", mode, MODES)
    slope = number("negative_slope", negative_slope)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        fans(tensor)
        nn.init.kaiming_normal_(tensor, slope, mode, "leaky_relu", generator=generator)

    return fill


CONCEPT = Concept(
    name="he_normal",
    kind="initializer",
    summary="Normal numbers whose variance keeps signals level through ReLU layers.",
    build=he_normal,
    aliases=("kaiming_normal",),
    equation=r"w \sim N(0, \sigma^2),\; \sigma = \sqrt{2 / ((1 + a^2)\, n)}",
    symbols={
        "w": "a weight",
        "sigma": "standard deviation of the weights",
        "n": "inputs of a unit (fan_in) or units that an input goes to (fan_out), times a kernel's places",
        "a": "slope of the activation below 0; 0 for ReLU",
    },
    when="ReLU and its relatives.",
    pitfalls=(
        "Too large for tanh and linear layers: a stack of linear ones doubles the mean square at each.",
        "In a residual network the branches add up: there the last layer of a branch should start smaller.",
    ),
    conventions=(
        "PyTorch says Kaiming, which is He's first name.",
        "Keras draws from a normal cut at two standard deviations, widened so that the variance is the same.",
    ),
    source="He, Zhang, Ren and Sun 2015, Delving deep into rectifiers, arXiv 1502.01852.",
    worked=worked_size(he_normal, normal_unit, "sigma", lambda n: sqrt(2 / n.n_in)),
)
