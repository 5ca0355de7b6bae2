"""Adult, prepared for a network: numbers scaled, words one-hot."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from measuring.cases import Rows

FILES = {"train": "adult-train.csv", "test": "adult-test.csv"}
"""Below ``tabular/`` in the folder that GLASSHOUSE_DATA names."""
NUMBERS = ["age", "weight", "years", "gain", "loss", "hours"]
TARGET = "income"
COLUMNS = [
    *("age", "workclass", "weight", "education", "years", "marital", "occupation", "relationship", "race"),
    *("sex", "gain", "loss", "hours", "country", TARGET),
]
FEATURES, BATCH = 108, 256


def available() -> bool:
    """Whether the files are there."""
    folder = os.environ.get("GLASSHOUSE_DATA")
    return folder is not None and all(Path(folder, "tabular", name).exists() for name in FILES.values())


@cache
def adult() -> tuple[Any, Any, Any, Any]:
    """Rows (32,561, 108) float32 and classes of the training file, and those of the test file (16,281).

    Scaling and words are learnt from the training file; words that it has fewer than ten times are one.
    """
    train, test = (read(name) for name in FILES.values())
    words = [name for name in train.columns if name not in (*NUMBERS, TARGET)]
    encoder = OneHotEncoder(sparse_output=False, min_frequency=10, handle_unknown="infrequent_if_exist")
    ready = make_column_transformer((StandardScaler(), NUMBERS), (encoder, words))
    train_inputs = ready.fit_transform(train).astype(np.float32)
    test_inputs = ready.transform(test).astype(np.float32)
    return train_inputs, classes_of(train), test_inputs, classes_of(test)


def read(name: str) -> pl.DataFrame:
    """One of the files, with a space behind every comma and no header."""
    path = Path(os.environ["GLASSHOUSE_DATA"], "tabular", name)
    frame = pl.read_csv(path, has_header=False, infer_schema=False, new_columns=COLUMNS)
    frame = frame.drop_nulls(TARGET)
    return frame.with_columns(pl.all().str.strip_chars()).with_columns(pl.col(NUMBERS).cast(pl.Float64))


def classes_of(frame: pl.DataFrame) -> Any:
    """1 where more than 50,000 dollars are earned; the test file's labels end in a dot."""
    return frame[TARGET].str.starts_with(">50K").to_numpy().astype(np.int64)


def adult_rows() -> Rows:
    """The same as tensors: as many training rows as fill batches of 256, and the test file to judge by."""
    train, classes, test, judging = adult()
    full = len(train) // BATCH * BATCH
    return Rows(
        torch.from_numpy(np.ascontiguousarray(train[:full])),
        torch.from_numpy(classes[:full]),
        (torch.from_numpy(np.ascontiguousarray(test)), torch.from_numpy(judging)),
    )
