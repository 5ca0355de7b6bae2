"""Explained variance: as R2, but a constant error costs nothing."""

from __future__ import annotations

from numpy.typing import ArrayLike
from sklearn.metrics import explained_variance_score

from glasshouse.core.arithmetic import named
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_numbers


def explained_variance(target: ArrayLike, prediction: Answers) -> float:
    r"""Share of the target's variance that is explained, a constant offset forgiven.

    .. math:: 1 - \frac{\operatorname{Var}(y - \hat y)}{\operatorname{Var}(y)}

    Args:
        target: True numbers, shape (N,).
        prediction: Its ``values``, or these alone, shape (N,).

    Returns:
        At most 1; 0 is what any constant scores.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.explained_variance_score.

    Example:
        >>> explained_variance([1.0, 2.0, 3.0], [11.0, 12.0, 13.0])
        1.0
    """
    true, said = answers.values("explained variance", target, prediction)
    return float(explained_variance_score(true, said))


def by_hand(y: list[Expression], s: list[Expression]) -> Expression:
    """The variances of three errors and three numbers."""
    errors = [true - said for true, said in zip(y, s, strict=True)]
    return wrap(1 - variance("Var(y − ŷ)", errors) / variance("Var(y)", y))


def variance(name: str, numbers: list[Expression]) -> Expression:
    """The mean squared distance of three numbers from their mean."""
    mean = named(f"mean of {name}", (numbers[0] + numbers[1] + numbers[2]) / 3)
    squares = [(each - mean) ** 2 for each in numbers]
    return wrap(named(name, (squares[0] + squares[1] + squares[2]) / 3))


CONCEPT = Concept(
    name="explained_variance",
    kind="metric",
    summary="Share of the target's variance that is explained, a constant offset forgiven.",
    build=lambda: explained_variance,
    aliases=(),
    equation=r"1 - \frac{\operatorname{Var}(y - \hat y)}{\operatorname{Var}(y)}",
    symbols={
        "y": "true number",
        r"\hat y": "predicted number",
        "N": "number of rows",
        "Var": "variance over the rows, divided by N",
    },
    when="Beside R2: where it is much higher, the answers are off by a constant.",
    pitfalls=("It is 1 for answers that are all wrong by the same amount.",),
    conventions=("For equal targets: 1 where the errors are all equal too, else 0, as in scikit-learn.",),
    source="sklearn.metrics.explained_variance_score.",
    facts={"task": "regression", "needs": "values", "better": "higher", "default": False},
    worked=worked_numbers(explained_variance, by_hand),
)
