"""From strokes written down to points in one scale, fitted on the training drawings alone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable
from glasshouse.data.strokes.pen import STROKES, points_of, strokes_table, written

BEHIND = -1.0
"""What stands for the pen in targets behind the end of a drawing."""


class StrokesPreparation(Preparation):
    r"""Points of a pen, their steps divided by one spread for both directions, so that shapes stay.

    .. math:: s = \sqrt{\tfrac12\, \overline{\Delta x^2 + \Delta y^2}}

    Args:
        steps: Points that are kept of a drawing, from its beginning.
        spread: s, above 0.

    Example:
        >>> preparation = StrokesPreparation(3, 2.0)
        >>> preparation.transform(preparation.read(["4,-2,1"])).tolist()
        [[[2.0, -1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]
    """

    kind: ClassVar[str] = "strokes"

    def __init__(self, steps: int, spread: float) -> None:
        self.steps = steps
        self.spread = spread

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64]) -> Self:
        """As many points as the longest training drawing has, and the size of the training steps.

        Args:
            raw: All drawings.
            rows: Those of the training part; no other is looked at.

        Raises:
            DataError: There are no training drawings.
        """
        if not len(rows):
            raise DataError(f"{raw.origin}: no strokes to learn from", fix="make data.split shares smaller")
        texts = raw.frame[STROKES][rows].to_list()
        drawings = [points_of(text, int(row)) for text, row in zip(texts, rows, strict=True)]
        spread = float(np.sqrt((np.concatenate(drawings)[:, :2] ** 2).mean()))
        return cls(max(map(len, drawings)), spread if spread > 0 else 1.0)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one drawing: ``(steps, 3)``."""
        return (self.steps, 3)

    def transform(self, raw: Raw) -> NDArray[Any]:
        """Points: float32, shape (drawings, steps, 3), zeros behind the end."""
        if not isinstance(raw, RawTable):
            raise DataError("images were given to a preparation of strokes", fix="give strokes as text")
        points = np.zeros((len(raw), self.steps, 3), dtype=np.float32)
        for row, text in enumerate(raw.frame[STROKES].to_list()):
            found = points_of(text, row)[: self.steps]
            points[row, : len(found), :2] = found[:, :2] / self.spread
            points[row, : len(found), 2] = found[:, 2]
        return points

    def lengths(self, raw: RawTable) -> NDArray[np.int64]:
        """Points of each drawing that are kept."""
        return np.array([min(len(each.split()), self.steps) for each in raw.frame[STROKES].to_list()])

    def back(self, rows: NDArray[np.float32]) -> pl.DataFrame:
        """Prepared drawings, or what a network draws, as strokes written down.

        Args:
            rows: Shape (drawings, points, 3).
        """
        scale = np.array([self.spread, self.spread, 1.0])
        return pl.DataFrame({STROKES: [written(each * scale) for each in rows.astype(np.float64)]})

    def read(self, source: Any) -> RawTable:
        """Read drawings: a list of texts.

        Raises:
            BundleError: It is something else.
            DataError: A point is written otherwise.
        """
        if not isinstance(source, (list, tuple)) or not all(isinstance(each, str) for each in source):
            raise BundleError(
                f"strokes given as a {type(source).__name__}",
                expected='a list of texts such as "0.5,-1.2,0 0.25,0,1"',
                fix="write each point as a step to the right, a step up, and 0 or 1 for a lifted pen",
            )
        return strokes_table(list(source), "the strokes given")

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the strokes."""
        becomes = f"up to {self.steps} points: two steps divided by {self.spread:.5g}, and the pen"
        return [{"name": STROKES, "kind": "text", "becomes": becomes, "features": 3 * self.steps}]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {"kind": self.kind, "steps": self.steps, "spread": self.spread}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of strokes.
        """
        try:
            return cls(int(state["steps"]), float(state["spread"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of strokes is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error
