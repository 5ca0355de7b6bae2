"""Sequences of which every step has a tag."""

from __future__ import annotations

import numpy as np
import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.raw import Column, RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.cells import Cells
from glasshouse.data.text.pairs import two_columns
from glasshouse.data.text.vocabulary import Unit, tokens_of


def read_tagged(cells: Cells, settings: DataSettings) -> RawTable:
    """Two columns of sequences that are equally long: what is given, and the tag of each of its steps.

    Steps are what stands between spaces; where no cell holds a space, they are its characters.

    Args:
        cells: A table of text.
        settings: ``target`` names the column of tags; the other one is given.

    Raises:
        UsageError: No target is named, or nothing says which other column is given.
        DataError: The two sequences of a row differ in length; the first such row is named.
    """
    source, target = two_columns(cells, settings, "tag")
    columns = tuple(Column(name, "text") for name in (source, target))
    known = cells.frame.select(pl.col(each).cast(pl.String) for each in (source, target))
    kept = known.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    cells, frame = cells.keep(kept), known.filter(kept)
    unit = unit_of(frame[source].to_list(), settings.prepare.text)
    counts = [
        np.array([len(tokens_of(text, unit)) for text in frame[each].to_list()]) for each in (source, target)
    ]
    apart = np.flatnonzero((counts[0] != counts[1]) | (counts[0] == 0))
    if len(apart):
        row = int(apart[0])
        raise DataError(
            f"{cells.where([row])}: {counts[0][row]} steps in {source!r}, {counts[1][row]} tags in "
            f"{target!r}",
            expected="a tag for every step, both between spaces",
            fix="correct or remove the row; to write sequences of another length, data.task = 'translation'",
        )
    return RawTable(
        frame=frame,
        columns=columns,
        target=None,
        origin=cells.origin,
        notes=(*cells.notes, f"{len(frame):,} sequences of {unit}, a tag for each"),
        layout=TableLayout(columns, target, cells.header, separator=settings.separator),
    )


def unit_of(texts: list[str], wanted: str = "auto") -> Unit:
    """What a step is: characters where that is asked for or no text holds a space, else pieces.

    Args:
        texts: What is given.
        wanted: ``data.prepare.text``.

    Example:
        >>> unit_of(["the cat", "sits"]), unit_of(["abc"])
        ('pieces', 'characters')
    """
    return "characters" if wanted == "characters" or not any(" " in each for each in texts) else "pieces"
