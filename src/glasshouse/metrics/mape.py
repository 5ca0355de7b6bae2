"""MAPE: the mean error as a share of the true number."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import mean_absolute_percentage_error

from glasshouse.core.arithmetic import absolute
from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def mape(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean of the absolute errors as shares of the true numbers.

    .. math:: \frac1N \sum \frac{|y - \hat y|}{\max(|y|, \epsilon)}

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        A share, at least 0: 0.1 is ten percent. Huge where a true number is 0.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        Makridakis 1993, Accuracy measures: theoretical and practical concerns.

    Example:
        >>> mape([100.0, 50.0], [90.0, 50.0])
        0.05
    """
    true, said = answers.values("MAPE", target, prediction)
    return float(mean_absolute_percentage_error(true, said))


CONCEPT = Concept(
    name="mape",
    kind="metric",
    summary="Mean of the absolute errors as shares of the true numbers.",
    build=lambda: mape,
    aliases=("mean_absolute_percentage_error",),
    equation=r"\frac1N \sum \frac{|y - \hat y|}{\max(|y|, \epsilon)}",
    symbols={
        "y": "true number",
        r"\hat y": "predicted number",
        "N": "number of rows",
        r"\epsilon": "2^-52, so that the quotient is finite",
    },
    when="Amounts of different size, none of them near 0.",
    pitfalls=(
        "A true number near 0 gives a huge error, whatever the others are.",
        "Too low an answer costs at most 100 %, too high a one any amount: it favours low answers.",
    ),
    conventions=(
        "A share here and in scikit-learn; Keras multiplies it by 100.",
        "A true number of 0 counts as 2^-52, scikit-learn's choice.",
    ),
    source="Makridakis 1993, Accuracy measures: theoretical and practical concerns.",
    facts={"task": "regression", "needs": "values", "better": "lower", "default": False},
    worked=worked_numbers(
        mape,
        lambda y, s: wrap(
            (absolute(y[0] - s[0]) / y[0] + absolute(y[1] - s[1]) / y[1] + absolute(y[2] - s[2]) / y[2]) / 3
        ),
    ),
)
