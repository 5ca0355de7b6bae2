"""The small data sets that scikit-learn carries, under their real column names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from glasshouse.data.images.arrays import images_from_arrays
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings

_TABLES: dict[str, tuple[Callable[[], Any], str]] = {
    "iris": (load_iris, "species"),
    "wine": (load_wine, "cultivar"),
    "breast_cancer": (load_breast_cancer, "diagnosis"),
    # not scaled: years, blood pressure and blood values as they were measured
    "diabetes": (lambda: load_diabetes(scaled=False), "disease_progression"),
}


def scikit_frame(name: str) -> tuple[pl.DataFrame, str]:
    """One of scikit-learn's tables, and the name of its target column.

    Args:
        name: ``"iris"``, ``"wine"``, ``"breast_cancer"`` or ``"diabetes"``.
    """
    load, target = _TABLES[name]
    bunch = load()
    columns = {str(feature): bunch.data[:, place] for place, feature in enumerate(bunch.feature_names)}
    classes = bunch.get("target_names")
    values = (
        bunch.target.astype(float) if classes is None else [str(classes[label]) for label in bunch.target]
    )
    return pl.DataFrame({**columns, target: values}), target


def scikit_digits(settings: DataSettings) -> RawImages:
    """1,797 handwritten digits, grey, 8 x 8; their 17 levels are spread over 0 to 255."""
    bunch = load_digits()
    pixels = np.rint(bunch.images * (255.0 / 16.0)).astype(np.uint8)[:, np.newaxis]
    return images_from_arrays(
        (pixels, bunch.target.astype(np.int64)),
        None,
        settings,
        origin="digits",
        class_names=[str(digit) for digit in range(10)],
        target_name="digit",
    )
