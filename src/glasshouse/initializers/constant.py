"""Constant: every number the same, such as ones."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.core.worked import Worked
from glasshouse.initializers.contract import Initializer


def constant(value: float = 1.0) -> Initializer:
    r"""Every number the same.

    .. math:: w = c

    Args:
        value: c, any finite number.

    Returns:
        A function that fills a tensor of any shape in place.

    Raises:
        SettingError: The value is not finite.

    Source:
        Definition; for the bias of a forget gate: Gers, Schmidhuber and Cummins 2000, Learning to forget.

    Example:
        >>> bias = torch.empty(3)
        >>> constant(0.1)(bias)
        >>> bias
        tensor([0.1000, 0.1000, 0.1000])
    """
    number("value", value)

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:  # noqa: ARG001
        nn.init.constant_(tensor, value)

    return fill


def _worked() -> Worked:
    bias = torch.empty(2, dtype=torch.float64)
    constant(0.1)(bias)
    return Worked("value = 0.1", "w", Number(0.1, "c"), float(bias[0]))


CONCEPT = Concept(
    name="constant",
    kind="initializer",
    summary="Every number the same, such as ones.",
    build=constant,
    aliases=("ones", "one"),
    equation=r"w = c",
    symbols={"w": "a weight or bias", "c": "value, 1 unless set"},
    when="Biases (0.1 under ReLU in old work, 1 for a forget gate) and the scales of normalization.",
    pitfalls=("As the weights of a hidden layer it makes all units alike, and they stay alike.",),
    conventions=("Ones is this with a value of 1.",),
    source="Definition.",
    worked=_worked,
)
