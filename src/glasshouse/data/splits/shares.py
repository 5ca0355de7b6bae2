"""What every way of dividing rows takes and gives: shares in, a part for each row out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRAIN, VALIDATION, TEST = 0, 1, 2

Assigned = tuple[NDArray[np.int8], tuple[str, ...]]
"""The part of each row (:data:`TRAIN`, :data:`VALIDATION` or :data:`TEST`), and notes on what was decided."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the rows to be divided. ``test`` is 0 where no test part is to be drawn.

    Args:
        validation: Above 0 and below 1.
        test: From 0; together they are below 1.
    """

    validation: float
    test: float

    @property
    def parts(self) -> int:
        """How many parts are wanted: 2 or 3."""
        return 3 if self.test > 0 else 2

    @property
    def names(self) -> str:
        """The wanted parts in words."""
        return "training, validation and test" if self.test > 0 else "training and validation"

    def row_counts(self, rows: int) -> tuple[int, int]:
        """How many validation and test rows there shall be: at least one each, and one left to train on.

        Example:
            >>> Shares(validation=0.15, test=0.15).row_counts(10)
            (2, 2)
        """
        test = max(1, round(self.test * rows)) if self.test > 0 else 0
        validation = max(1, round(self.validation * rows))
        while validation + test > rows - 1:
            if test > validation:
                test -= 1
            else:
                validation -= 1
        return validation, test
