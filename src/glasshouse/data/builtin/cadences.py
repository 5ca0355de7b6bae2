"""Pieces of four voices made from a fixed seed: chords that follow each other as in a hymn."""

from __future__ import annotations

import numpy as np
import polars as pl

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.music.frames_preparation import NOTES
from glasshouse.data.raw import Column, RawTable, TableLayout

PIECES = 160
CHORDS = {1: (0, 4, 7), 2: (2, 5, 9), 4: (5, 9, 12), 5: (7, 11, 14), 6: (9, 12, 16)}
"""The notes of each degree above the key's own, in half steps."""
FOLLOWS = {1: (4, 5, 6, 2), 2: (5, 5, 5, 4), 4: (5, 5, 1, 2), 5: (1, 1, 6, 1), 6: (4, 2, 4, 5)}
"""What may come after a degree; what is named twice is twice as likely."""


def cadences() -> RawTable:
    """160 pieces of 12 to 24 chords, each held for two steps, in twelve keys; the last chord is the first."""
    generator = numpy_stream(0, "cadences")
    column = Column(NOTES, "text")
    pieces = [_piece(generator) for _ in range(PIECES)]
    return RawTable(
        frame=pl.DataFrame({NOTES: pieces}),
        columns=(column,),
        target=None,
        origin="cadences",
        layout=TableLayout((column,)),
    )


def _piece(generator: np.random.Generator) -> str:
    key = 55 + int(generator.integers(12))
    degree, steps = 1, []
    for _ in range(int(generator.integers(12, 24))):
        steps += 2 * [_chord(key, degree)]
        degree = FOLLOWS[degree][int(generator.integers(4))]
    return " ".join([*steps, *2 * [_chord(key, 5)], *2 * [_chord(key, 1)]])


def _chord(key: int, degree: int) -> str:
    above = [key + note for note in CHORDS[degree]]
    return "-".join(str(note) for note in sorted({above[0] - 12, *above}))
