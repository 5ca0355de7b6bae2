"""Zeros: right for biases, and why not for the weights of hidden layers."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.core.worked import Worked
from glasshouse.initializers.contract import Initializer


def zeros() -> Initializer:
    r"""All zeros: every unit of a layer stays equal to the others.

    .. math:: w = 0

    Units of one layer that start alike answer alike, get the same gradient and take the same step: a layer of
    a hundred remains a layer of one. With ReLU not even that: their slope at 0 is 0, so nothing moves but the
    last bias.

    Returns:
        A function that fills a tensor of any shape in place.

    Source:
        Definition; why symmetry must be broken: Rumelhart, Hinton and Williams 1986, Learning internal
        representations by error propagation.

    Example:
        >>> weight = torch.empty(2, 2)
        >>> zeros()(weight)
        >>> weight
        tensor([[0., 0.],
                [0., 0.]])
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:  # noqa: ARG001
        nn.init.zeros_(tensor)

    return fill


def _worked() -> Worked:
    weight = torch.ones(2, 2, dtype=torch.float64)
    zeros()(weight)
    return Worked("any shape", "w", Number(0.0), float(weight[0, 0]))


CONCEPT = Concept(
    name="zeros",
    kind="initializer",
    summary="All zeros: every unit of a layer stays equal to the others.",
    build=zeros,
    aliases=("zero",),
    equation=r"w = 0",
    symbols={"w": "a weight or bias"},
    when="Biases, and the weights of a network without hidden layers.",
    pitfalls=(
        "In a hidden layer the units never become different, however long the training.",
        "With ReLU nothing but the last bias ever moves.",
    ),
    conventions=("Biases start at zero here and in Keras; PyTorch's own layers draw them at random.",),
    source="Definition.",
    worked=_worked,
)
