"""Matthews correlation: how true and predicted classes go together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import matthews_corrcoef

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.concept import Concept
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_counts


def matthews(target: ArrayLike, prediction: Answers) -> float:
    r"""Correlation of true and predicted classes.

    .. math:: \frac{TP \cdot TN - FP \cdot FN}{\sqrt{(TP + FP)(TP + FN)(TN + FP)(TN + FN)}}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``labels``, or these alone, shape (N,).

    Returns:
        From -1 to 1; 0 is guessing, and what is given where one of both knows one class only.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        Matthews 1975, Comparison of the predicted and observed secondary structure of T4 phage
        lysozyme.

    Example:
        >>> matthews([0, 0, 0, 1], [0, 0, 0, 0])
        0.0
    """
    true, said = answers.labels("Matthews correlation", target, prediction)
    if len(np.union1d(true, said)) == 1:
        return 0.0
    return float(matthews_corrcoef(true, said))


CONCEPT = Concept(
    name="matthews",
    kind="metric",
    summary="Correlation of true and predicted classes.",
    build=lambda: matthews,
    aliases=("mcc", "matthews_correlation", "phi_coefficient"),
    equation=r"\frac{TP \cdot TN - FP \cdot FN}{\sqrt{(TP + FP)(TP + FN)(TN + FP)(TN + FN)}}",
    symbols={
        "TP": "rows of the class that are said to be in it (true positives)",
        "TN": "rows of other classes that are said to be in another (true negatives)",
        "FP": "rows of other classes that are said to be in it (false positives)",
        "FN": "rows of the class that are said to be in another (false negatives)",
    },
    when="One number for two classes of unequal size: all four counts matter to it.",
    pitfalls=(
        "It is no share: 0.5 is a fair correlation, not half of the rows.",
        "-1 means that every answer is turned round, which is easily mended.",
    ),
    conventions=(
        "With more than two classes it is the generalisation by Gorodkin (2004), as in scikit-learn.",
        "0 where a factor under the root is 0, as in scikit-learn.",
    ),
    source=(
        "Matthews 1975, Comparison of the predicted and observed secondary structure of T4 phage lysozyme."
    ),
    facts={"task": "classification", "needs": "labels", "better": "higher", "default": False},
    worked=worked_counts(
        matthews,
        lambda c: (
            (c.tp * c.tn - c.fp * c.fn) / sqrt((c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn))
        ),
    ),
)
