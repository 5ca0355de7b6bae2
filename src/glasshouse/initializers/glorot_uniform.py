"""Glorot uniform: uniform numbers that keep signals and gradients level through tanh-like layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer, fans, gain_of, uniform_unit, worked_size


def glorot_uniform(gain: float | str = 1.0) -> Initializer:
    r"""Uniform numbers whose variance keeps signals and gradients level through tanh-like layers.

    .. math:: w \sim U(-b, b),\quad b = g \sqrt{\frac{6}{n_{in} + n_{out}}}

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
        >>> glorot_uniform()(weight, torch.Generator().manual_seed(0))
        >>> float(weight.abs().max()) <= (6 / 800) ** 0.5
        True
    """
    factor = gain_of(gain)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        fans(tensor)
        nn.init.xavier_uniform_(tensor, gain=factor, generator=generator)

    return fill


CONCEPT = Concept(
    name="glorot_uniform",
    kind="initializer",
    summary="Uniform numbers whose variance keeps signals and gradients level through tanh-like layers.",
    build=glorot_uniform,
    aliases=("xavier_uniform",),
    equation=r"w \sim U(-b, b),\; b = g \sqrt{6 / (n_{in} + n_{out})}",
    symbols={
        "w": "a weight",
        "b": "bound: the largest magnitude",
        "n_in": "inputs of a unit (times the places of a kernel)",
        "n_out": "units that an input goes to (times the places of a kernel)",
        "g": "gain, 1 unless set",
    },
    when="Tanh and sigmoid layers, and linear output layers.",
    pitfalls=(
        "With ReLU the signal halves its mean square at every layer: after 20 layers a millionth is left.",
        "It suits both directions only halfway where n_in and n_out differ.",
    ),
    conventions=(
        "Keras and TensorFlow take it for every layer unless told otherwise; PyTorch's own layers do not.",
        "PyTorch says Xavier, which is Glorot's first name.",
        "Old tutorials take a gain of 4 for sigmoid, PyTorch 1.",
    ),
    source="Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks.",
    worked=worked_size(glorot_uniform, uniform_unit, "b", lambda n: sqrt(6 / (n.n_in + n.n_out))),
)
