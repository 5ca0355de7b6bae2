"""Mean absolute error: the regression loss that outliers bend less."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from glasshouse.core.concept import Concept
from glasshouse.losses.contract import Loss


class MeanAbsoluteError(Loss):
    r"""Mean of the absolute differences.

    .. math:: L = \frac{1}{N D} \sum_{n,d} |y_{nd} - t_{nd}|

    The derivative at 0 is taken as 0.

    Shapes: outputs and targets (N, D); result a scalar in the target's unit.

    Source:
        Boscovich 1757; Laplace 1789.

    Example:
        >>> float(MeanAbsoluteError()(torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [0.0]])))
        2.0
    """

    meaning = "values"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, D) and targets (N, D) to a scalar."""
        return F.l1_loss(outputs, targets)


CONCEPT = Concept(
    name="mae",
    kind="loss",
    summary="Mean of the absolute differences.",
    build=MeanAbsoluteError,
    aliases=("mean_absolute_error", "l1_loss"),
    equation=r"L = \frac{1}{N} \sum_n |y_n - t_n|",
    derivative=r"\partial L / \partial y_n = \frac{1}{N} \operatorname{sign}(y_n - t_n)",
    when="Regression with outliers; it aims at the median.",
    pitfalls=("Its gradient does not shrink near the optimum, so the learning rate must.",),
    source="Boscovich 1757; Laplace 1789.",
    facts={"task": "regression"},
)
