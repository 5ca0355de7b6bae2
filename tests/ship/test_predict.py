"""Predicting: every form of rows, what is refused, what is warned of."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from torch import nn

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data import load as load_data
from glasshouse.data.preparations import fit_preparation
from glasshouse.data.settings import DataSettings
from glasshouse.ship import bundle as bundle_module
from glasshouse.ship import load
from glasshouse.ship.write_bundle import write_bundle


def inputs_of(people) -> pl.DataFrame:
    return people.frame.head(5).drop("income")


def forms(people, folder):
    """The same five rows in every form that a table can come in."""
    pandas = pytest.importorskip("pandas")
    rows = inputs_of(people)
    rows.write_csv(folder / "rows.csv")
    rows.write_parquet(folder / "rows.parquet")
    columns = rows.to_dict(as_series=False)
    return {
        "csv": folder / "rows.csv",
        "path as text": str(folder / "rows.parquet"),
        "polars": rows,
        "pandas": pandas.DataFrame(columns),
        "dictionaries": rows.to_dicts(),
        "lists": columns,
        "with the target": people.frame.head(5),
        "other order": rows.select(reversed(rows.columns)),
    }


def test_every_form_of_a_table_gives_the_same_answers(classifier, people, tmp_path):
    bundle = load(classifier)
    expected = bundle.predict(inputs_of(people)).probabilities
    for form, rows in forms(people, tmp_path).items():
        np.testing.assert_allclose(bundle.predict(rows).probabilities, expected, atol=1e-12, err_msg=form)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_one_row_is_answered_like_the_same_row_among_others(classifier, people, backend):
    bundle = load(classifier, backend=backend)
    row = inputs_of(people).to_dicts()[2]
    alone, among = bundle.predict(row), bundle.predict(inputs_of(people))
    assert len(alone) == 1
    np.testing.assert_allclose(alone.probabilities[0], among.probabilities[2], atol=1e-6)


def test_many_rows_are_answered_in_pieces_with_the_same_answers(classifier, people, monkeypatch):
    bundle = load(classifier)
    expected = bundle.predict(people.frame)
    monkeypatch.setattr(bundle_module, "AT_ONCE", 7 * 11)
    pieces = bundle.predict(people.frame)
    np.testing.assert_allclose(pieces.probabilities, expected.probabilities, atol=1e-6)
    assert pieces.labels.tolist() == expected.labels.tolist()


def test_frame_names_rows_predictions_and_probabilities(classifier, people):
    frame = load(classifier).predict(inputs_of(people)).frame()
    assert frame.columns == ["row", "prediction", "p_high", "p_low", "p_middle"]
    assert frame["row"].to_list() == [0, 1, 2, 3, 4]
    best = frame.select(pl.concat_list("p_high", "p_low", "p_middle").list.arg_max())
    assert frame["prediction"].to_list() == [("high", "low", "middle")[each] for each in best.to_series()]


def test_missing_and_unknown_columns_are_named_with_what_was_meant(classifier, people):
    rows = inputs_of(people).rename({"city": "citty"}).drop("age")
    with pytest.raises(BundleError) as caught:
        load(classifier).predict(rows)
    told = str(caught.value)
    assert "2 columns are missing: 'age', 'city'; 1 column is unknown: 'citty'" in told
    assert "expected: the columns age, city, since" in told
    assert "rename 'citty' to 'city'" in told
    assert "add 'age'" in told


def test_text_where_a_number_is_due_is_named_by_file_line_and_column(classifier, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("age,city,since\n30,Rome,2012-03-04\nold,Oslo,2012-03-05\n")
    with pytest.raises(DataError, match=r"new\.csv, line 3, column 'age': .*'old'"):
        load(classifier).predict(path)


def test_categories_never_seen_are_warned_of(classifier):
    rows = {"age": [30, 31], "city": ["Rome", "Atlantis"], "since": ["2012-03-04"] * 2}
    answers = load(classifier).predict(rows)
    assert len(answers) == 2
    (warning,) = answers.warnings
    assert warning.startswith("column 'city': 1 value was never seen in training")


@pytest.mark.parametrize("rows", [[], {"age": [], "city": [], "since": []}, pl.DataFrame()])
def test_no_rows_are_an_error_and_no_empty_answer(classifier, rows):
    with pytest.raises(DataError):
        load(classifier).predict(rows)


def test_pictures_are_named_by_file_and_broken_ones_are_warned_of(pictures, picture_files):
    answers = load(pictures).predict(picture_files)
    assert answers.files == ("0.png", "1.png", "2.png")
    assert answers.frame().columns == ["file", "prediction", "p_high", "p_low", "p_middle"]
    assert any("broken.png" in each or "1" in each for each in answers.warnings)


def test_picture_file_pillow_image_and_array_give_the_same_answer(pictures, picture_files):
    bundle, path = load(pictures), picture_files / "1.png"
    expected = bundle.predict(path)
    assert len(expected) == 1
    assert expected.files == ("1.png",)
    with Image.open(path) as image:
        np.testing.assert_array_equal(bundle.predict(image).probabilities, expected.probabilities)
        np.testing.assert_array_equal(bundle.predict(np.asarray(image)).probabilities, expected.probabilities)


def test_pictures_between_0_and_1_are_refused(pictures):
    with pytest.raises(BundleError, match="float64 values from 0 to 1"):
        load(pictures).predict(np.linspace(0, 1, 256).reshape(1, 16, 16))


@pytest.fixture(scope="module")
def arrays(tmp_path_factory, content):
    """A bundle without a preparation, of a user's own module, with ONNX."""
    network = nn.Linear(4, 3)
    made = content({}, network=network, model=None, preparation=None, samples=None, input_shape=(4,))
    return write_bundle(tmp_path_factory.mktemp("arrays") / "bundle", made)


def test_arrays_of_all_kinds_give_the_same_answers(arrays, tmp_path):
    bundle = load(arrays)
    rows = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    np.save(tmp_path / "rows.npy", rows)
    expected = bundle.predict(rows)
    assert bundle.backend.name == "onnx"
    assert bundle.preparation is None
    for form in (
        rows.astype(np.float64),
        rows.tolist(),
        torch.from_numpy(rows).requires_grad_(),
        pl.DataFrame(rows),
        tmp_path / "rows.npy",
    ):
        np.testing.assert_array_equal(bundle.predict(form).probabilities, expected.probabilities)
    np.testing.assert_allclose(bundle.predict(rows[2]).probabilities, expected.probabilities[2:3], atol=1e-6)
    np.testing.assert_array_equal(bundle.prepare(rows), rows)


def test_arrays_only_bundle_of_an_own_module_runs_with_onnx_alone(arrays):
    bundle = load(arrays)
    assert bundle.schema.kind == "arrays"
    assert json.loads((arrays / "preprocessing.json").read_text()) == {"kind": "arrays", "input_shape": [4]}
    with pytest.raises(BundleError, match="is a Linear, whose code is not in the bundle"):
        bundle.module()


@pytest.mark.parametrize(
    ("rows", "error", "told"),
    [
        (np.zeros((2, 5)), BundleError, r"an array of shape \(2, 5\)\n  expected: \(rows, 4\)"),
        (np.zeros((0, 4)), DataError, "there are 0 rows to predict"),
        ([[1, 2, 3, np.nan]], DataError, r"row 0 holds a nan at \(3,\)"),
        ([[1, 2, 1e300, np.inf]], DataError, r"row 0 holds a inf at \(2,\) and 1 more"),
        ([["a", "b", "c", "d"]], DataError, "an array of <U1"),
        ([[1, 2], [3]], DataError, "rows of unequal length"),
        ("nowhere.npy", DataError, "nowhere.npy does not exist"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, rows, error, told):
    with pytest.raises(error, match=told):
        load(arrays).predict(rows)


def test_arrays_of_objects_in_a_file_are_never_unpickled(arrays, tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="rows.npy cannot be read: Object arrays cannot be loaded"):
        load(arrays).predict(path)
    np.savez(tmp_path / "rows.npz", a=np.zeros(4))
    with pytest.raises(DataError, match=r"rows\.npz holds several arrays"):
        load(arrays).predict(tmp_path / "rows.npz")


@pytest.mark.real_data
def test_german_credit_file_is_predicted_from_its_path(real_data, content, tmp_path):
    path = real_data("tabular/german.csv")
    settings = DataSettings(source=str(path), target="-1", header=False)
    raw = load_data(settings)
    preparation = fit_preparation(raw, np.arange(700), settings)
    samples = torch.from_numpy(preparation.transform(raw))
    made = content(
        {"name": "mlp"},
        preparation=preparation,
        samples=samples,
        input_shape=preparation.input_shape,
        classes=raw.target.classes,
        target_name=raw.target.name,
    )
    bundle = load(write_bundle(tmp_path / "bundle", made))
    answers = bundle.predict(path)
    assert len(answers) == len(raw) == 1000
    expected = load(bundle.path, backend="torch").predict(path)
    np.testing.assert_allclose(answers.probabilities, expected.probabilities, rtol=0, atol=1e-5)
