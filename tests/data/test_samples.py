"""The way back from prepared rows to the terms of the data, and files of new rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image

from glasshouse.core.errors import UsageError
from glasshouse.data import fit_preparation, load
from glasshouse.data.encoders.booleans import BooleanEncoder
from glasshouse.data.encoders.categories import CategoryEncoder
from glasshouse.data.encoders.numbers import NumberEncoder
from glasshouse.data.samples import Samples
from glasshouse.data.settings import DataSettings


@pytest.mark.parametrize("scaling", ["z-score", "min-max", "none", "quantile"])
def test_numbers_come_back(scaling):
    cells = pl.Series("age", [1.0, 5.0, 7.0, 30.0, 31.0])
    encoder = NumberEncoder.fit(cells, scaling)
    assert encoder.back(encoder.transform(cells)).to_list() == pytest.approx(cells.to_list(), rel=1e-9)


def test_missing_cells_come_back_as_missing():
    for encoder, cells in (
        (NumberEncoder.fit, pl.Series("a", [1.0, None, 3.0])),
        (BooleanEncoder.fit, pl.Series("b", [True, None, False])),
        (lambda column: CategoryEncoder.fit(column, 10, 1), pl.Series("c", ["x", None, "y"])),
    ):
        args = (cells, "z-score") if cells.name == "a" else (cells,)
        fitted = encoder(*args)
        assert fitted.back(fitted.transform(cells)).to_list() == cells.to_list()


def test_categories_come_back_by_their_largest_feature():
    encoder = CategoryEncoder.fit(pl.Series("c", ["x", "x", "y", "y", "rare"]), 10, 2)
    assert encoder.features == ("c = x", "c = y", "c = (other)")
    made = np.array([[0.2, 0.5, 0.1], [0.9, 0.95, 0.0], [0.0, 0.1, 0.2]])
    assert encoder.back(made).to_list() == ["y", "y", "(other)"]


def test_a_table_comes_back_without_what_cannot_be_told(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "size,kind,when\n" + "".join(f"{i}.5,{'ab'[i % 2]},2024-01-{i + 1:02}\n" for i in range(20))
    )
    settings = DataSettings(source=str(path), task="reconstruction")
    raw = load(settings)
    preparation = fit_preparation(raw, np.arange(20), settings)
    back = preparation.back(preparation.transform(raw))
    assert back.columns == ["size", "kind"]
    assert back["size"].to_list() == pytest.approx(raw.frame["size"].to_list(), abs=1e-5)
    assert back["kind"].to_list() == raw.frame["kind"].to_list()


def test_pictures_come_back_and_stand_on_one_sheet(tmp_path):
    settings = DataSettings(source="digits", task="reconstruction")
    raw = load(settings)
    preparation = fit_preparation(raw, np.arange(100), settings)
    made = Samples.of(preparation.transform(raw.take(np.arange(5))), preparation)
    assert np.array_equal(made.pixels, raw.pixels[:5, 0])
    path = made.save(tmp_path / "sheet.png", columns=3)
    with Image.open(path) as sheet:
        assert sheet.size == (3 * 8 + 2 * 2, 2 * 8 + 2)
        assert np.array_equal(np.asarray(sheet)[10:18, 10:18], raw.pixels[4, 0])


@pytest.mark.parametrize("ending", ["csv", "parquet", "json", "npy"])
def test_tables_are_written_as_their_ending_says(tmp_path, ending):
    made = Samples(np.ones((2, 1), np.float32), frame=pl.DataFrame({"a": [1.0, 2.0]}))
    path = made.save(tmp_path / f"new.{ending}")
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "json": pl.read_json, "npy": np.load}[ending]
    assert len(read(path)) == 2


def test_an_ending_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"'new.png' for Samples\(2 rows"):
        Samples(np.ones((2, 1), np.float32)).save(tmp_path / "new.png")
    with pytest.raises(UsageError, match="a sheet of Samples"):
        Samples(np.ones((2, 1), np.float32)).sheet()
