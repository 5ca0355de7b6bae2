"""New rows that a network made, in the terms of the data that it learnt from."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.errors import UsageError
from glasshouse.core.files import write_atomic
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparation import Preparation
from glasshouse.data.strokes.strokes_preparation import StrokesPreparation

TABLES = (".csv", ".parquet", ".json")
GAP = 2
"""Pixels between the pictures of a sheet."""


@dataclass(frozen=True, repr=False)
class Samples:
    """New rows.

    Args:
        rows: As the network made them, in prepared units, shape (count, ...).
        frame: The same as a table, where the data are one.
        pixels: The same as pictures with levels from 0 to 255, (count, height, width) or, in colour,
            (count, height, width, 3).

    Example:
        >>> Samples.of(np.zeros((3, 1, 8, 8), np.float32), None)
        Samples(3 rows of shape (1, 8, 8))
    """

    rows: NDArray[np.float32]
    frame: pl.DataFrame | None = None
    pixels: NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, rows: NDArray[np.float32], preparation: Preparation | None) -> Samples:
        """Bring prepared rows back into the terms of the data.

        Args:
            rows: Shape (count, *input_shape).
            preparation: What prepared the data; ``None`` where the network takes arrays as they are.
        """
        if isinstance(preparation, TablePreparation):
            return cls(rows, preparation.back(rows))
        if isinstance(preparation, StrokesPreparation):
            return cls(rows, preparation.back(rows))
        levels = preparation.levels(rows) if isinstance(preparation, ImagePreparation) else None
        if levels is None:
            return cls(rows)
        grey = levels.shape[1] == 1
        return cls(rows, pixels=levels[:, 0] if grey else np.ascontiguousarray(levels.transpose(0, 2, 3, 1)))

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        if self.frame is not None:
            return f"Samples({len(self)} rows of {', '.join(self.frame.columns)})"
        return f"Samples({len(self)} rows of shape {self.rows.shape[1:]})"

    def sheet(self, columns: int | None = None) -> Image.Image:
        """All pictures on one sheet, row by row.

        Args:
            columns: Pictures in a row; ``None`` for about a square.

        Raises:
            UsageError: The rows are no pictures.
        """
        if self.pixels is None:
            raise UsageError(
                f"a sheet of {self!r}", expected="pictures", fix="take samples.frame, or samples.rows"
            )
        count, height, width = self.pixels.shape[:3]
        columns = min(count, columns or int(np.ceil(np.sqrt(count))))
        lines = -(-count // columns)
        size = (lines * (height + GAP) - GAP, columns * (width + GAP) - GAP)
        sheet = np.full((*size, *self.pixels.shape[3:]), 255, dtype=np.uint8)
        for place, picture in enumerate(self.pixels):
            top, left = place // columns * (height + GAP), place % columns * (width + GAP)
            sheet[top : top + height, left : left + width] = picture
        return Image.fromarray(sheet)

    def save(self, path: Path | str, columns: int | None = None) -> Path:
        """Write them: pictures as one sheet (.png), tables as .csv, .parquet or .json, any rows as .npy.

        Args:
            path: The file; its ending says what it becomes.
            columns: Pictures in a row of the sheet.

        Raises:
            UsageError: The ending does not fit the rows.
            StorageError: The file cannot be written.
        """
        path = Path(path)
        ending = path.suffix.lower()
        stream = io.BytesIO()
        if ending == ".npy":
            np.save(stream, self.rows)
        elif ending == ".png" and self.pixels is not None:
            self.sheet(columns).save(stream, format="PNG")
        elif ending in TABLES and self.frame is not None:
            if ending == ".csv":
                self.frame.write_csv(stream)
            elif ending == ".parquet":
                self.frame.write_parquet(stream)
            else:
                self.frame.write_json(stream)
        else:
            fit = ".png" if self.pixels is not None else ", ".join(TABLES) if self.frame is not None else ""
            raise UsageError(
                f"{path.name!r} for {self!r}",
                expected=f"{fit} or .npy" if fit else ".npy",
                fix="choose one of these endings",
            )
        write_atomic(path, stream.getvalue())
        return path
