"""From windows of a series to steps with one number for each variable, fitted on training windows alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.encoders.table_preparation import layout_of
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.new_rows import match_columns, open_like, typed_frame
from glasshouse.data.tables.series import cut_windows, series_inputs, step_name, window_columns

Features = NDArray[np.float64]


class SeriesPreparation(Preparation):
    r"""Scale each variable over all steps alike: :math:`x = (v - \text{centre}) / \text{spread}`.

    A missing number takes the one of the step before in its window, and without one the centre. Scaled
    relative to the last step, the spread is that of the differences from a window's last step, so that steps
    of a series that grows have the size of its changes; else it is the standard deviation.

    Args:
        variables: Names of the variables, in the order of the last axis.
        window: Steps of a window.
        centre: Per variable.
        spread: Per variable, above 0.
        layout: Of the table that it was fitted on, for reading others.
    """

    kind: ClassVar[str] = "series"

    def __init__(
        self,
        variables: list[str],
        window: int,
        centre: list[float],
        spread: list[float],
        layout: TableLayout,
    ) -> None:
        self.variables = variables
        self.window = window
        self.centre = centre
        self.spread = spread
        self.layout = layout

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn centre and spread of every variable from the training windows.

        Args:
            raw: All windows.
            rows: The training windows; no other is looked at.
            settings: ``task``, ``window`` and ``prepare.relative`` are used.

        Raises:
            DataError: No training window holds a number of some variable.
        """
        layout = layout_of(raw)
        variables = series_inputs(layout)
        window = layout.series.window if layout.series else settings.window
        values = _filled(_cells(raw.frame[rows], variables, window))
        flat = values.reshape(-1, len(variables))
        known = np.asarray(np.isfinite(flat).any(axis=0)).tolist()
        empty = [name for name, each in zip(variables, known, strict=True) if not each]
        if empty or not len(rows):
            raise DataError(
                f"{raw.origin}: no training window has a number in "
                f"{', '.join(map(repr, empty)) or 'any column'}",
                expected="numbers in every variable",
                fix="leave the column out: --set data.columns.NAME=ignore",
            )
        centre = np.nanmean(flat, axis=0)
        spread = np.nanstd(flat, axis=0)
        if settings.task == "forecast" and settings.prepare.relative:
            moved = (values[:, :-1] - values[:, -1:]).reshape(-1, len(variables))
            if len(moved):
                changes = np.sqrt(np.nanmean(moved**2, axis=0))
                spread = np.where(changes > 0, changes, spread)
        return cls(variables, window, centre.tolist(), np.where(spread > 0, spread, 1.0).tolist(), layout)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared window: ``(steps, variables)``."""
        return (self.window, len(self.variables))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the numbers of a window are called, step by step."""
        steps = range(self.window - 1, -1, -1)
        return tuple(step_name(name, step) for step in steps for name in self.variables)

    def transform(self, raw: Raw) -> NDArray[Any]:
        """Prepare windows: float32, shape (windows, steps, variables)."""
        if not isinstance(raw, RawTable):
            raise DataError("images were given to a preparation of a series", fix="give rows of a series")
        values = _filled(_cells(raw.frame, self.variables, self.window))
        with np.errstate(over="ignore"):
            scaled = ((values - self.centre) / self.spread).astype(np.float32)
        return np.nan_to_num(scaled, nan=0.0)

    def read(self, source: Any) -> RawTable:
        """Read a series to predict: one window for each step from which on there are enough behind it.

        Args:
            source: A path, a frame, a dictionary of columns, or a list of dictionaries.

        Raises:
            BundleError: Columns are missing or unknown.
            DataError: A cell cannot be read, or the series is shorter than a window.
        """
        layout = self.layout
        form = layout.series
        assert form is not None, "a series without its form"
        required = [*self.variables, *([form.time] if form.time else [])]
        cells = match_columns(open_like(source, layout), layout, required, BundleError)
        needed = replace(layout, columns=tuple(each for each in layout.columns if each.name in required))
        frame = cut_windows(cells, typed_frame(cells, needed, new=True), needed, form).frame
        line = int(cells.lines[0]) if cells.lines is not None else 0
        columns = window_columns(needed)
        return RawTable(frame, columns, None, cells.origin, line, notes=cells.notes, layout=layout)

    def describe(self) -> list[dict[str, Any]]:
        """One entry per variable."""
        return [
            {
                "name": name,
                "kind": "number",
                "becomes": f"{self.window} steps, each minus {centre:.5g}, divided by {spread:.5g}",
                "features": self.window,
            }
            for name, centre, spread in zip(self.variables, self.centre, self.spread, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {
            "kind": self.kind,
            "variables": list(self.variables),
            "window": self.window,
            "centre": list(self.centre),
            "spread": list(self.spread),
            "layout": self.layout.to_dict(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of a series.
        """
        try:
            centre, spread = ([float(each) for each in state[key]] for key in ("centre", "spread"))
            layout = TableLayout.from_dict(state["layout"])
            return cls(list(state["variables"]), int(state["window"]), centre, spread, layout)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of a series is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error


def _cells(frame: pl.DataFrame, variables: list[str], window: int) -> Features:
    """Windows as (windows, steps, variables), missing numbers as NaN."""
    steps = range(window - 1, -1, -1)
    columns = [frame[step_name(name, step)] for step in steps for name in variables]
    flat = np.stack([each.cast(pl.Float64).fill_null(float("nan")).to_numpy() for each in columns], axis=1)
    cells: Features = flat.reshape(len(flat), window, len(variables))
    return cells


def _filled(values: Features) -> Features:
    """Missing numbers take the one of the step before; what misses at the beginning stays missing."""
    for step in range(1, values.shape[1]):
        missing = np.isnan(values[:, step])
        values[:, step][missing] = values[:, step - 1][missing]
    return values
