"""A plain text as a language to learn: pieces in order, so that what comes later is held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from glasshouse.core.errors import DataError, SettingError
from glasshouse.data.raw import Column, RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.text_file import read_text
from glasshouse.data.tables.text_lines import TEXT

WINDOW = 64
"""Characters of a piece where nothing says how many."""
FEWEST = 20
"""Fewest pieces that can be divided into parts to learn from and to judge by."""


def read_language(settings: DataSettings) -> RawTable:
    """Read a text file as pieces of equal length, one behind the other.

    The pieces are in order and divided by time: the end of the text is the test part, what stands before it
    the validation part, and no character is in two parts.

    Args:
        settings: ``source`` and ``window`` are used.

    Returns:
        A row for each piece; the last one may be shorter.

    Raises:
        SettingError: A setting is for tables.
        DataError: The text is too short for its pieces.
    """
    for key in ("target", "test", "group", "time"):
        if getattr(settings, key) is not None:
            raise SettingError(
                f"data.{key} = {getattr(settings, key)!r} with data.task = 'language'",
                expected="a plain text, which has no columns",
                fix=f"leave data.{key} out",
            )
    path = Path(settings.source).expanduser()
    file = read_text(path)
    return in_pieces(file.text.replace("\r\n", "\n"), path.name, settings.window or WINDOW, file.notes)


def in_pieces(text: str, origin: str, window: int, notes: tuple[str, ...] = ()) -> RawTable:
    """A text cut into pieces of equal length, in order.

    Args:
        text: All of it.
        origin: What messages call it.
        window: Characters of a piece.
        notes: What is known about it already.

    Raises:
        DataError: The text is too short for its pieces.
    """
    pieces = [text[start : start + window] for start in range(0, len(text), window)]
    if len(pieces) < FEWEST:
        raise DataError(
            f"{origin} has {len(text):,} characters, {len(pieces)} pieces of {window}",
            expected=f"at least {FEWEST} pieces to learn from and to judge by",
            fix="give a longer text, or set data.window to fewer characters",
        )
    column = Column(TEXT, "text")
    return RawTable(
        frame=pl.DataFrame({TEXT: pieces}, schema={TEXT: pl.String}),
        columns=(column,),
        target=None,
        origin=origin,
        time=np.arange(len(pieces), dtype=np.int64),
        notes=(
            *notes,
            f"{len(text):,} characters in pieces of {window}; the end is held out",
        ),
        layout=TableLayout((column,)),
    )
