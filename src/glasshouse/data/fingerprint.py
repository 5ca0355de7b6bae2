"""Telling whether data are the same as before, so that a run is only resumed on what it was started on."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.raw import Raw


def fingerprint(raw: Raw) -> str:
    """The SHA-256 checksum of all values, in hexadecimal.

    Equal for equal values, in every process and on every machine. It covers the inputs, the target, and which
    rows are the given test part, groups, times and captions; not where the data came from, nor the notes.

    Example:
        >>> from glasshouse.data import load
        >>> from glasshouse.data.fingerprint import fingerprint
        >>> from glasshouse.data.settings import DataSettings
        >>> digits = load(DataSettings(source="digits"))
        >>> fingerprint(digits) == fingerprint(digits.take(range(1797)))
        True
    """
    digest = hashlib.sha256()
    digest.update(f"{raw.kind} {len(raw)}".encode())
    if raw.kind == "images":
        _add_array(digest, "pixels", raw.pixels)
    elif raw.kind != "table":
        digest.update(f"{raw.rate}".encode())
        _add_array(digest, "values", raw.values)
    else:
        for column in raw.columns:
            digest.update(f"{column.name}\0{column.kind}\0{bool(column.ignored_because)}\0".encode())
            _add_series(digest, raw.frame[column.name])
    if raw.target is not None:
        digest.update("\0".join([raw.target.name, raw.target.task, *raw.target.classes]).encode())
        _add_array(digest, "target", raw.target.values)
    if raw.kind == "table" and raw.ahead is not None:
        _add_array(digest, "ahead", raw.ahead)
    for name in ("given_test", "group", "time", "captions"):
        values = getattr(raw, name, None)
        if values is not None:
            _add_array(digest, name, values)
    return digest.hexdigest()


def _add_series(digest: Any, series: pl.Series) -> None:
    """Missing cells first, then the values with those cells filled."""
    _add_array(digest, "missing", series.is_null().to_numpy())
    if series.dtype == pl.String:
        _add_text(digest, series.fill_null(""))
    elif series.dtype.is_temporal():
        _add_array(digest, "values", series.to_physical().fill_null(0).to_numpy())
    else:
        _add_array(digest, "values", series.fill_null(False if series.dtype == pl.Boolean else 0).to_numpy())


def _add_text(digest: Any, series: pl.Series) -> None:
    # the lengths keep "ab", "c" apart from "a", "bc"
    _add_array(digest, "lengths", series.str.len_bytes().cast(pl.Int64).to_numpy())
    digest.update("".join(series.to_list()).encode())


def _add_array(digest: Any, name: str, values: NDArray[Any]) -> None:
    digest.update(f"{name} {values.shape}".encode())
    if values.dtype == object or values.dtype.kind in "US":
        _add_text(digest, pl.Series([str(value) for value in values.tolist()], dtype=pl.String))
        return
    native = np.ascontiguousarray(values)
    little = native.astype(native.dtype.newbyteorder("<"), copy=False)
    digest.update(little.dtype.str.encode())
    digest.update(little.data)
