"""Pairs of texts to translate from one into the other."""

from __future__ import annotations

import numpy as np
import polars as pl

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.raw import Column, RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.roles import find_name
from glasshouse.data.text.vocabulary import Unit, tokens_of

LONGEST = 10
"""Words of a text where nothing says how many: short sentences."""


def two_columns(cells: Cells, settings: DataSettings, what: str) -> tuple[str, str]:
    """The column that is given and the one that is to come out.

    Args:
        cells: A table of text.
        settings: ``target`` names the latter; the former is the only other one that is not left out.
        what: What is done, for messages: ``"translate"``.

    Raises:
        UsageError: No target is named, or nothing says which other column is given.
    """
    names = cells.frame.columns
    if settings.target is None:
        raise UsageError(
            f"{cells.origin}: no target is named",
            expected=f"the column to {what} into: {', '.join(names[:10])}",
            fix="name it with --target, for example --target -1 for the last one",
        )
    target = find_name(settings.target, names)
    left = [name for name in names if name != target and settings.columns.get(name) != "ignore"]
    if len(left) != 1:
        raise UsageError(
            f"{cells.origin}: {len(left)} columns to {what} from: {', '.join(left[:10])}",
            expected="one",
            fix="leave the others out: --set data.columns.NAME=ignore",
        )
    return left[0], target


def read_pairs(cells: Cells, settings: DataSettings) -> RawTable:
    """Two columns of text: what is given, and what it is to become.

    Pairs of which a text is longer than ``prepare.longest`` tokens (10 without one) are left out, and the
    translations of one text stay in one part, so that no sentence is tested on that was trained on.

    Args:
        cells: A table of text.
        settings: ``target`` names the column that is to come out; the other one is given.

    Raises:
        UsageError: No target is named, or nothing says which other column is given.
        DataError: No pair is short enough.
    """
    source, target = two_columns(cells, settings, "translate")
    frame = cells.frame.select(pl.col(each).cast(pl.String) for each in (source, target)).drop_nulls()
    unit: Unit = "characters" if settings.prepare.text == "characters" else "words"
    longest = LONGEST if settings.prepare.longest == "auto" else settings.prepare.longest
    lengths = [
        np.array([len(tokens_of(text, unit)) for text in frame[name].to_list()]) for name in (source, target)
    ]
    kept = (lengths[0] <= longest) & (lengths[1] <= longest) & (lengths[0] > 0) & (lengths[1] > 0)
    if not kept.any():
        raise DataError(
            f"{cells.origin}: no pair of texts of up to {longest} {unit}",
            expected="pairs of texts, one to a row",
            fix="set data.prepare.longest to more",
        )
    frame = frame.filter(pl.Series(kept))
    columns = tuple(Column(name, "text") for name in (source, target))
    return RawTable(
        frame=frame,
        columns=columns,
        target=None,
        origin=cells.origin,
        group=frame[source].to_numpy().astype(np.str_),
        notes=(
            *cells.notes,
            f"{len(frame):,} of {len(kept):,} pairs have up to {longest} {unit} on both sides",
            f"all translations of one text in {source!r} stay in one part",
        ),
        layout=TableLayout(columns, target, cells.header, separator=settings.separator),
    )
