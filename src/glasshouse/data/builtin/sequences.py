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
WAIT = 30
"""Steps between what is to be kept in mind and the moment when it is asked for."""
KEPT, SYMBOLS, BLANK, GO = 10, "abcdefgh", "-", ">"
"""How many symbols are to be copied, which ones there are, and what stands between them and the end."""


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


def copy_memory(settings: DataSettings) -> RawTable:
    r"""The copy problem: ten symbols are shown, then nothing for a while, then they are to be written down.

    ``cabd...-----...>----------`` is to become ``----...-----...-cabd...``: 10 symbols of 8, a wait of T - 1
    blanks, a sign to go, and 10 blanks while the symbols are written, T + 20 steps in all. Without a memory
    the blanks can be foretold and the symbols guessed: :math:`10 \ln 8 / (T + 20)` nats per step.

    Args:
        settings: ``window`` is T (30 without one), from 1.

    Source:
        Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9; in this form Arjovsky,
        Shah and Bengio 2016, Unitary evolution recurrent neural networks, arXiv 1511.06464.
    """
    wait = settings.window or WAIT
    generator = numpy_stream(0, "sequences", "copy", wait)
    drawn = generator.integers(0, len(SYMBOLS), (ROWS, KEPT))
    kept = ["".join(SYMBOLS[each] for each in row) for row in drawn]
    columns = (Column("shown", "text"), Column("wanted", "text"))
    return RawTable(
        frame=pl.DataFrame(
            {
                "shown": [f"{each}{BLANK * (wait - 1)}{GO}{BLANK * KEPT}" for each in kept],
                "wanted": [f"{BLANK * (wait + KEPT)}{each}" for each in kept],
            }
        ),
        columns=columns,
        target=None,
        origin="copy-memory",
        layout=TableLayout(columns, "wanted"),
    )
