"""What a network said about one part of the data, beside what is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, NonFiniteError
from glasshouse.metrics import Prediction


@dataclass(frozen=True)
class Answered:
    """Rows with their true targets and the network's answers.

    Args:
        target: int64 class indices, or float64 numbers in the target's own unit, shape (rows,).
        prediction: The answers to the same rows.
        rows: Row numbers in the raw data, int64, shape (rows,).

    Raises:
        DataError: The three differ in length, or are empty.
        NonFiniteError: An answer is NaN or infinite; the first such row is named.

    Example:
        >>> answers = Prediction(values=np.array([1.0, 2.5]))
        >>> len(Answered(np.array([1.0, 3.0]), answers, np.array([4, 9])))
        2
    """

    target: NDArray[Any]
    prediction: Prediction
    rows: NDArray[np.int64]

    def __post_init__(self) -> None:
        lengths = (len(self.target), len(self.prediction), len(self.rows))
        if len(set(lengths)) > 1 or not lengths[0]:
            raise DataError(
                f"{lengths[0]} targets, {lengths[1]} answers and {lengths[2]} row numbers",
                expected="the same number of each, at least one",
                fix="hand the answers to exactly the rows whose targets are given",
            )
        for name in ("probabilities", "scores", "values"):
            answers = getattr(self.prediction, name)
            if answers is None or np.isfinite(answers).all():
                continue
            wrong = ~np.isfinite(answers.reshape(len(answers), -1)).all(axis=1)
            raise NonFiniteError(
                f"the network's {name} are NaN or infinite for {int(wrong.sum())} of {lengths[0]} rows, "
                f"the first of them row {int(self.rows[np.flatnonzero(wrong)[0]])}",
                expected="finite outputs for every row",
                fix="train again with a lower learning rate, or with training.clip_norm = 1.0",
            )

    def __len__(self) -> int:
        return len(self.rows)
