"""RMSE: the root of the mean squared error."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import root_mean_squared_error

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def rmse(target: ArrayLike, prediction: Answers) -> float:
    r"""Root of the mean squared error.

    .. math:: \sqrt{\frac1N \sum (y - \hat y)^2}

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        In the target's unit, at least 0.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.root_mean_squared_error.

    Example:
        >>> rmse([0.0, 0.0], [3.0, -3.0])
        3.0
    """
    true, said = answers.values("RMSE", target, prediction)
    return float(root_mean_squared_error(true, said))


CONCEPT = Concept(
    name="rmse",
    kind="metric",
    summary="Root of the mean squared error.",
    build=lambda: rmse,
    aliases=("root_mean_squared_error",),
    equation=r"\sqrt{\frac1N \sum (y - \hat y)^2}",
    symbols={"y": "true number", r"\hat y": "predicted number", "N": "number of rows"},
    when="A typical error where large ones count more.",
    pitfalls=("One outlier can set it.",),
    source="sklearn.metrics.root_mean_squared_error.",
    facts={"task": "regression", "needs": "values", "better": "lower"},
    worked=worked_numbers(
        rmse, lambda y, s: wrap(sqrt(((y[0] - s[0]) ** 2 + (y[1] - s[1]) ** 2 + (y[2] - s[2]) ** 2) / 3))
    ),
)
