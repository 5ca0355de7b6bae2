"""MAE: the mean absolute error."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import mean_absolute_error

from glasshouse.core.arithmetic import absolute
from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def mae(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean of the absolute errors.

    .. math:: \frac1N \sum |y - \hat y|

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        In the target's unit, at least 0.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.mean_absolute_error.

    Example:
        >>> mae([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
        1.0
    """
    true, said = answers.values("MAE", target, prediction)
    return float(mean_absolute_error(true, said))


CONCEPT = Concept(
    name="mae",
    kind="metric",
    summary="Mean of the absolute errors.",
    build=lambda: mae,
    aliases=("mean_absolute_error",),
    equation=r"\frac1N \sum |y - \hat y|",
    symbols={"y": "true number", r"\hat y": "predicted number", "N": "number of rows"},
    when="A typical error that people understand.",
    pitfalls=("It hides rare large errors.",),
    source="sklearn.metrics.mean_absolute_error.",
    facts={"task": "regression", "needs": "values", "better": "lower"},
    worked=worked_numbers(
        mae, lambda y, s: wrap((absolute(y[0] - s[0]) + absolute(y[1] - s[1]) + absolute(y[2] - s[2])) / 3)
    ),
)
