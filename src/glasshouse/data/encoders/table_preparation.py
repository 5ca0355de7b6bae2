"""From the columns of a table to the numbers that a network takes, and the way back for describing them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError, SettingError
from glasshouse.data.encoders.booleans import BooleanEncoder
from glasshouse.data.encoders.categories import CategoryEncoder
from glasshouse.data.encoders.dates import DateEncoder
from glasshouse.data.encoders.encoder import Encoder
from glasshouse.data.encoders.numbers import NumberEncoder
from glasshouse.data.encoders.text import TextEncoder
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Column, Raw, RawTable, TableLayout
from glasshouse.data.settings import ColumnKind, DataSettings, PrepareSettings
from glasshouse.data.tables.new_rows import match_columns, open_like, typed_frame
from glasshouse.data.tables.series import cut_windows, series_inputs, window_columns

_ENCODERS = {
    each.kind: each for each in (NumberEncoder, BooleanEncoder, CategoryEncoder, DateEncoder, TextEncoder)
}


class TablePreparation(Preparation):
    """One encoder per column, side by side.

    Args:
        encoders: In the order of the features.
        layout: Of the table that they were fitted on, for reading others.
        unit_rows: Whether the numbers of each row are brought to Euclidean length 1.
    """

    kind = "table"

    def __init__(self, encoders: list[Encoder], layout: TableLayout, *, unit_rows: bool = False) -> None:
        self.encoders = encoders
        self.layout = layout
        self.unit_rows = unit_rows

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn everything from some rows, those of the training part.

        Args:
            raw: The whole table.
            rows: Row numbers of the training part, int64.
            settings: ``settings.prepare`` says how values become numbers.

        Raises:
            DataError: There is no row, or no column in use.
            SettingError: The scaling is one for pictures only.
        """
        used = [each for each in raw.columns if _in_use(each)]
        if not used or not len(rows):
            raise DataError(
                f"{raw.origin}: {len(used)} columns and {len(rows)} rows to fit the preparation on",
                expected="at least one of each",
                fix="use more rows, or fewer columns set to ignore",
            )
        if settings.prepare.scaling == "binary":
            raise SettingError(
                "data.prepare.scaling = 'binary' for a table",
                expected="one of auto, z-score, min-max, unit-vector, quantile, none",
                fix="set data.prepare.scaling = 'min-max'; categories become zeros and ones by themselves",
            )
        frame = raw.frame[rows]
        encoders = [_fit(frame[each.name], each, settings.prepare) for each in used]
        return cls(encoders, layout_of(raw), unit_rows=settings.prepare.scaling == "unit-vector")

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of all features, in the order of the network's inputs."""
        return tuple(name for encoder in self.encoders for name in encoder.features)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared row: ``(features,)``."""
        return (len(self.feature_names),)

    def transform(self, raw: Raw) -> NDArray[np.float32]:
        """Prepare rows: shape (rows, features), finite everywhere."""
        if not isinstance(raw, RawTable):
            raise DataError("images were given to a preparation of tables", fix="give rows of a table")
        features = np.empty((len(raw), len(self.feature_names)), dtype=np.float32)
        numbers, start = [], 0
        for encoder in self.encoders:
            stop = start + len(encoder.features)
            with np.errstate(over="ignore"):
                features[:, start:stop] = encoder.transform(raw.frame[encoder.column])
            if encoder.kind == "number":
                numbers.append(start)
            start = stop
        if not np.isfinite(features).all():  # numbers beyond single precision become its largest
            np.nan_to_num(features, copy=False)
        if self.unit_rows and numbers:
            features[:, numbers] = _to_unit_length(features[:, numbers])
        return features

    def back(self, inputs: NDArray[np.float32]) -> pl.DataFrame:
        """The table that prepared rows stand for, also such as a network made up.

        Columns of dates and texts, which cannot be told from their features, are left out, and so are all
        numbers where rows were brought to length 1: how long they were is lost.

        Args:
            inputs: Shape (rows, features).
        """
        columns, start = [], 0
        for encoder in self.encoders:
            stop = start + len(encoder.features)
            lost = self.unit_rows and encoder.kind == "number"
            cells = None if lost else encoder.back(inputs[:, start:stop])
            columns += [] if cells is None else [cells]
            start = stop
        return pl.DataFrame(columns)

    def read(self, source: Any) -> RawTable:
        """Read rows to predict, checked against the table that was fitted on.

        Args:
            source: A path, a frame, a dictionary of columns, a list of dictionaries, or an array. Columns
                that training left out, and the target, may be there or not. A series gives one row for each
                possible window, in the order of time.

        Raises:
            BundleError: Columns are missing or unknown; all are named, with what was probably meant.
            DataError: A cell cannot be read; file, row and column are named.
        """
        layout = self.layout
        form = layout.series
        required = [each.column for each in self.encoders]
        if form is not None:
            required = series_inputs(layout) + ([form.time] if form.time else [])
        cells = match_columns(open_like(source, layout), layout, required, BundleError)
        needed = replace(layout, columns=tuple(each for each in layout.columns if each.name in required))
        frame = typed_frame(cells, needed, new=True)
        if form is not None:
            frame = cut_windows(cells, frame, needed, form).frame
        columns = window_columns(needed) if form is not None else needed.columns
        line = int(cells.lines[0]) if cells.lines is not None else 0
        return RawTable(frame, columns, None, cells.origin, line, notes=cells.notes, layout=layout)

    def warnings(self, raw: Raw) -> list[str]:
        """What in these rows training never saw, a sentence per column."""
        if not isinstance(raw, RawTable):
            return []
        told = ((encoder.column, encoder.unseen(raw.frame[encoder.column])) for encoder in self.encoders)
        return [f"column {column!r}: {what}" for column, what in told if what]

    def describe(self) -> list[dict[str, Any]]:
        """One entry per column in use: name, kind, what it becomes, and how many features."""
        suffix = "; all numbers of a row together have length 1" if self.unit_rows else ""
        return [
            {
                "name": encoder.column,
                "kind": encoder.kind,
                "becomes": encoder.becomes() + (suffix if encoder.kind == "number" else ""),
                "features": len(encoder.features),
            }
            for encoder in self.encoders
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {
            "kind": self.kind,
            "layout": self.layout.to_dict(),
            "unit_rows": self.unit_rows,
            "encoders": [
                {"column": each.column, "kind": each.kind, "state": each.state()} for each in self.encoders
            ],
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TablePreparation:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one that :meth:`to_dict` gives.
        """
        try:
            encoders: list[Encoder] = [
                _ENCODERS[each["kind"]].restore(each["column"], each["state"]) for each in state["encoders"]
            ]
            return cls(encoders, TableLayout.from_dict(state["layout"]), unit_rows=state["unit_rows"])
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of a table is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error


def _in_use(column: Column) -> bool:
    return not column.ignored_because and column.kind != "ignore"


def _fit(cells: pl.Series, column: Column, settings: PrepareSettings) -> Encoder:
    if column.kind == "number":
        return NumberEncoder.fit(cells, settings.scaling)
    if column.kind == "boolean":
        return BooleanEncoder.fit(cells)
    if column.kind == "date":
        return DateEncoder.fit(cells)
    if column.kind == "text":
        return TextEncoder.fit(cells, settings.text_features)
    return CategoryEncoder.fit(cells, settings.most_categories, settings.rare_below)


def layout_of(raw: RawTable) -> TableLayout:
    """The layout of the source, or of the frame itself where it is the source."""
    if raw.layout is not None:
        return raw.layout
    if raw.target is None:
        return TableLayout(raw.columns)
    kind: ColumnKind = "number" if raw.target.task == "regression" else "category"
    return TableLayout((*raw.columns, Column(raw.target.name, kind)), raw.target.name)


def _to_unit_length(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of Euclidean length 1; rows of zeros stay zeros.

    Dividing by the largest number first keeps the squares of huge and tiny numbers in range.
    """
    largest = np.abs(numbers).max(axis=1, keepdims=True)
    unit = numbers.astype(np.float64) / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    shortened: NDArray[np.float32] = (unit / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return shortened
