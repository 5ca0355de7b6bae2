"""Every answer as a table: what ``predictions.parquet`` holds."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from glasshouse.evaluation.answered import Answered

MOST_PROBABILITIES = 100_000_000
"""Probabilities kept; a table with more has the answers alone."""


def predictions(answered: Mapping[str, Answered]) -> pl.DataFrame:
    """One row per answered row, part by part.

    Args:
        answered: The answers by part.

    Returns:
        ``part``, ``row``, ``target``, ``prediction`` (class indices, or numbers in the target's unit), and
        with probabilities one Float32 column per class, ``p_0`` to ``p_{K-1}``.
    """
    size = sum(
        each.prediction.probabilities.size
        for each in answered.values()
        if each.prediction.probabilities is not None
    )
    frames = [_frame(name, each, size <= MOST_PROBABILITIES) for name, each in answered.items()]
    return pl.concat(frames) if frames else pl.DataFrame()


def _frame(part: str, answered: Answered, with_probabilities: bool) -> pl.DataFrame:
    prediction = answered.prediction
    labels = prediction.labels is not None
    kind = pl.Int64 if labels else pl.Float64
    columns = {
        "part": pl.Series([part], dtype=pl.String).new_from_index(0, len(answered)),
        "row": pl.Series(answered.rows, dtype=pl.Int64),
        "target": pl.Series(answered.target).cast(kind),
        "prediction": pl.Series(prediction.labels if labels else prediction.values).cast(kind),
    }
    if prediction.probabilities is not None and with_probabilities:
        columns |= {
            f"p_{k}": pl.Series(each).cast(pl.Float32) for k, each in enumerate(prediction.probabilities.T)
        }
    return pl.DataFrame(columns)
