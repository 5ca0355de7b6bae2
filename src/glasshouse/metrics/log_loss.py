"""Log loss: surprise at the true class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import log_loss as sklearn_log_loss

from glasshouse.core.arithmetic import log
from glasshouse.core.concept import Concept
from glasshouse.core.expression import wrap
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.worked_answers import worked_chances


def log_loss(target: ArrayLike, prediction: Answers) -> float:
    r"""Mean surprise at the true class, in nats.

    .. math:: -\frac1N \sum_n \ln p_{n y_n}

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``probabilities``, or these alone, shape (N, classes).

    Returns:
        Nats, at least 0; ln K is what equal probabilities score.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.

    Source:
        sklearn.metrics.log_loss.

    Example:
        >>> round(log_loss([1], [[0.5, 0.5]]), 4)
        0.6931
    """
    true, shares = answers.per_class("log loss", "probabilities", target, prediction)
    return float(sklearn_log_loss(true, shares, labels=np.arange(shares.shape[1])))


CONCEPT = Concept(
    name="log_loss",
    kind="metric",
    summary="Mean surprise at the true class, in nats.",
    build=lambda: log_loss,
    aliases=("cross_entropy", "negative_log_likelihood"),
    equation=r"-\frac1N \sum_n \ln p_{n y_n}",
    symbols={"p": "probability given to the true class y of row n", "N": "number of rows"},
    when="Where the probabilities themselves are used.",
    pitfalls=("One confident mistake can outweigh many good answers.",),
    conventions=(
        "Natural logarithm. Probabilities are kept at least the machine's epsilon away from 0 and 1, as "
        "in scikit-learn.",
    ),
    source="sklearn.metrics.log_loss.",
    facts={"task": "classification", "needs": "probabilities", "better": "lower"},
    worked=worked_chances(
        log_loss, lambda p: wrap(-(log(p[0]) + log(1 - p[1]) + log(p[2]) + log(1 - p[3])) / 4)
    ),
)
