"""Dividing rows into training, validation and test parts, before anything is fitted."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, SettingError
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.parts import Split
from glasshouse.data.raw import Raw, Target
from glasshouse.data.settings import SplitSettings
from glasshouse.data.splits.by_class import class_parts, suited
from glasshouse.data.splits.by_time import time_parts
from glasshouse.data.splits.grouped import grouped_parts
from glasshouse.data.splits.shares import TEST, TRAIN, VALIDATION, Assigned, Shares
from glasshouse.data.splits.stratified import stratified_parts

Method = Literal["random", "stratified", "grouped", "time", "classes"]


def divide(raw: Raw, split: SplitSettings, seed: int) -> Split:
    """Divide rows into training, validation and test parts that share no row.

    A test part that came with the data stays as it is; validation rows are then taken from the rest.
    Otherwise the shares are those of all rows.

    Args:
        raw: The rows, with classes, groups or times where the method needs them.
        split: Method and shares.
        seed: The seed of the experiment; equal seeds give equal parts.

    Returns:
        Row numbers of each part, ascending. Every row is in exactly one part.

    Raises:
        SettingError: The shares leave no training rows, or the method needs a column that is not named.
        DataError: There are too few rows, groups, times or rows of a class, or one class only to train on.

    Example:
        >>> from glasshouse.data import divide, load
        >>> from glasshouse.data.settings import DataSettings
        >>> settings = DataSettings(source="iris")
        >>> parts = divide(load(settings), settings.split, seed=0)
        >>> len(parts.train), len(parts.validation), len(parts.test)
        (98, 22, 30)
    """
    method = _method(raw, split)
    free, shares, prefix = _free_rows(raw, split)
    if len(free) < shares.parts:
        raise DataError(
            f"{raw.origin}: {len(free)} rows to divide",
            expected=f"at least {shares.parts}: one for each of {shares.names}",
            fix="give more rows",
        )
    assigned, notes = _divide_free(raw, method, free, shares, seed)
    if not (assigned == VALIDATION).any():
        raise DataError(
            f"{raw.origin}: {len(free)} rows are too few to validate: every one is needed to train or test",
            expected="at least one class with three rows",
            fix="give more rows, or set data.split.method = 'random'",
        )
    parts = np.full(len(raw), TEST, dtype=np.int8)
    parts[free] = assigned
    notes += _conflicts(raw, method, parts)
    if raw.target is not None and raw.target.task == "classification" and method != "classes":
        notes += _missing_classes(raw.target, parts, raw.origin)
    return Split(
        train=np.flatnonzero(parts == TRAIN),
        validation=np.flatnonzero(parts == VALIDATION),
        test=np.flatnonzero(parts == TEST),
        method=prefix + method,
        notes=notes,
    )


def held_out(raw: Raw, split: SplitSettings) -> SplitSettings:
    """How rows are divided whose classes are to be told apart: whole classes go, where there are enough.

    Args:
        raw: The rows.
        split: As the experiment has it; only what is left at auto is decided.
    """
    plain = raw.time is None and raw.group is None and raw.target is not None
    if split.method != "auto" or not plain or raw.target is None or not suited(raw.target.classes):
        return split
    return split.replace(method="classes")


def random_parts(rows: int, shares: Shares, generator: np.random.Generator) -> Assigned:
    """Parts drawn at random, each with at least one row."""
    validation, test = shares.row_counts(rows)
    order = generator.permutation(rows)
    parts = np.full(rows, TRAIN, dtype=np.int8)
    parts[order[:test]] = TEST
    parts[order[test : test + validation]] = VALIDATION
    return parts, ()


def _method(raw: Raw, split: SplitSettings) -> Method:
    """What to do, once ``auto`` is resolved and the columns that it takes are known to be there."""
    if split.method == "auto":
        if raw.time is not None and raw.group is not None:
            raise SettingError(
                "data.time and data.group are both set",
                expected="one of them, or a split method that says which of them counts",
                fix="set data.split.method = 'time' or data.split.method = 'grouped'",
            )
        if raw.time is not None:
            return "time"
        if raw.group is not None:
            return "grouped"
        classes = raw.target is not None and raw.target.task == "classification"
        return "stratified" if classes else "random"
    if split.method == "time" and raw.time is None:
        raise SettingError(
            "data.split.method = 'time'", expected="a column that says when", fix="set data.time to its name"
        )
    if split.method == "grouped" and raw.group is None:
        raise SettingError(
            "data.split.method = 'grouped'",
            expected="a column whose equal values stay together",
            fix="set data.group to its name",
        )
    by_class = split.method in ("stratified", "classes")
    if by_class and (raw.target is None or raw.target.task != "classification"):
        raise SettingError(
            f"data.split.method = {split.method!r}",
            expected="classes to predict; the target holds numbers",
            fix="set data.split.method = 'random'",
        )
    return split.method


def _free_rows(raw: Raw, split: SplitSettings) -> tuple[NDArray[np.int64], Shares, str]:
    """The rows that are still to be divided, and how."""
    if raw.given_test is not None and split.method != "classes":
        if not raw.given_test.any():
            raise DataError(
                f"{raw.origin}: the test part that was given has no rows", fix="check the test file"
            )
        return np.flatnonzero(~raw.given_test), Shares(split.validation, 0.0), "given test, "
    if split.validation + split.test >= 1:
        raise SettingError(
            f"data.split.validation = {split.validation:g} and data.split.test = {split.test:g}",
            expected="two shares that leave something to train on: together below 1",
            fix="make one of them smaller, for example 0.15 each",
        )
    return np.arange(len(raw)), Shares(split.validation, split.test), ""


def _divide_free(
    raw: Raw, method: Method, free: NDArray[np.int64], shares: Shares, seed: int
) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    generator = numpy_stream(seed, "split")
    classes = raw.target if raw.target is not None and raw.target.task == "classification" else None
    labels = None if classes is None else classes.values[free]
    if method == "time" and raw.time is not None:
        return time_parts(raw.time[free], shares, raw.origin)
    if method == "grouped" and raw.group is not None:
        return grouped_parts(raw.group[free], labels, shares, generator, raw.origin)
    if method == "classes" and classes is not None:
        parts, notes = class_parts(classes.values[free], shares, generator, raw.origin)
        dissolved = ("the given test part was dissolved: its classes are those of the other rows",)
        return parts, notes + (dissolved if raw.given_test is not None else ())
    if method == "stratified" and classes is not None:
        return stratified_parts(classes.values[free], classes.classes, shares, generator, raw.origin)
    return random_parts(len(free), shares, generator)


def _conflicts(raw: Raw, method: Method, parts: NDArray[np.int8]) -> tuple[str, ...]:
    """What a user should know when groups are torn or a given test part is older than the training part."""
    notes = []
    if raw.group is not None:
        names = np.asarray(raw.group).astype(str)
        later = np.isin(names[parts != TRAIN], names[parts == TRAIN]).mean()
        if later > 0:
            why = "the test part was given" if method == "grouped" else f"the split is {method}"
            notes.append(
                f"{later:.0%} of the validation and test rows belong to a group that is trained on too, "
                f"because {why}"
            )
    given = raw.given_test
    if raw.time is not None and given is not None and raw.time[given].min() <= raw.time[~given].max():
        notes.append("the test part that was given begins before the rest of the rows ends")
    return tuple(notes)


def _missing_classes(target: Target, parts: NDArray[np.int8], origin: str) -> tuple[str, ...]:
    """A training part of one class cannot train; one that lacks a class cannot learn that class."""
    trained = np.bincount(target.values[parts == TRAIN], minlength=len(target.classes)) > 0
    if trained.sum() < 2:
        raise DataError(
            f"{origin}: the training part holds one class only, {target.classes[int(trained.argmax())]!r}",
            expected="rows of two or more classes to train on",
            fix="set data.split.method = 'stratified', or shuffle what the groups or times tear apart",
        )
    present = np.bincount(target.values, minlength=len(target.classes)) > 0
    lost = [
        name
        for name, here, learnt in zip(target.classes, present, trained, strict=True)
        if here and not learnt
    ]
    if not lost:
        return ()
    return (f"no training row has the class {', '.join(map(repr, lost[:10]))}: it cannot be learnt",)
