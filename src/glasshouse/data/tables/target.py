"""The target of a table: classes or numbers, checked before anything is learnt from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.raw import Column, Target
from glasshouse.data.settings import ColumnKind, Task
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.typed import as_words, misfit, parse_numbers, refuse_extreme, typed_column

_MOST_NUMBERED_CLASSES = 20
_LARGEST_CLASS_SHARE = 0.05
_FEWEST_ROWS = 20


def drop_unlabelled(cells: Cells, name: str) -> tuple[Cells, tuple[str, ...]]:
    """Leave out rows whose target is missing, and note how many.

    Raises:
        DataError: No row is left.
    """
    present = cells.frame[name].is_not_null()
    count = len(present) - int(present.sum())
    if count == len(present):
        raise DataError(
            f"{cells.origin}: every cell of the target {name!r} is missing",
            expected="rows with a known target",
            fix="name another target, or check what counts as missing (data.missing)",
        )
    if not count:
        return cells, ()
    where = cells.where(np.flatnonzero(~present.to_numpy())[:3].tolist())
    return cells.keep(present), (f"{count:,} rows without a value of {name!r} were left out ({where})",)


def make_target(
    cells: Cells, column: Column, task: Task | str, test: Cells | None = None, decimal_comma: bool = False
) -> tuple[Target, tuple[str, ...]]:
    """Make class indices or numbers of the target column.

    Words and booleans are classes; numbers are classes when they are whole and few: two values, or at most 20
    that make up no more than 5 % of the rows or that count up from 0 or 1. All other numbers are numbers.

    Args:
        cells: Rows with a known target.
        column: The target column with its kind.
        task: ``"auto"``, ``"classification"`` or ``"regression"``.
        test: Rows of a separate test set; they come after the others in the result.
        decimal_comma: Whether numbers are written as ``1,5``.

    Raises:
        DataError: The target is constant, infinite, no number where one is asked for, different in every row
            where classes are asked for, or the test set has classes that training does not know.
    """
    if column.kind == "date":
        raise DataError(
            f"{cells.origin}: the target {column.name!r} is a date",
            expected="classes or numbers",
            fix="name another target, or predict its values as classes: "
            f"--set data.columns.{column.name}=category",
        )
    notes: tuple[str, ...] = ()
    if task == "auto":
        task, notes = _decide(cells, column, decimal_comma)
    if task == "regression":
        parts = [_numbers(each, column, decimal_comma) for each in (cells, test) if each is not None]
        if parts[0].min() == parts[0].max():
            raise _constant(cells, column.name, f"{parts[0][0]:g}")
        return Target(column.name, "regression", np.concatenate(parts)), notes
    words = _labels(cells, column, decimal_comma)
    classes = _classes(words, column.name, cells.origin)
    codes = [_codes(words, classes)]
    if test is not None:
        known, told = _known_labels(test, _labels(test, column, decimal_comma), classes)
        codes.append(_codes(known, classes))
        notes += told
    return Target(column.name, "classification", np.concatenate(codes), classes), notes


def _decide(cells: Cells, column: Column, comma: bool) -> tuple[Task, tuple[str, ...]]:
    if column.kind != "number":
        return "classification", ()
    numbers = typed_column(cells, column, comma)
    values = numbers.unique().sort()
    if not bool((values == values.floor()).all()):
        return "regression", ()
    count, rows = len(values), len(numbers)
    counting = values[0] in (0.0, 1.0) and values[-1] - values[0] == count - 1 and count <= rows / 5
    few = count <= _MOST_NUMBERED_CLASSES and (count <= _LARGEST_CLASS_SHARE * rows or counting)
    span = f"target {column.name!r} holds {count} whole numbers from {values[0]:g} to {values[-1]:g}"
    if count == 2:
        return "classification", ()
    if few:
        return "classification", (f"{span}: each is a class; --task regression predicts them as amounts",)
    if count <= 3 * _MOST_NUMBERED_CLASSES:
        return "regression", (f"{span}: they are amounts; --task classification predicts them as classes",)
    return "regression", ()


def _numbers(cells: Cells, column: Column, comma: bool) -> NDArray[np.float64]:
    series = cells.frame[column.name]
    if series.dtype == pl.String:
        numbers = parse_numbers(series, comma)
        if column.kind == "boolean":
            return typed_column(cells, column).cast(pl.Float64).to_numpy()
        wrong = numbers.is_null()
        if wrong.any():
            error = misfit(cells, series, wrong, "regression needs numbers, and this is text")
            raise DataError(
                error.received, expected=error.expected, fix="correct it, or --task classification"
            )
    numbers = typed_column(cells, replace(column, kind="number"), comma)
    refuse_extreme(cells, numbers)
    return numbers.to_numpy()


def _labels(cells: Cells, column: Column, comma: bool) -> pl.Series:
    """Class names, one per row; numbers without superfluous zeros, so that 1 and 1.0 are one class."""
    kind: ColumnKind = "number" if column.kind == "number" else "category"
    words = as_words(typed_column(cells, replace(column, kind=kind), comma))
    several_spellings = column.kind == "boolean" and words.n_unique() > 2
    return words.str.to_lowercase() if several_spellings else words


def _classes(words: pl.Series, name: str, origin: str) -> tuple[str, ...]:
    """The distinct classes in ascending order: as numbers where all are, else as words."""
    distinct = words.unique()
    if len(distinct) == 1:
        raise DataError(
            f"{origin}: the target {name!r} has one class only: {distinct[0]!r}",
            expected="at least two classes",
            fix="add rows of another class, or name another target",
        )
    if len(words) >= _FEWEST_ROWS and len(distinct) > max(_MOST_NUMBERED_CLASSES, len(words) / 2):
        raise DataError(
            f"{origin}: the target {name!r} has {len(distinct):,} different values in {len(words):,} rows",
            expected="classes that occur again and again",
            fix="name another target, or use --task regression if they are numbers",
        )
    numbers = parse_numbers(distinct)
    order = numbers if not numbers.null_count() else distinct
    return tuple(pl.DataFrame({"word": distinct, "order": order}).sort("order", "word")["word"].to_list())


def _codes(words: pl.Series, classes: tuple[str, ...]) -> NDArray[np.int64]:
    codes = words.replace_strict(list(classes), list(range(len(classes))), return_dtype=pl.Int64)
    return codes.to_numpy().copy()


def _known_labels(
    test: Cells, words: pl.Series, classes: tuple[str, ...]
) -> tuple[pl.Series, tuple[str, ...]]:
    """Labels of a test set in the words of the training set.

    Those of the Adult census end in a full stop in the test file alone, as published.
    """
    unknown = ~words.is_in(list(classes))
    if not unknown.any():
        return words, ()
    bare = words.str.strip_suffix(".")
    if bare.is_in(list(classes)).all():
        return bare, (f"the full stop at the end of the labels in {test.origin} was removed",)
    strange = words.filter(unknown).unique().sort().to_list()
    shown = ", ".join(map(repr, strange[:5])) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
    raise DataError(
        f"{test.where(unknown.arg_true().to_list()[:3])}: classes that never occur in training: {shown}",
        expected="one of " + ", ".join(map(repr, classes[:20])),
        fix="correct the labels, or leave these rows out of the test file",
    )


def _constant(cells: Cells, name: str, value: str) -> DataError:
    return DataError(
        f"{cells.origin}: the target {name!r} is {value} in every row",
        expected="values that differ",
        fix="name another target: there is nothing to predict in this one",
    )
