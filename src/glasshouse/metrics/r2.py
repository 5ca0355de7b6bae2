"""R2: the share of the variance that is explained."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.metrics import r2_score

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def r2(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Share of the variance of the target that the prediction explains.

    .. math:: 1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}

    Args:
        target: True numbers, float64, shape (N,).
        prediction: Its ``values``.

    Returns:
        At most 1; 0 is the mean, below 0 is worse than the mean.

    Example:
        >>> import numpy as np
        >>> r2(np.array([1.0, 2.0, 3.0]), Prediction(values=np.array([1.0, 2.0, 5.0])))
        -1.0
    """
    return float(r2_score(target, prediction.values))


CONCEPT = Concept(
    name="r2",
    kind="metric",
    summary="Share of the variance of the target that the prediction explains.",
    build=lambda: r2,
    aliases=("r_squared",),
    equation=r"1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}",
    when="To compare regressions on one set of data.",
    pitfalls=("It depends on the spread of the test data, not on the network alone.",),
    source="sklearn.metrics.r2_score.",
    facts={"task": "regression", "needs": "values", "better": "higher"},
)
