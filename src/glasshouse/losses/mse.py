"""Mean squared error: the loss of regression."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.concept import Concept
from glasshouse.core.pointwise import pointwise
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.contract import Loss


class MeanSquaredError(Loss):
    r"""Mean of the squared differences.

    .. math:: L = \frac{1}{N D} \sum_{n,d} (y_{nd} - t_{nd})^2

    Shapes: outputs and targets (N, D); result a scalar in the square of the target's unit.

    Raises:
        ModelError: In the forward pass, when the shapes differ.
        DataError: In the forward pass, when targets are no floating-point numbers.

    Source:
        Legendre 1805; Gauss 1809.

    Example:
        >>> float(MeanSquaredError()(torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [0.0]])))
        5.0
    """

    meaning = "values"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, D) and targets (N, D) to a scalar."""
        checks.same_shape(outputs, targets)
        return F.mse_loss(outputs, targets)


def value(y: Quantity, t: Quantity) -> Quantity:
    """``(y - t)**2``."""
    return (y - t) ** 2


def slope(y: Quantity, t: Quantity) -> Quantity:
    """``2 (y - t)``."""
    return 2 * (y - t)


RULE = pointwise(value, slope)

CONCEPT = Concept(
    name="mse",
    kind="loss",
    summary="Mean of the squared differences.",
    build=MeanSquaredError,
    aliases=("mean_squared_error", "l2_loss"),
    equation=r"L = \frac{1}{N D} \sum_{n,d} (y_{nd} - t_{nd})^2",
    derivative=r"\partial L / \partial y_{nd} = \frac{2}{N D} (y_{nd} - t_{nd})",
    symbols={
        "y": "outputs of the network (N, D)",
        "t": "targets (N, D)",
        "N": "samples in the batch",
        "D": "numbers per sample",
    },
    conventions=("The quadratic loss has a factor 1/2 and sums within a sample: its slope is y - t.",),
    when="Regression, where large errors are worse than proportionally bad.",
    pitfalls=("One outlier can outweigh a hundred good samples.",),
    source="Legendre 1805; Gauss 1809.",
    facts={"task": "regression"},
    rule=RULE,
    worked=worked_forward(
        MeanSquaredError,
        RULE,
        inputs={"outputs": [[0.9], [0.2]], "targets": [[1.0], [0.5]]},
        output="loss",
    ),
)
