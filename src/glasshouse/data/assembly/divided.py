"""The three parts of a data set, each made by the same function."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.parts import Part, Split
from glasshouse.data.raw import Raw

Rows = NDArray[np.int64]
"""Numbers of raw rows."""


class Divided(NamedTuple):
    """The parts in the order in which they are prepared."""

    train: Part
    validation: Part | None
    test: Part | None


def divided(raw: Raw, split: Split, part: Callable[[Rows, str], Part]) -> Divided:
    """The three parts by what makes one; those without rows are ``None``.

    Raises:
        DataError: The training part has no rows.
    """
    if not len(split.train):
        raise DataError(f"{raw.origin}: the training part has no rows", fix="make data.split shares smaller")
    return Divided(
        part(split.train, "training"),
        part(split.validation, "validation") if len(split.validation) else None,
        part(split.test, "test") if len(split.test) else None,
    )
