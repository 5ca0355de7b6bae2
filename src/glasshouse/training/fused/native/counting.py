"""Right answers of a batch: what accuracy is made of."""

from __future__ import annotations

from numba import njit

from glasshouse.training.fused.codes import COUNT_CLASSES, COUNT_SHARES
from glasshouse.training.fused.native.options import WRITTEN_IN


@njit(**WRITTEN_IN)
def right_of(counting, z, rows, width, stride, shown, classes, values):
    """How many answers of a batch are right.

    Args:
        counting: Classes by their number, classes by their shares, or yes and no.
        z: Outputs (rows * stride).
        rows, width, stride: Of them.
        shown: Row numbers of the batch (rows).
        classes: Class of every row of the data, or empty.
        values: Numbers of every row of the data (all rows * width), or empty.
    """
    right = 0
    for n in range(rows):
        out = z[n * stride : n * stride + width]
        if counting in (COUNT_CLASSES, COUNT_SHARES):
            best = 0
            for i in range(1, width):
                best = i if out[i] > out[best] else best
            if counting == COUNT_CLASSES:
                true = classes[shown[n]]
            else:
                target = values[shown[n] * width : (shown[n] + 1) * width]
                true = 0
                for i in range(1, width):
                    true = i if target[i] > target[true] else true
            right += best == true
        else:
            target = values[shown[n] * width : (shown[n] + 1) * width]
            for i in range(width):
                right += (out[i] > 0) == (target[i] > 0.5)
    return right
