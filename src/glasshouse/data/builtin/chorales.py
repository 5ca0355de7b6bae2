"""Bach's chorales as piano rolls, where somebody has put them on this machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from glasshouse.data.builtin.data_folder import find_below
from glasshouse.data.music.frames_preparation import LOWEST, NOTES, SILENCE
from glasshouse.data.raw import Column, RawTable, TableLayout

FILE = "JSB_Chorales.mat"
PARTS = ("traindata", "validdata", "testdata")


def chorales() -> RawTable:
    """382 chorales in steps of a quarter note; the published test part is the test part.

    Raises:
        AbsentDataError: The file is not below ``GLASSHOUSE_DATA``.

    Source:
        Boulanger-Lewandowski, Bengio and Vincent 2012, arXiv 1206.6392.
    """
    from scipy.io import loadmat  # takes a moment to import: only this set needs it

    held: dict[str, Any] = loadmat(find_below(FILE))
    pieces, test = [], []
    for name in PARTS:
        for roll in held[name][0]:
            pieces.append(" ".join(_step(frame) for frame in np.asarray(roll)))
            test.append(name == "testdata")
    column = Column(NOTES, "text")
    return RawTable(
        frame=pl.DataFrame({NOTES: pieces}),
        columns=(column,),
        target=None,
        origin="chorales",
        given_test=np.array(test),
        layout=TableLayout((column,)),
    )


def _step(frame: Any) -> str:
    return "-".join(str(LOWEST + int(key)) for key in np.flatnonzero(frame)) or SILENCE
