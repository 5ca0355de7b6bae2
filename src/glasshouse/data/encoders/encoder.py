"""The contract of an encoder: what turns one column into features, fitted on training rows alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

Features = NDArray[np.floating[Any]]
"""Rows by features, in single or double precision."""


class Encoder(ABC):
    """Turns the cells of one column into features. Its state is plain data and goes through JSON unchanged.

    Args:
        column: The name of the column.
    """

    kind: ClassVar[str]

    def __init__(self, column: str) -> None:
        self.column = column

    @property
    @abstractmethod
    def features(self) -> tuple[str, ...]:
        """Names of the features that the column becomes."""

    @abstractmethod
    def transform(self, cells: pl.Series) -> Features:
        """Features of some rows, shape (rows, features). Missing cells are null; no result is NaN."""

    @abstractmethod
    def becomes(self) -> str:
        """What the column becomes, in words."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What was learnt, in plain JSON types, without the column's name."""

    def back(self, features: Features) -> pl.Series | None:
        """Cells that these features stand for, as well as they can be told; ``None`` where they cannot.

        Args:
            features: Shape (rows, features), also such as a network made up.
        """
        del features
        return None

    def unseen(self, cells: pl.Series) -> str:
        """What in these rows training never saw, as the end of a sentence; empty where there is nothing."""
        del cells
        return ""


def missing_flag(cells: pl.Series) -> Features:
    """1 where a cell is missing, else 0; shape (rows, 1)."""
    return cells.is_null().to_numpy().astype(np.float64)[:, None]
