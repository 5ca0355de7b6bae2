"""MSE: the mean squared error."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import mean_squared_error

from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def mse(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean of the squared errors.

    .. math:: \frac1N \sum (y - \hat y)^2

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        In the square of the target's unit, at least 0.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.mean_squared_error.

    Example:
        >>> mse([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
        3.0
    """
    true, said = answers.values("MSE", target, prediction)
    return float(mean_squared_error(true, said))


CONCEPT = Concept(
    name="mse",
    kind="metric",
    summary="Mean of the squared errors.",
    build=lambda: mse,
    aliases=("mean_squared_error",),
    equation=r"\frac1N \sum (y - \hat y)^2",
    symbols={"y": "true number", r"\hat y": "predicted number", "N": "number of rows"},
    when="Where it is the loss as well, to compare with it.",
    pitfalls=(
        "It is in a squared unit: its root (RMSE) can be compared with the target.",
        "One outlier can outweigh all other rows.",
    ),
    conventions=("Without a half: some courses' quadratic cost has one.",),
    source="sklearn.metrics.mean_squared_error.",
    facts={"task": "regression", "needs": "values", "better": "lower", "default": False},
    worked=worked_numbers(
        mse, lambda y, s: wrap(((y[0] - s[0]) ** 2 + (y[1] - s[1]) ** 2 + (y[2] - s[2]) ** 2) / 3)
    ),
)
