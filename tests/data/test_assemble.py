from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data import assemble, divide, fit_preparation, load
from glasshouse.data.parts import Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import RawImages, RawTable, Target
from glasshouse.data.settings import DataSettings


class Plain(Preparation):
    """The numbers of a table as they are."""

    kind = "plain"
    feature_names = ("x", "z")
    input_shape = (2,)

    def transform(self, raw):
        return raw.frame.to_numpy().astype(np.float32)

    read = describe = to_dict = from_dict = None


def table(values: np.ndarray, x: np.ndarray | None = None) -> RawTable:
    x = np.arange(len(values), dtype=np.float64) if x is None else x
    task = "regression" if values.dtype == np.float64 else "classification"
    classes = () if task == "regression" else ("a", "b")
    return RawTable(pl.DataFrame({"x": x, "z": -x}), (), Target("y", task, values, classes), "rows.csv")


def split(rows: int, test: int = 2) -> Split:
    order = np.arange(rows)
    return Split(
        order[: rows - 2 - test], order[rows - 2 - test : rows - test], order[rows - test :], "random"
    )


def prepared(source: str) -> tuple[RawTable | RawImages, Split, Prepared]:
    settings = DataSettings(source=source)
    raw = load(settings)
    parts = divide(raw, settings.split, 0)
    return raw, parts, assemble(raw, parts, fit_preparation(raw, parts.train, settings))


def test_images_come_channels_last_with_their_classes() -> None:
    raw, parts, data = prepared("digits")
    assert (data.task, data.input_shape, data.outputs) == ("classification", (1, 8, 8), 10)
    assert data.classes == tuple("0123456789")
    assert data.scale is None
    assert data.test is not None
    assert data.test.inputs.is_contiguous(memory_format=torch.channels_last)
    assert data.train.targets.dtype == torch.int64
    assert raw.target is not None
    np.testing.assert_array_equal(data.test.targets.numpy(), raw.target.values[parts.test])
    np.testing.assert_array_equal(data.test.rows, parts.test)
    assert abs(float(data.train.inputs.mean())) < 1e-4
    assert float(data.train.inputs.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_coloured_images_keep_their_pixels_in_channels_last_layout() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 3, 4, 5), dtype=np.uint8)
    raw = RawImages(pixels, Target("class", "classification", np.arange(9) % 2, ("a", "b")), "photos")
    settings = DataSettings.read({"source": "photos", "prepare": {"scaling": "none"}})
    data = assemble(raw, split(9), fit_preparation(raw, np.arange(5), settings))
    assert data.train.inputs.stride() == (60, 1, 15, 3)
    np.testing.assert_array_equal(data.train.inputs.numpy(), pixels[:5])


def test_numbers_to_predict_are_standardised_on_the_training_part_alone() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 700.0, 800.0, 900.0, 1000.0])
    data = assemble(table(values), split(10), Plain())
    assert data.scale is not None
    assert data.scale.centre == pytest.approx(3.5)
    assert data.scale.spread == pytest.approx(np.std([1, 2, 3, 4, 5, 6]))
    assert data.outputs == 1
    assert data.test is not None
    assert data.test.targets.shape == (2, 1)
    assert data.test.targets.dtype == torch.float32
    back = data.test.targets[:, 0].double() * data.scale.spread + data.scale.centre
    np.testing.assert_allclose(back.numpy(), [900, 1000], rtol=1e-6)


def test_a_table_from_the_data_itself_fits_together() -> None:
    _, parts, data = prepared("diabetes")
    assert data.task == "regression"
    assert data.train.inputs.shape == (len(parts.train), *data.input_shape)
    assert data.parts().keys() == {"train", "validation", "test"}
    assert float(data.train.targets.mean()) == pytest.approx(0, abs=1e-6)


def test_parts_without_rows_are_none() -> None:
    data = assemble(table(np.arange(8.0)), split(8, test=0), Plain())
    assert data.test is None
    assert list(data.parts()) == ["train", "validation"]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_non_finite_inputs_are_refused_with_part_row_and_feature(wrong: float) -> None:
    x = np.arange(8.0)
    x[5] = wrong
    with pytest.raises(DataError, match="2 prepared values are NaN or infinite") as caught:
        assemble(table(np.arange(8.0), x), split(8), Plain())
    assert "row 1 of the validation part, feature 'x'" in caught.value.received


def test_huge_values_whose_sum_overflows_are_no_error() -> None:
    x = np.full(8, 3e38)
    assert assemble(table(np.arange(8.0), x), split(8), Plain()).train.inputs.max() > 1e38


def test_a_target_that_is_constant_in_training_or_not_finite_is_refused() -> None:
    with pytest.raises(DataError, match="'y' is the same in every training row"):
        assemble(table(np.array([1.0, 1, 1, 1, 2, 3, 4, 5])), split(8), Plain())
    with pytest.raises(DataError, match="'y' is inf in row 7"):
        assemble(table(np.array([1.0, 2, 3, 4, 5, 6, 7, np.inf])), split(8), Plain())


def test_rows_without_a_target_cannot_be_assembled() -> None:
    raw = RawTable(pl.DataFrame({"x": [1.0]}), (), None, "rows.csv")
    with pytest.raises(UsageError, match=r"rows\.csv has no target"):
        assemble(raw, split(8), Plain())
