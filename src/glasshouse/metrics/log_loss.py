"""Log loss: surprise at the true class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss as sklearn_log_loss

from glasshouse.core.concept import Concept
from glasshouse.metrics.prediction import Prediction


def log_loss(target: NDArray[Any], prediction: Prediction) -> float:
    r"""Mean surprise at the true class, in nats.

    .. math:: -\frac1N \sum_n \ln p_{n y_n}

    Args:
        target: True class indices, int64, shape (N,).
        prediction: Its ``probabilities``.

    Returns:
        Nats, at least 0; ln K is what equal probabilities score.

    Example:
        >>> import numpy as np
        >>> round(log_loss(np.array([1]), Prediction(probabilities=np.array([[0.5, 0.5]]))), 4)
        0.6931
    """
    probabilities = prediction.probabilities
    assert probabilities is not None
    return float(sklearn_log_loss(target, probabilities, labels=np.arange(probabilities.shape[1])))


CONCEPT = Concept(
    name="log_loss",
    kind="metric",
    summary="Mean surprise at the true class, in nats.",
    build=lambda: log_loss,
    aliases=(),
    equation=r"-\frac1N \sum_n \ln p_{n y_n}",
    when="Where the probabilities themselves are used.",
    pitfalls=("One confident mistake can outweigh many good answers.",),
    source="sklearn.metrics.log_loss.",
    facts={"task": "classification", "needs": "probabilities", "better": "lower"},
)
