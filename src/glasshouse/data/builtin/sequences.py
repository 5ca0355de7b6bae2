"""Sequences made from a fixed seed, which only a network with a long memory can answer."""

from __future__ import annotations

import numpy as np
import polars as pl

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import Column, RawTable, SeriesForm, TableLayout, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.series import step_name, window_columns

STEPS = 100
"""Steps of a sequence where nothing says how many."""
ROWS = 10_000


def adding(settings: DataSettings) -> RawTable:
    r"""The adding problem: of a sequence of numbers two are marked, and their sum is asked for.

    Every step has a number from 0 to 1 and a mark; one mark lies in each half. Always answering 1 has a mean
    squared error of :math:`2 \cdot \tfrac{1}{12} = \tfrac16`.

    Args:
        settings: ``window`` is the number of steps (100 without one), from 2.

    Source:
        Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9.
    """
    steps = max(2, settings.window or STEPS)
    generator = numpy_stream(0, "sequences", "adding", steps)
    numbers = generator.uniform(0.0, 1.0, (ROWS, steps))
    marks = np.zeros((ROWS, steps))
    half = steps // 2
    rows = np.arange(ROWS)
    marks[rows, generator.integers(0, half, ROWS)] = 1.0
    marks[rows, generator.integers(half, steps, ROWS)] = 1.0
    layout = TableLayout(
        (Column("number", "number"), Column("mark", "number"), Column("sum", "number")),
        target="sum",
        series=SeriesForm(None, steps, 0),
    )
    frame = pl.DataFrame(
        {
            step_name(name, steps - 1 - step): values[:, step]
            for step in range(steps)
            for name, values in (("number", numbers), ("mark", marks))
        }
    )
    return RawTable(
        frame=frame,
        columns=window_columns(layout),
        target=Target("sum", "regression", (numbers * marks).sum(axis=1)),
        origin="adding",
        layout=layout,
    )
