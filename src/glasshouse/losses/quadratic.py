"""Quadratic loss: half the squared distance, whose slope is the error itself."""

from __future__ import annotations

import torch

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.concept import Concept
from glasshouse.core.pointwise import pointwise
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.contract import Loss


class Quadratic(Loss):
    r"""Half the squared distance between outputs and targets.

    .. math:: L = \frac1N \sum_n \tfrac12 \sum_d (y_{nd} - t_{nd})^2

    Shapes: outputs and targets (N, D); result a scalar in the square of the target's unit.

    Raises:
        ModelError: In the forward pass, when the shapes differ.
        DataError: In the forward pass, when targets are no floating-point numbers.

    Source:
        Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors.

    Example:
        >>> float(Quadratic()(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 0.0]])))
        5.0
    """

    meaning = "values"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, D) and targets (N, D) to a scalar."""
        checks.same_shape(outputs, targets)
        return (outputs - targets).square().sum() / (2 * len(outputs))


def value(y: Quantity, t: Quantity) -> Quantity:
    """``(y - t)^2 / 2``."""
    return (y - t) ** 2 / 2


def slope(y: Quantity, t: Quantity) -> Quantity:
    """``y - t``."""
    return y - t


RULE = pointwise(value, slope, by_sample=True)

CONCEPT = Concept(
    name="quadratic",
    kind="loss",
    summary="Half the squared distance: its slope is the error itself.",
    build=Quadratic,
    aliases=("half_squared_error", "sum_of_squares"),
    equation=r"L = \frac1N \sum_n \tfrac12 \sum_d (y_{nd} - t_{nd})^2",
    derivative=r"\partial L / \partial y_{nd} = \frac1N (y_{nd} - t_{nd})",
    symbols={
        "y": "outputs of the network (N, D)",
        "t": "targets (N, D)",
        "N": "samples in the batch",
        "D": "numbers per sample",
    },
    when="To follow text-book back-propagation to the digit.",
    pitfalls=(
        "One outlier can outweigh a hundred good samples.",
        "With a sigmoid before it, its gradient vanishes where the output is wrong and saturated.",
    ),
    conventions=("It adds up within a sample and halves; MSE averages over all numbers and does not halve.",),
    source="Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors.",
    facts={"task": "regression"},
    rule=RULE,
    worked=worked_forward(
        Quadratic,
        RULE,
        inputs={"outputs": [[0.75, 0.2]], "targets": [[1.0, 0.0]]},
        output="loss",
    ),
)
