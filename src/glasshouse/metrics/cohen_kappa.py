"""Cohen's kappa: agreement beyond what chance would give."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import cohen_kappa_score

from glasshouse.core.arithmetic import named
from glasshouse.core.checks import one_of
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import Counts, worked_counts

WEIGHTS = ("none", "linear", "quadratic")


def cohen_kappa(target: ArrayLike, prediction: Answers, weights: str = "none") -> float:
    r"""Agreement of true and predicted classes, beyond what chance would give.

    .. math:: \frac{p_o - p_e}{1 - p_e}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).
        weights: ``"none"``: every mistake counts alike. ``"linear"`` or ``"quadratic"``: by how far the class
            is off, for classes in an order.

    Returns:
        At most 1; 0 is what chance would give. NaN where all rows, true and predicted, are of one class.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.
        SettingError: ``weights`` is another word.

    Source:
        Cohen 1960, A coefficient of agreement for nominal scales.

    Example:
        >>> cohen_kappa([0, 0, 0, 1], [0, 0, 0, 0])
        0.0
    """
    true, said = answers.labels("Cohen's kappa", target, prediction)
    one_of("weights", weights, WEIGHTS)
    if len(np.union1d(true, said)) == 1:
        return float("nan")
    # Classes that don't occur are named too: weights go by how far indices lie apart.
    classes = np.arange(max(true.max(), said.max()) + 1)
    chosen = None if weights == "none" else weights
    return float(cohen_kappa_score(true, said, labels=classes, weights=chosen))


def build(weights: str = "none") -> Callable[[ArrayLike, Answers], float]:
    """Kappa with these weights."""
    one_of("weights", weights, WEIGHTS)
    return partial(cohen_kappa, weights=weights)


def by_hand(c: Counts) -> Expression:
    """Kappa of two classes from the four counts."""
    tp, fn, fp, tn = c
    n = named("N", tp + fn + fp + tn)
    agreed = named("p_o", (tp + tn) / n)
    chance = named("p_e", ((tp + fn) * (tp + fp) + (tn + fp) * (tn + fn)) / n**2)
    return wrap((agreed - chance) / (1 - chance))


CONCEPT = Concept(
    name="cohen_kappa",
    kind="metric",
    summary="Agreement of true and predicted classes, beyond what chance would give.",
    build=build,
    aliases=("kappa",),
    equation=r"\frac{p_o - p_e}{1 - p_e}",
    symbols={
        "p_o": "share of rows that agree",
        "p_e": "share that would agree if answers were drawn with the same class frequencies",
    },
    when=(
        "Where a person's or another program's answers are the target, and for classes in an order "
        "(quadratic)."
    ),
    pitfalls=(
        "With one very large class it is low although almost all answers agree.",
        "Its value depends on how common the classes are: compare on the same rows only.",
    ),
    conventions=(
        "Undefined (NaN) where there is one class only.",
        "With weights, classes are as far apart as their indices; scikit-learn leaves out classes that "
        "do not "
        "occur.",
    ),
    source="Cohen 1960, A coefficient of agreement for nominal scales.",
    facts={"task": "classification", "needs": "labels", "better": "higher", "default": False},
    worked=worked_counts(cohen_kappa, by_hand),
)
