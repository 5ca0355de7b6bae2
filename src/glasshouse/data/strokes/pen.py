"""Strokes of a pen written down: a point is a step to the right, a step up, and whether the pen is lifted."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.raw import Column, RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.roles import find_name

STROKES = "strokes"
"""The column that strokes stand in."""

Points = NDArray[np.float64]


def written(points: Points) -> str:
    """Points as text: ``"0.5,-1,0 0.25,0,1"``.

    Args:
        points: Shape (points, 3): right, up, lifted.

    Example:
        >>> written(np.array([[0.5, -1.0, 0.0], [0.25, 0.0, 1.0]]))
        '0.5,-1,0 0.25,0,1'
    """
    return " ".join(f"{x:.5g},{y:.5g},{int(lifted)}" for x, y, lifted in points.tolist())


def points_of(text: str, row: int) -> Points:
    """The points of a text, shape (points, 3).

    Args:
        text: Points between spaces, each of three numbers between commas, the last of them 0 or 1.
        row: Its number, for messages.

    Raises:
        DataError: A point is written otherwise.

    Example:
        >>> points_of("0.5,-1,0 0.25,0,1", 0).tolist()
        [[0.5, -1.0, 0.0], [0.25, 0.0, 1.0]]
    """
    found = []
    for place, point in enumerate(text.split()):
        cells = point.split(",")
        try:
            numbers = [float(each) for each in cells]
        except ValueError:
            numbers = []
        if len(numbers) != 3 or numbers[2] not in (0.0, 1.0) or not np.isfinite(numbers).all():
            raise DataError(
                f"the point {point!r}, number {place} of row {row}",
                expected="a step to the right, a step up, and 0 or 1 for a pen that is lifted: 0.5,-1.2,0",
                fix="correct the row",
            )
        found.append(numbers)
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def read_strokes(cells: Cells, settings: DataSettings) -> RawTable:
    """The column of a table that holds strokes, a drawing to a row.

    Args:
        cells: A table of text.
        settings: ``target`` names the column; without one it is called ``strokes``, or is the only one.

    Raises:
        DataError: A row has no point, or one is written otherwise.
        UnknownNameError: There is no such column.
    """
    names = cells.frame.columns
    chosen = settings.target if settings.target is not None else STROKES
    name = names[0] if len(names) == 1 else find_name(chosen, names)
    texts = cells.frame[name].cast(pl.String).drop_nulls().to_list()
    for row, text in enumerate(texts):
        if not len(points_of(text, row)):
            raise DataError(f"row {row} of {cells.origin} has no point", fix="remove the row")
    return strokes_table(texts, cells.origin, cells.notes)


def strokes_table(texts: list[str], origin: str, notes: tuple[str, ...] = ()) -> RawTable:
    """Drawings as a table of one column.

    Args:
        texts: A drawing each.
        origin: Where they come from, for messages.
        notes: What was noticed while reading.
    """
    column = Column(STROKES, "text")
    frame = pl.DataFrame({STROKES: texts}, schema={STROKES: pl.String})
    return RawTable(frame, (column,), None, origin, notes=notes, layout=TableLayout((column,)))
