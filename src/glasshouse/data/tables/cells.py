"""A table as it stands in its source: cells without a meaning yet, and where each row came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.raw import Column


@dataclass(frozen=True)
class ReadingOptions:
    """What is known about a source before it is opened.

    Args:
        header: Whether its first row holds names.
        separator: What stands between cells, or ``"auto"``.
        missing: Cells that mean a value is missing. Empty cells always do.
        known: Names that a header should hold, when another file like this one was read before.
    """

    header: bool | str = "auto"
    separator: str = "auto"
    missing: tuple[str, ...] = ("", "?")
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cells:
    """Rows and columns before the columns have kinds.

    Args:
        frame: Text columns are stripped and null where missing; columns of typed sources keep their type.
        origin: The file, for messages.
        lines: The line of each row in a text editor, from 1; ``None`` where the source is no text file.
        header: Whether the source named its columns.
        separator: What stood between the cells; empty where nothing did.
        declared: Kinds that the source itself states (ARFF), by name.
        notes: What was noticed while reading.
    """

    frame: pl.DataFrame
    origin: str
    lines: NDArray[np.int64] | None = None
    header: bool = True
    separator: str = ""
    declared: Mapping[str, Column] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def where(self, rows: Sequence[int]) -> str:
        """Where some rows stand: ``people.csv, line 12`` or ``the frame, rows 3 and 5``."""
        numbers = [int(self.lines[row]) if self.lines is not None else int(row) for row in rows]
        word = "line" if self.lines is not None else "row"
        listed = ", ".join(map(str, numbers[:-1]))
        told = f"{listed} and {numbers[-1]}" if listed else str(numbers[-1])
        return f"{self.origin}, {word}{'s' if listed else ''} {told}"

    def keep(self, mask: pl.Series) -> Cells:
        """The rows for which ``mask`` is true."""
        lines = None if self.lines is None else self.lines[mask.to_numpy()]
        return replace(self, frame=self.frame.filter(mask), lines=lines)


def clean(frame: pl.DataFrame, missing: Sequence[str], *, empty: bool = True) -> pl.DataFrame:
    """Strip text cells and make null those that mean a value is missing, empty ones normally among them."""
    tokens = sorted({*missing, *([""] if empty else [])})
    text = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    stripped = [pl.col(name).str.strip_chars() for name in text]
    frame = frame.with_columns(stripped)
    return frame.with_columns(
        pl.when(pl.col(name).is_in(tokens)).then(None).otherwise(pl.col(name)).alias(name) for name in text
    )
