"""Flatten: the axes of a map become one, so that a linear layer can take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.rearrangement_rule import Rearrangement

MOST_AXES = 64
"""PyTorch's tensors have no more."""


def flatten(start_dim: int = 1, end_dim: int = -1) -> nn.Flatten:
    r"""Several axes become one; the last of them runs fastest.

    .. math:: y_{n,\,(c H + h) W + w} = x_{n,c,h,w}

    Shapes: x (N, C, H, W), y (N, C H W) with the settings as they are; in general the axes from ``start_dim``
    to ``end_dim`` become one.

    Args:
        start_dim: The first axis that is joined; 1 keeps the samples apart. A negative one counts from the
            end.
        end_dim: The last axis that is joined.

    Raises:
        SettingError: An axis is not a whole number, or the last one lies before the first.

    Source:
        LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition (where
        maps meet fully connected layers).

    Example:
        >>> flatten()(torch.ones(5, 16, 4, 4)).shape
        torch.Size([5, 256])
    """
    for name, value in (("start_dim", start_dim), ("end_dim", end_dim)):
        whole_number(name, value, at_least=-MOST_AXES, at_most=MOST_AXES - 1)
    if (start_dim < 0) == (end_dim < 0) and end_dim < start_dim:
        raise SettingError(
            f"end_dim = {end_dim} with start_dim = {start_dim}",
            expected="a last axis that does not lie before the first",
            fix="swap them, or set end_dim = -1 for all axes up to the last",
        )
    return nn.Flatten(start_dim, end_dim)


@dataclass(frozen=True)
class FlattenRule(Rearrangement):
    """The numbers stay in their order; only the places get other names.

    Args:
        start_dim: The first axis that is joined.
        end_dim: The last axis that is joined.
    """

    start_dim: int = 1
    end_dim: int = -1

    def sources(self, numbered: torch.Tensor) -> torch.Tensor:
        """The places in their order, in the new shape."""
        shape = list(numbered.shape)
        first, last = self.start_dim % len(shape), self.end_dim % len(shape)
        joined = 1
        for size in shape[first : last + 1]:
            joined *= size
        return numbered.reshape(*shape[:first], joined, *shape[last + 1 :])

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.Flatten``."""
        return cls(module.start_dim, module.end_dim), {}


CONCEPT = Concept(
    name="flatten",
    kind="layer",
    summary="Joins the axes of a map into one, so that a linear layer can take it.",
    build=flatten,
    equation=r"y_{n,\,(c H + h) W + w} = x_{n,c,h,w}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,h,w}} = "
        r"\frac{\partial L}{\partial y_{n,\,(c H + h) W + w}}"
    ),
    symbols={
        "x": "maps (N, C, H, W), or any shape from two axes",
        "n": "sample",
        "c": "channel",
        "h": "row",
        "w": "column",
        "y": "one row of numbers per sample (N, C H W)",
    },
    when="Between the last map and the first linear layer.",
    pitfalls=(
        "The linear layer behind it fits one size of picture alone; global pooling fits all.",
        "It holds most of a small network's weights: 256 maps of 6 x 6 are 9216 inputs for every unit.",
        "Flattening from axis 0 mixes samples.",
    ),
    conventions=(
        "PyTorch runs through channel, row, column; Keras through row, column, channel: weights of a linear "
        "layer behind it can't be carried over as they are.",
    ),
    source=(
        "LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition."
    ),
    rule=FlattenRule.of,
    worked=worked_forward(
        flatten,
        FlattenRule.of,
        inputs={"x": [[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]]},
        at=(0, 6),
    ),
)
