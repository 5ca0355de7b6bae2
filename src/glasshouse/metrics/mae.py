"""MAE: the mean absolute error."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def mae(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Mean of the absolute errors.

    .. math:: \frac1N \sum |y - \hat y|

    Args:
        target: True numbers, float64, shape (N,).
        prediction: Its ``values``.

    Returns:
        In the target's unit, at least 0.

    Example:
        >>> import numpy as np
        >>> mae(np.array([1.0, 2.0, 3.0]), Prediction(values=np.array([1.0, 2.0, 6.0])))
        1.0
    """
    return float(mean_absolute_error(target, prediction.values))


CONCEPT = Concept(
    name="mae",
    kind="metric",
    summary="Mean of the absolute errors.",
    build=lambda: mae,
    aliases=(),
    equation=r"\frac1N \sum |y - \hat y|",
    when="A typical error that people understand.",
    pitfalls=("It hides rare large errors.",),
    source="sklearn.metrics.mean_absolute_error.",
    facts={"task": "regression", "needs": "values", "better": "lower"},
)
