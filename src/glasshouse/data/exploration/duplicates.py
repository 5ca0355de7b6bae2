"""Rows that occur more than once, and those that are trained on and judged by at the same time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.parts import Split
from glasshouse.data.raw import Raw


def count_duplicates(raw: Raw, split: Split) -> dict[str, int]:
    """Count rows that are equal in all inputs that are used, and in the target.

    Returns:
        ``rows``: copies beyond the first of their kind; ``across_parts``: validation and test rows that also
        stand in the training part; ``contradictory``: how many further classes equal inputs have.
    """
    inputs = _input_marks(raw)
    rows = inputs if raw.target is None else _joined(inputs, raw.target.values)
    trained = np.unique(rows[split.train])
    judged = rows[np.concatenate([split.validation, split.test])]
    distinct = len(np.unique(rows))
    classes = raw.target is not None and raw.target.task == "classification"
    return {
        "rows": len(rows) - distinct,
        "across_parts": int(np.isin(judged, trained).sum()),
        "contradictory": distinct - len(np.unique(inputs)) if classes else 0,
    }


def _input_marks(raw: Raw) -> NDArray[np.uint64]:
    """A 64-bit mark of each row's inputs; that two different rows share one is as good as impossible."""
    if raw.kind != "table":
        values = raw.pixels if raw.kind == "images" else raw.values
        flat = np.ascontiguousarray(values).reshape(len(raw), -1)
        return np.fromiter((hash(image.tobytes()) for image in flat), np.int64, len(raw)).view(np.uint64)
    used = [column.name for column in raw.columns if not column.ignored_because]
    return raw.frame.select(used).hash_rows(seed=0).to_numpy()


def _joined(marks: NDArray[np.uint64], values: NDArray[Any]) -> NDArray[np.uint64]:
    return pl.DataFrame({"inputs": marks, "target": values}).hash_rows(seed=1).to_numpy()
