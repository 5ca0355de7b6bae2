"""Booleans to features: 0 or 1, and a flag where cells are missing."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import polars as pl

from glasshouse.data.encoders.encoder import Encoder, Features, missing_flag


class BooleanEncoder(Encoder):
    """A column of true and false as 1 and 0; missing cells are 0 with a flag of their own.

    Args:
        column: The name of the column.
        flags_missing: Whether cells were missing in training.
    """

    kind = "boolean"

    def __init__(self, column: str, *, flags_missing: bool) -> None:
        super().__init__(column)
        self.flags_missing = flags_missing

    @classmethod
    def fit(cls, cells: pl.Series) -> Self:
        """Learn whether cells are missing in training."""
        return cls(cells.name, flags_missing=cells.null_count() > 0)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        return (self.column, f"{self.column} (missing)") if self.flags_missing else (self.column,)

    def transform(self, cells: pl.Series) -> Features:
        """Features of some rows, shape (rows, features)."""
        truth = cells.fill_null(value=False).to_numpy().astype(np.float64)[:, None]
        return np.concatenate([truth, missing_flag(cells)], axis=1) if self.flags_missing else truth

    def back(self, features: Features) -> pl.Series:
        """True from a half on; missing where the flag is more than a half."""
        truth = (features[:, 0] >= 0.5).tolist()
        gone = features[:, -1] >= 0.5 if self.flags_missing else np.zeros(len(features), dtype=bool)
        cells = [None if missing else value for value, missing in zip(truth, gone, strict=True)]
        return pl.Series(self.column, cells, dtype=pl.Boolean)

    def becomes(self) -> str:
        """What the column becomes, in words."""
        return "1 for true, 0 for false" + (", a flag for missing" if self.flags_missing else "")

    def state(self) -> dict[str, Any]:
        """What was learnt, in plain JSON types."""
        return {"flags_missing": self.flags_missing}

    @classmethod
    def restore(cls, column: str, state: dict[str, Any]) -> Self:
        """The encoder of a stored state."""
        return cls(column, **state)
