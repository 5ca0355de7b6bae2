"""Tables that are already in memory: frames of polars, pandas and others, dictionaries, arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.tables.cells import Cells, clean

_NESTED = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object)


def cells_from_frame(frame: object, origin: str, missing: Sequence[str]) -> Cells:
    """A table in memory, whatever holds it.

    Args:
        frame: A frame of polars or pandas (or of another library that narwhals knows), a dictionary of
            columns, a list of dictionaries, or an array of shape (rows, columns), whose columns are then
            called ``column_0``, ``column_1`` ...
        origin: What messages call it.
        missing: Cells that mean a value is missing.

    Raises:
        DataError: It is none of these, has no rows or columns, or its columns differ in length.
    """
    table, named = _as_polars(frame)
    if table.height == 0 or table.width == 0:
        raise DataError(
            f"{origin} has {table.height} rows and {table.width} columns",
            expected="at least one row and one column",
            fix="check how it was made",
        )
    return Cells(clean(_plain(table), missing), origin, header=named)


def _as_polars(frame: object) -> tuple[pl.DataFrame, bool]:
    """A polars frame, and whether its columns had names."""
    if isinstance(frame, pl.LazyFrame):
        return frame.collect(), True
    if isinstance(frame, pl.DataFrame):
        return frame, True
    if isinstance(frame, Mapping):
        return _from_columns(frame), True
    if isinstance(frame, Sequence) and frame and all(isinstance(each, Mapping) for each in frame):
        names = dict.fromkeys(str(name) for each in frame for name in each)
        return _from_columns({name: [each.get(name) for each in frame] for name in names}), True
    if nw.dependencies.is_into_dataframe(frame):
        try:
            table = nw.from_native(frame, eager_only=True)
        except nw.exceptions.DuplicateError as error:
            told = " ".join(str(error).split())
            raise DataError(
                f"columns share a name: {told}", fix="give each column a name of its own"
            ) from error
        return pl.DataFrame([_column(str(each.name), each) for each in table.iter_columns()]), True
    array = _as_array(frame)
    columns = [_from_array(f"column_{index}", array[:, index]) for index in range(array.shape[1])]
    return pl.DataFrame(columns), False


def _as_array(frame: object) -> np.ndarray[Any, Any]:
    if hasattr(frame, "detach"):  # a tensor, which may require gradients or lie on an accelerator
        frame = frame.detach().cpu()
    try:
        array = np.asarray(frame)
    except ValueError as error:
        raise DataError(f"rows of unequal length: {error}", fix="give every row all columns") from error
    if array.ndim != 2:
        shape = f" of shape {array.shape}" if array.ndim else ""
        raise DataError(
            f"{type(frame).__name__}{shape} is no table",
            expected="a frame, a dictionary of columns, a list of dictionaries, or an array (rows, columns)",
            fix="give one of these, or the path of a file",
        )
    return array


def _from_columns(columns: Mapping[Any, Any]) -> pl.DataFrame:
    """Columns of Python values, lists or arrays. A dictionary of single values is one row."""
    if columns and all(_single(each) for each in columns.values()):
        columns = {name: [value] for name, value in columns.items()}
    lengths = {str(name): len(each) for name, each in columns.items() if not _single(each)}
    if len(lengths) < len(columns) or len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r}: {length}" for name, length in lengths.items())
        raise DataError(
            f"the columns differ in length ({told})", expected="one value per row", fix="make them equal"
        )
    return pl.DataFrame([_from_array(str(name), np.asarray(_values(each))) for name, each in columns.items()])


def _single(value: object) -> bool:
    return value is None or isinstance(value, (str, bytes)) or not hasattr(value, "__len__")


def _values(column: Any) -> np.ndarray[Any, Any]:
    """A column as an array; Python lists as objects, so that 1 and "1" stay what they are."""
    if hasattr(column, "detach"):
        column = column.detach().cpu().numpy()
    if isinstance(column, np.ndarray):
        return column
    array = np.empty(len(column), dtype=object)
    array[:] = list(column)
    return array


def _column(name: str, series: nw.Series[Any]) -> pl.Series:
    """A column of a frame that is not polars', without needing Arrow.

    Nullable numbers become floats, whose NaN is null; everything that NumPy has no type for goes by values.
    """
    if series.dtype.is_numeric():
        values = series.cast(nw.Float64()).to_numpy() if not series.dtype.is_integer() else series.to_numpy()
        return _from_array(name, values)
    if isinstance(series.dtype, nw.Datetime) and series.dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if series.dtype == nw.Datetime:
        return _from_array(name, series.to_numpy().astype("datetime64[us]"))
    absent = series.is_null().to_list()
    cells = [None if gone else value for value, gone in zip(series.to_list(), absent, strict=True)]
    return _from_objects(name, cells)


def _from_array(name: str, values: np.ndarray[Any, Any]) -> pl.Series:
    if values.ndim != 1:
        raise DataError(
            f"column {name!r} has the shape {values.shape}", expected="one value per row", fix="flatten it"
        )
    if values.dtype.kind == "O":
        return _from_objects(name, values.tolist())
    if values.dtype.kind in "US":
        return pl.Series(name, [str(each) for each in values.tolist()], pl.String)
    if values.dtype.kind == "M":
        return pl.Series(name, values.astype("datetime64[us]"))
    if values.dtype.kind not in "biufm":
        raise DataError(f"column {name!r} holds {values.dtype}", expected="numbers, words or dates", fix="")
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    return pl.Series(name, np.ascontiguousarray(values))


def _from_objects(name: str, values: list[Any]) -> pl.Series:
    """Python values: all of one sort get its type, a mixture becomes text."""
    present = [each for each in values if not _absent(each)]
    cells = [None if _absent(each) else each for each in values]
    if present and all(isinstance(each, (bool, np.bool_)) for each in present):
        return pl.Series(name, [None if each is None else bool(each) for each in cells], pl.Boolean)
    if present and all(_number(each) for each in present):
        return pl.Series(name, [None if each is None else float(each) for each in cells], pl.Float64)
    if present and all(isinstance(each, (date, datetime)) for each in present):
        moments = [None if each is None else np.datetime64(_naive(each), "us") for each in cells]
        return pl.Series(name, np.array(moments, dtype="datetime64[us]"))
    return pl.Series(name, [None if each is None else _word(each) for each in cells], pl.String)


def _absent(value: object) -> bool:
    """None, NaN, and what other libraries write for a missing value: they are not equal to themselves."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _naive(value: date) -> date:
    if isinstance(value, datetime) and value.tzinfo is not None:
        offset = value.utcoffset()
        return value.replace(tzinfo=None) - offset if offset else value.replace(tzinfo=None)
    return value


def _word(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _plain(table: pl.DataFrame) -> pl.DataFrame:
    """Column types that mean the same, as one: text, Float64 or an integer, Boolean, Datetime("us")."""
    changed = []
    for name, dtype in table.schema.items():
        column = pl.col(name)
        if isinstance(dtype, (pl.Categorical, pl.Enum)):
            changed.append(column.cast(pl.String))
        elif isinstance(dtype, pl.Datetime):
            moment = (
                column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
            )
            changed.append(moment.dt.cast_time_unit("us"))
        elif dtype == pl.Date:
            changed.append(column.cast(pl.Datetime("us")))
        elif dtype == pl.Duration:
            changed.append(column.dt.total_microseconds() / 1e6)
        elif dtype == pl.Time:
            changed.append(column.cast(pl.Int64) / 1e9)
        elif isinstance(dtype, _NESTED) or dtype == pl.Null:
            continue
        elif dtype.is_float() or dtype.is_decimal():
            changed.append(column.cast(pl.Float64).fill_nan(None))
    return table.with_columns(changed)
