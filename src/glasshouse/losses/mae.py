"""Mean absolute error: the regression loss that outliers bend less."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, absolute, sign
from glasshouse.core.concept import Concept
from glasshouse.core.pointwise import pointwise
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.contract import Loss


class MeanAbsoluteError(Loss):
    r"""Mean of the absolute differences.

    .. math:: L = \frac{1}{N D} \sum_{n,d} |y_{nd} - t_{nd}|

    The derivative at 0 is taken as 0.

    Shapes: outputs and targets (N, D); result a scalar in the target's unit.

    Raises:
        ModelError: In the forward pass, when the shapes differ.
        DataError: In the forward pass, when targets are no floating-point numbers.

    Source:
        Boscovich 1757; Laplace 1789.

    Example:
        >>> float(MeanAbsoluteError()(torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [0.0]])))
        2.0
    """

    meaning = "values"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, D) and targets (N, D) to a scalar."""
        checks.same_shape(outputs, targets)
        return F.l1_loss(outputs, targets)


def value(y: Quantity, t: Quantity) -> Quantity:
    """``|y - t|``."""
    return absolute(y - t)


def slope(y: Quantity, t: Quantity) -> Quantity:
    """``sign(y - t)``."""
    return sign(y - t)


RULE = pointwise(value, slope)

CONCEPT = Concept(
    name="mae",
    kind="loss",
    summary="Mean of the absolute differences.",
    build=MeanAbsoluteError,
    aliases=("mean_absolute_error", "l1_loss"),
    equation=r"L = \frac{1}{N D} \sum_{n,d} |y_{nd} - t_{nd}|",
    derivative=r"\partial L / \partial y_{nd} = \frac{1}{N D} \operatorname{sign}(y_{nd} - t_{nd})",
    symbols={
        "y": "outputs of the network (N, D)",
        "t": "targets (N, D)",
        "N": "samples in the batch",
        "D": "numbers per sample",
    },
    conventions=("At y = t, where it has no derivative, the slope is 0, as in PyTorch.",),
    when="Regression with outliers; it aims at the median.",
    pitfalls=("Its gradient does not shrink near the optimum, so the learning rate must.",),
    source="Boscovich 1757; Laplace 1789.",
    facts={"task": "regression"},
    rule=RULE,
    worked=worked_forward(
        MeanAbsoluteError,
        RULE,
        inputs={"outputs": [[0.9], [0.2]], "targets": [[1.0], [0.5]]},
        output="loss",
    ),
)
