"""Median absolute error: the size of the error that half of the rows stay below."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import median_absolute_error as sklearn_median_absolute_error

from glasshouse.core.arithmetic import absolute
from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def median_absolute_error(target: ArrayLike, prediction: Answers) -> float:
    r"""Median of the absolute errors.

    .. math:: \operatorname{median} |y - \hat y|

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        In the target's unit, at least 0.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.median_absolute_error.

    Example:
        >>> median_absolute_error([1.0, 2.0, 3.0], [1.5, 2.0, 60.0])
        0.5
    """
    true, said = answers.values("median absolute error", target, prediction)
    return float(sklearn_median_absolute_error(true, said))


CONCEPT = Concept(
    name="median_absolute_error",
    kind="metric",
    summary="Median of the absolute errors.",
    build=lambda: median_absolute_error,
    aliases=("medae",),
    equation=r"\operatorname{median} |y - \hat y|",
    symbols={"y": "true number", r"\hat y": "predicted number", "N": "number of rows"},
    when="A typical error that outliers don't touch.",
    pitfalls=("It says nothing about half of the rows: they may be arbitrarily wrong.",),
    conventions=("Of an even number of rows, the mean of the two in the middle.",),
    source="sklearn.metrics.median_absolute_error.",
    facts={"task": "regression", "needs": "values", "better": "lower", "default": False},
    worked=worked_numbers(median_absolute_error, lambda y, s: wrap(absolute(y[0] - s[0]))),
)
