"""Windows whose class is that of all their steps, not of the last one alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glasshouse.core.errors import SettingError
from glasshouse.core.names import unknown_name
from glasshouse.data.raw import RawTable


def of_whole_windows(raw: RawTable, normal: str) -> RawTable:
    """The same windows; one of the class ``normal`` only where all its steps are.

    All others have the class of their last step that is not normal. What stood before the first whole window
    nobody labelled, and counts as normal.

    Args:
        raw: Windows, each with the class of its last step, in any order.
        normal: The class that is trained on.

    Raises:
        SettingError: The windows have no classes.
        UnknownNameError: There is no such class.

    Example:
        >>> import polars as pl
        >>> from glasshouse.data.raw import SeriesForm, TableLayout, Target
        >>> raw = RawTable(pl.DataFrame({"x[t]": [1.0] * 5}), (), None, "series", time=np.arange(5),
        ...                layout=TableLayout((), series=SeriesForm(None, 3, 0)))
        >>> states = Target("state", "classification", np.array([0, 1, 0, 0, 0]), ("good", "bad"))
        >>> of_whole_windows(replace(raw, target=states), "good").target.values.tolist()
        [0, 1, 1, 1, 0]
    """
    target, time = raw.target, raw.time
    form = raw.layout.series if raw.layout is not None else None
    if target is None or not target.classes or time is None or form is None:
        raise SettingError(
            f"data.normal = {normal!r} on windows without classes",
            expected="a column of classes, one of which is normal",
            fix="name it in data.target, or leave data.normal out",
        )
    if normal not in target.classes:
        raise unknown_name(normal, target.classes, "class")
    usual = target.classes.index(normal)
    order = np.argsort(time, kind="stable")
    odd = target.values[order] != usual
    last = np.maximum.accumulate(np.where(odd, np.arange(len(order)), -1))
    touched = (last >= 0) & (time[order] - time[order][last] < form.window)
    values = target.values.copy()
    values[order] = np.where(touched, target.values[order][last], usual)
    return replace(raw, target=replace(target, values=values))
