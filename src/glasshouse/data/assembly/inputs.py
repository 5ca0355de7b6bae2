"""Prepared rows as a tensor, in which every number is finite."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw


def inputs_of(raw: Raw, preparation: Preparation, part: str = "") -> torch.Tensor:
    """Prepared rows as a tensor: float32 (tokens int64), finite, images channels last.

    Args:
        raw: The rows, which may have no target.
        preparation: Fitted on the training rows.
        part: What to call the rows in messages.

    Raises:
        DataError: A prepared value is NaN or infinite.
    """
    array = preparation.transform(raw)
    with np.errstate(invalid="ignore"):
        # a sum is NaN or infinite if any value is; looking for it costs no memory
        total = array.sum(dtype=np.float64)
    if not np.isfinite(total):
        _refuse_non_finite(array, raw, preparation, part)
    inputs = torch.from_numpy(array)
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _refuse_non_finite(array: NDArray[Any], raw: Raw, preparation: Preparation, part: str) -> None:
    wrong = np.argwhere(~np.isfinite(array))
    if not len(wrong):
        return  # the sum overflowed, the values did not
    row, feature = int(wrong[0][0]), int(wrong[0][1])
    names = getattr(preparation, "feature_names", None)
    named = repr(names[feature]) if names is not None else str(feature)
    where = f"row {row} of the {part} part, feature {named}" if part else f"row {row}, feature {named}"
    raise DataError(
        f"{raw.origin}: {len(wrong)} prepared values are NaN or infinite, the first in {where}",
        expected="finite numbers",
        fix="look for extreme values in that column, or set data.prepare.scaling = 'quantile'",
    )
