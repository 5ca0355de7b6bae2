"""Training on normal rows alone: all others go to the test part, where they are to stand out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glasshouse.core.errors import SettingError
from glasshouse.core.names import unknown_name
from glasshouse.data.parts import Split
from glasshouse.data.raw import Raw


def with_normal_rows(raw: Raw, split: Split, normal: str) -> Split:
    """The split with every row of another class moved to the test part.

    Args:
        raw: The data, with classes.
        split: Its parts.
        normal: The class that is trained on.

    Raises:
        SettingError: The data have no classes, or no row of that class is trained on.
        UnknownNameError: There is no such class.

    Example:
        >>> from glasshouse.data import divide, load
        >>> from glasshouse.data.settings import DataSettings
        >>> digits = load(DataSettings(source="digits"))
        >>> split = divide(digits, DataSettings(source="digits").split, seed=0)
        >>> parts = with_normal_rows(digits, split, "3")
        >>> labels = digits.target.values
        >>> set(labels[parts.train].tolist()), len(set(labels[parts.test].tolist()))
        ({3}, 10)
    """
    target = raw.target
    if target is None or not target.classes:
        raise SettingError(
            f"data.normal = {normal!r} on data without classes",
            expected="a column of classes, one of which is normal",
            fix="name it in data.target, or leave data.normal out",
        )
    if normal not in target.classes:
        raise unknown_name(normal, target.classes, "class")
    usual = target.values == target.classes.index(normal)
    train, validation = split.train[usual[split.train]], split.validation[usual[split.validation]]
    if not len(train):
        raise SettingError(
            f"data.normal = {normal!r}, of which the training part has no row",
            expected="a class with rows to train on",
            fix="give more rows of that class, or make data.split.test smaller",
        )
    learnt = np.concatenate([split.train, split.validation])
    moved = learnt[~usual[learnt]]
    note = (
        f"{len(moved):,} rows that are not {normal!r} went to the test part: only normal ones are trained on"
    )
    return replace(
        split,
        train=train,
        validation=validation,
        test=np.sort(np.concatenate([split.test, moved])),
        method=f"{split.method}, trained on {normal!r} alone",
        notes=(*split.notes, note),
    )
