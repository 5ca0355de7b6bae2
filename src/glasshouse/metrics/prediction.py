"""What a network said about some rows, in the forms that metrics take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """Answers for N rows. What a network cannot give is ``None``.

    Args:
        labels: Predicted class indices, int64, shape (N,).
        probabilities: One per class, rows sum to 1, float64, shape (N, classes).
        scores: Larger means more likely, without a scale, float64, shape (N, classes).
        values: Predicted numbers in the target's unit, float64, shape (N,).
    """

    labels: NDArray[np.int64] | None = None
    probabilities: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None
    values: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        present = self.values if self.labels is None else self.labels
        return 0 if present is None else len(present)

    def take(self, rows: NDArray[Any]) -> Prediction:
        """The answers for some of the rows."""
        return Prediction(
            **{name: None if answers is None else answers[rows] for name, answers in vars(self).items()}
        )


def class_count(target: NDArray[Any], prediction: Any) -> int:
    """How many classes there are, as far as the answers and the truth tell.

    Args:
        target: True class indices, shape (N,).
        prediction: A :class:`Prediction`, or predicted class indices alone.
    """
    labels = prediction
    if isinstance(prediction, Prediction):
        if prediction.scores is not None:
            return int(prediction.scores.shape[1])
        labels = prediction.labels
    arrays = [np.asarray(each) for each in (target, labels) if each is not None]
    return max((int(each.max()) for each in arrays if each.size), default=0) + 1
