"""LeCun uniform: uniform numbers whose variance is one over the fan-in."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.checks import one_of
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import MODES, Initializer, Mode, fans, uniform_unit, worked_size


def lecun_uniform(mode: Mode = "fan_in") -> Initializer:
    r"""Uniform numbers whose variance is one over the fan-in.

    .. math:: w \sim U(-b, b),\quad b = \sqrt{\frac{3}{n}}

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
        >>> lecun_uniform()(weight, torch.Generator().manual_seed(0))
        >>> float(weight.abs().max()) <= (3 / 500) ** 0.5
        True
    """
    one_of("mode", mode, MODES)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        fans(tensor)
        nn.init.kaiming_uniform_(tensor, mode=mode, nonlinearity="linear", generator=generator)

    return fill


CONCEPT = Concept(
    name="lecun_uniform",
    kind="initializer",
    summary="Uniform numbers whose variance is one over the fan-in.",
    build=lecun_uniform,
    aliases=("efficient_backprop_uniform",),
    equation=r"w \sim U(-b, b),\; b = \sqrt{3 / n}",
    symbols={
        "w": "a weight",
        "b": "bound: the largest magnitude",
        "n": "inputs of a unit (fan_in) or units that an input goes to (fan_out), times a kernel's places",
    },
    when="Scaled tanh layers, as in LeNet-5.",
    pitfalls=("With ReLU the signal halves its mean square at every layer.",),
    conventions=(
        "LeNet-5 of 1998 drew from U(-2.4 / n, 2.4 / n), which is another size.",
        "PyTorch has no function of this name; it is its Kaiming uniform for a linear layer.",
    ),
    source="LeCun, Bottou, Orr and Müller 1998, Efficient backprop.",
    worked=worked_size(lecun_uniform, uniform_unit, "b", lambda n: sqrt(3 / n.n_in)),
)
