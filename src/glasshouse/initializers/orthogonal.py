"""Orthogonal: a matrix whose rows or columns are orthonormal."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.concept import Concept
from glasshouse.core.expression import total
from glasshouse.core.worked import Worked
from glasshouse.initializers.contract import Initializer, fans, gain_of


def orthogonal(gain: float | str = 1.0) -> Initializer:
    r"""A matrix whose rows or columns are orthonormal, times a gain.

    .. math:: W W^\top = g^2 I \;\text{(wide)},\quad W^\top W = g^2 I \;\text{(tall)}

    A signal keeps its length on the way through (a square matrix only turns it), so a deep linear stack
    neither blows up nor dies out, exactly and not just on average.

    Args:
        gain: g, above 0, or the name of the activation that follows: ``"linear"``, ``"sigmoid"``,
            ``"tanh"``, ``"relu"`` or ``"selu"``.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Shapes: (out, in, ...); a kernel counts as a matrix (out, in times its places).

    Raises:
        SettingError: The gain is not above 0, or no such name.
        ModelError: When filling, a tensor of fewer than two axes.

    Source:
        Saxe, McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks, arXiv 1312.6120.

    Example:
        >>> weight = torch.empty(2, 3)
        >>> orthogonal()(weight, torch.Generator().manual_seed(0))
        >>> (weight @ weight.T).round(decimals=4).abs()
        tensor([[1., 0.],
                [0., 1.]])
    """
    factor = gain_of(gain)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        fans(tensor)
        nn.init.orthogonal_(tensor, gain=factor, generator=generator)

    return fill


def _worked() -> Worked:
    weight = torch.empty(2, 3, dtype=torch.float64)
    orthogonal(gain=2.0)(weight, torch.Generator().manual_seed(0))
    squares = total([leaf("W", weight, (0, place)) ** 2 for place in range(3)])
    return Worked("a weight (2, 3), gain = 2", "g²", squares, float((weight @ weight.T)[1, 1]))


CONCEPT = Concept(
    name="orthogonal",
    kind="initializer",
    summary="A matrix whose rows or columns are orthonormal, times a gain.",
    build=orthogonal,
    aliases=("orthonormal",),
    equation=r"W W^\top = g^2 I \;\text{or}\; W^\top W = g^2 I",
    symbols={
        "W": "weight as a matrix (out, in)",
        "g": "gain, 1 unless set; all singular values of W",
        "I": "identity of the smaller side",
    },
    when="Deep linear stacks and the recurrent weights of RNNs.",
    pitfalls=(
        "Its size is fixed by the shape: set a gain for ReLU.",
        "It costs a QR decomposition, which is slow for very large matrices.",
    ),
    conventions=(
        "PyTorch and Keras flatten a kernel to a matrix; its places are not orthogonal one by one.",
    ),
    source="Saxe, McClelland and Ganguli 2014, arXiv 1312.6120.",
    worked=_worked,
)
