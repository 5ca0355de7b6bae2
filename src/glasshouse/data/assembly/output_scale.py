"""The scale of numbers to predict: centre and spread of the training rows."""

from __future__ import annotations

import numpy as np

from glasshouse.core.errors import DataError
from glasshouse.data.assembly.divided import Rows
from glasshouse.data.parts import OutputScale
from glasshouse.data.raw import Target


def output_scale(target: Target, train: Rows, origin: str) -> OutputScale:
    """Mean and standard deviation of a target in the training rows.

    Raises:
        DataError: All of them are equal.
    """
    values = target.values[train].astype(np.float64)
    spread = float(values.std()) if len(values) else 0.0
    if spread == 0.0:
        raise DataError(
            f"{origin}: the target {target.name!r} is the same in every training row",
            expected="numbers that differ",
            fix="choose another target, or another split",
        )
    return OutputScale(centre=float(values.mean()), spread=spread)
