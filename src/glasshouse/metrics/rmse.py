"""RMSE: the root of the mean squared error."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.metrics import root_mean_squared_error

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def rmse(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Root of the mean squared error.

    .. math:: \sqrt{\frac1N \sum (y - \hat y)^2}

    Args:
        target: True numbers, float64, shape (N,).
        prediction: Its ``values``.

    Returns:
        In the target's unit, at least 0.

    Example:
        >>> import numpy as np
        >>> rmse(np.array([1.0, 2.0]), Prediction(values=np.array([4.0, 6.0])))  # root of (9 + 16) / 2
        3.5355339059327378
    """
    return float(root_mean_squared_error(target, prediction.values))


CONCEPT = Concept(
    name="rmse",
    kind="metric",
    summary="Root of the mean squared error.",
    build=lambda: rmse,
    aliases=(),
    equation=r"\sqrt{\frac1N \sum (y - \hat y)^2}",
    when="A typical error where large ones count more.",
    pitfalls=("One outlier can set it.",),
    source="sklearn.metrics.root_mean_squared_error.",
    facts={"task": "regression", "needs": "values", "better": "lower"},
)
