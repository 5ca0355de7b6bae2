"""Saved answers can be read back, in every form, and are complete or not there."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from glasshouse.core.errors import StorageError, UsageError
from glasshouse.ship import Answers, save

ANSWERS = Answers(
    "animal",
    ("cat", 'a "dog", big'),
    labels=np.array(["cat", 'a "dog", big']),
    probabilities=np.array([[0.75, 0.25], [1 / 3, 2 / 3]]),
    files=("0.png", "ü.png"),
)


def read_delimited(path: Path, separator: str = ",") -> pl.DataFrame:
    """By Python's own reader, because that of polars leaves quotes in a header doubled."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=separator))
    numbers = [
        pl.col(name).replace("", None).cast(pl.Float64)
        for name in rows[0]
        if name.startswith("p_") or (name == "prediction" and "cat" not in rows[0][name])
    ]
    return pl.DataFrame(rows).with_columns(numbers)


READERS = {
    ".csv": read_delimited,
    ".tsv": lambda path: read_delimited(path, "\t"),
    ".parquet": pl.read_parquet,
    ".json": pl.read_json,
    ".jsonl": pl.read_ndjson,
    ".ndjson": pl.read_ndjson,
    ".CSV": read_delimited,
}


@pytest.mark.parametrize("ending", READERS)
def test_every_form_reads_back_as_it_was(ending, tmp_path):
    path = save(ANSWERS, tmp_path / "new folder" / f"answers{ending}")
    assert READERS[ending](path).equals(ANSWERS.frame())
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", [".csv", ".json", ".jsonl"])
def test_numbers_that_are_not_finite_are_missing(ending, tmp_path):
    answers = Answers("price", values=np.array([1.5, np.nan, -np.inf]))
    path = save(answers, tmp_path / f"prices{ending}")
    assert READERS[ending](path)["prediction"].to_list() == [1.5, None, None]
    if ending == ".json":
        assert json.loads(path.read_text())[1] == {"row": 1, "prediction": None}


def test_unknown_ending_is_refused(tmp_path):
    with pytest.raises(UsageError) as caught:
        save(ANSWERS, tmp_path / "answers.xlsx")
    assert str(caught.value) == (
        "predictions to 'answers.xlsx'\n"
        "  expected: a name that ends in .csv, .tsv, .parquet, .json, .jsonl, .ndjson\n"
        "  fix: write to answers.csv"
    )


def test_failure_leaves_the_older_file(tmp_path, monkeypatch):
    path = save(ANSWERS, tmp_path / "answers.csv")
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_csv", fail)
    with pytest.raises(StorageError, match="the disk is full"):
        save(ANSWERS, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["answers.csv"]


def test_answers_tell_what_they_are_in_a_line():
    assert repr(ANSWERS) == "Answers(2 rows of 'animal')"
    assert len(Answers("nothing")) == 0
