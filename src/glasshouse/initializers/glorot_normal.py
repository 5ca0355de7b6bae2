"""Glorot normal: normal numbers that keep signals and gradients level through tanh-like layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer, fans, gain_of, normal_unit, worked_size


def glorot_normal(gain: float | str = 1.0) -> Initializer:
    r"""Normal numbers whose variance keeps signals and gradients level through tanh-like layers.

    .. math:: w \sim N(0, \sigma^2),\quad \sigma = g \sqrt{\frac{2}{n_{in} + n_{out}}}

    Args:
        gain: g, above 0, or the name of the activation that follows: ``"linear"``, ``"sigmoid"``,
            ``"tanh"``, ``"relu"`` or ``"selu"``.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Shapes: (out, in, ...); further axes are those of a kernel and count for both fans.

    Raises:
        SettingError: The gain is not above 0, or no such name.
        ModelError: When filling, a tensor of fewer than two axes.

    Source:
        Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.

    Example:
        >>> weight = torch.empty(300, 500)
        >>> glorot_normal()(weight, torch.Generator().manual_seed(0))
        >>> round(float(weight.std()) / (2 / 800) ** 0.5, 2)
        1.0
    """
    factor = gain_of(gain)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        fans(tensor)
        nn.init.xavier_normal_(tensor, gain=factor, generator=generator)

    return fill


CONCEPT = Concept(
    name="glorot_normal",
    kind="initializer",
    summary="Normal numbers whose variance keeps signals and gradients level through tanh-like layers.",
    build=glorot_normal,
    aliases=("xavier_normal",),
    equation=r"w \sim N(0, \sigma^2),\; \sigma = g \sqrt{2 / (n_{in} + n_{out})}",
    symbols={
        "w": "a weight",
        "sigma": "standard deviation of the weights",
        "n_in": "inputs of a unit (times the places of a kernel)",
        "n_out": "units that an input goes to (times the places of a kernel)",
        "g": "gain, 1 unless set",
    },
    when="As Glorot uniform.",
    pitfalls=(
        "With ReLU the signal halves its mean square at every layer: after 20 layers a millionth is left.",
        "It suits both directions only halfway where n_in and n_out differ.",
    ),
    conventions=(
        "Keras draws from a normal cut at two standard deviations, widened so that the variance is the same.",
        "PyTorch says Xavier, which is Glorot's first name.",
    ),
    source="Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks.",
    worked=worked_size(glorot_normal, normal_unit, "sigma", lambda n: sqrt(2 / (n.n_in + n.n_out))),
)
