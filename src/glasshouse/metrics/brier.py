"""Brier score: squared error of probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import brier_score_loss

from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_chances


def brier(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean squared error of the probabilities.

    .. math:: \frac1N \sum_n (p_n - y_n)^2

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``probabilities``, or these alone, shape (N, classes).

    Returns:
        Two classes: from 0 to 1. More: summed over the classes, from 0 to 2.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        Brier 1950, Verification of forecasts expressed in terms of probability.

    Example:
        >>> brier([1], [[0.5, 0.5]])
        0.25
    """
    true, shares = answers.per_class("Brier score", "probabilities", target, prediction)
    if shares.shape[1] == 2:
        return float(brier_score_loss(true, np.clip(shares[:, 1], 0, 1), pos_label=1, labels=[0, 1]))
    wanted = np.eye(shares.shape[1])[true]
    return float(((shares - wanted) ** 2).sum(axis=1).mean())


CONCEPT = Concept(
    name="brier",
    kind="metric",
    summary="Mean squared error of the probabilities.",
    build=lambda: brier,
    aliases=("brier_score",),
    equation=r"\frac1N \sum_n (p_n - y_n)^2",
    symbols={"p": "probability of class 1", "y": "1 for rows of class 1, else 0", "N": "number of rows"},
    when=(
        "Whether probabilities can be believed: a mistake counts, but none without bound as in the log loss."
    ),
    pitfalls=(
        "For a rare class it is small for any answers: compare with that of always saying the class's share.",
    ),
    conventions=(
        "Two classes: of class 1 alone. More: the sum over classes, which for two would be twice as much "
        "(scikit-learn does alike; Brier's own form is the sum).",
    ),
    source="Brier 1950, Verification of forecasts expressed in terms of probability.",
    facts={"task": "classification", "needs": "probabilities", "better": "lower", "default": False},
    worked=worked_chances(
        brier, lambda p: wrap(((p[0] - 1) ** 2 + p[1] ** 2 + (p[2] - 1) ** 2 + p[3] ** 2) / 4)
    ),
)
