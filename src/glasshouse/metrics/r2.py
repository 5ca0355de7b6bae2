"""R2: the share of the variance that is explained."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import r2_score

from glasshouse.core.arithmetic import named
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def r2(target: ArrayLike, prediction: Answers) -> float:
    r"""Share of the variance of the target that the prediction explains.

    .. math:: 1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        At most 1; 0 is the mean, below 0 is worse than the mean. NaN for one row.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.r2_score.

    Example:
        >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 5.0])
        -1.0
    """
    true, said = answers.values("R2", target, prediction)
    return float(r2_score(true, said))


def by_hand(y: list[Expression], s: list[Expression]) -> Expression:
    """The squared errors beside the squared distances from the mean, of three rows."""
    mean = named("ȳ", (y[0] + y[1] + y[2]) / 3)
    left = named("left", (y[0] - s[0]) ** 2 + (y[1] - s[1]) ** 2 + (y[2] - s[2]) ** 2)
    spread = named("spread", (y[0] - mean) ** 2 + (y[1] - mean) ** 2 + (y[2] - mean) ** 2)
    return wrap(1 - left / spread)


CONCEPT = Concept(
    name="r2",
    kind="metric",
    summary="Share of the variance of the target that the prediction explains.",
    build=lambda: r2,
    aliases=("r_squared", "coefficient_of_determination"),
    equation=r"1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}",
    symbols={
        "y": "true number",
        r"\hat y": "predicted number",
        "N": "number of rows",
        r"\bar y": "mean of the true numbers",
    },
    when="To compare regressions on one set of data.",
    pitfalls=("It depends on the spread of the test data, not on the network alone.",),
    conventions=(
        "The mean is that of the rows that are judged, not of the training rows.",
        "For equal targets: 1 where every answer is right, else 0, as in scikit-learn.",
    ),
    source="sklearn.metrics.r2_score.",
    facts={"task": "regression", "needs": "values", "better": "higher"},
    worked=worked_numbers(r2, by_hand),
)
