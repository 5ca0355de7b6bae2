"""The whole evaluation: its record, its forms, and what it does with little."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import torch

from glasshouse.core.errors import DataError, NonFiniteError
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.raw import RawImages, RawTable
from glasshouse.evaluation import Answered, evaluate
from glasshouse.metrics import Prediction, measure

from .conftest import Case

KEYS = {
    "task", "target", "classes", "primary", "metrics", "intervals", "baselines", "difference", "verdict",
    "confusion", "per_class", "calibration", "curves", "residuals", "mistakes", "mistaken",
}  # fmt: skip


def test_the_record_of_classes_is_plain_and_complete(classified: Callable[..., Case]) -> None:
    answered, prepared = classified()
    record = evaluate(answered, prepared, None, seed=0).record
    assert set(record) == KEYS
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert list(record["metrics"]) == ["train", "validation", "test"]
    test = answered["test"]
    assert record["metrics"]["test"] == measure(test.target, test.prediction, "classification")
    assert record["intervals"]["part"] == "test"
    assert set(record["intervals"]["metrics"]) == set(record["metrics"]["test"])
    assert [each["name"] for each in record["baselines"]] == ["majority class", "logistic regression"]
    assert record["residuals"] is None
    assert record["curves"] is None


def test_the_record_of_numbers_is_plain_and_complete(measured: Case) -> None:
    record = evaluate(*measured, None, seed=0).record
    assert set(record) == KEYS
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["primary"] == "r2"
    assert record["baselines"][0]["metrics"]["r2"] <= 0
    assert record["confusion"] is record["per_class"] is record["calibration"] is record["curves"] is None
    assert sum(record["residuals"]["histogram"]["counts"]) + sum(record["residuals"]["beyond"]) == 30


def test_two_classes_have_curves_and_scores_alone_no_calibration(classified: Callable[..., Case]) -> None:
    record = evaluate(*classified(classes=2, scores_only=True), None, seed=0).record
    assert record["calibration"] is None
    assert "log_loss" not in record["metrics"]["test"]
    assert record["curves"]["roc"]["false_positive_rate"][0] == 0
    assert record["mistakes"][0]["probability"] is None


def test_without_a_test_part_validation_is_judged_and_the_verdict_warns(
    classified: Callable[..., Case],
) -> None:
    answered, prepared = classified()
    del answered["test"]
    record = evaluate(answered, prepared, None, seed=0).record
    assert record["intervals"]["part"] == "validation"
    assert "There is no test part, and validation chose the best epoch" in record["verdict"]


def test_very_many_classes_keep_pairs_instead_of_a_matrix(classified: Callable[..., Case]) -> None:
    answered, prepared = classified(classes=60, rows=360)
    record = evaluate(answered, prepared, None, seed=0).record
    assert record["confusion"]["matrix"] is None
    assert len(record["confusion"]["pairs"]) == 20
    assert len(record["per_class"]) == 60


def test_two_rows_and_a_class_that_never_occurs_are_enough() -> None:
    part = Part(torch.tensor([[0.0], [1.0]]), torch.tensor([0, 1]), np.arange(2))
    prepared = Prepared(part, None, None, "classification", (1,), 3, ("a", "b", "never"), "kind")
    chances = np.array([[0.8, 0.1, 0.1], [0.2, 0.3, 0.5]])
    answers = Prediction(chances.argmax(axis=1), chances, np.log(chances))
    record = evaluate({"train": Answered(np.array([0, 1]), answers, part.rows)}, prepared, None, 0).record
    assert record["metrics"]["train"]["accuracy"] == 0.5
    assert record["per_class"][2] == {
        "class": "never", "precision": 0.0, "recall": None, "f1": 0.0, "support": 0,
    }  # fmt: skip
    assert "this says nothing about new data" in record["verdict"]


def test_two_rows_of_one_number_give_no_r2_but_a_record() -> None:
    part = Part(torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [0.0]]), np.arange(2))
    prepared = Prepared(part, None, None, "regression", (1,), 1, (), "price")
    answered = Answered(np.array([5.0, 5.0]), Prediction(values=np.array([5.0, 6.0])), part.rows)
    record = evaluate({"train": answered}, prepared, None, seed=0).record
    assert json.dumps(record, allow_nan=False)
    assert record["difference"]["value"] is None


def test_predictions_hold_every_row_of_every_part(classified: Callable[..., Case]) -> None:
    answered, prepared = classified()
    frame = evaluate(answered, prepared, None, seed=0).predictions
    assert frame.columns == ["part", "row", "target", "prediction", "p_0", "p_1", "p_2"]
    assert frame["part"].value_counts().sort("part")["count"].to_list() == [30, 30, 30]
    assert frame["row"].to_list() == list(range(90))
    assert frame.schema["prediction"] == pl.Int64
    chosen = frame.select(pl.concat_list(pl.col("^p_.*$")).list.arg_max()).to_series()
    assert chosen.to_list() == frame["prediction"].to_list()


def test_mistakes_of_images_bring_their_pictures(classified: Callable[..., Case], images: RawImages) -> None:
    found = evaluate(*classified(), images, seed=0)
    first = found.record["mistakes"][0]
    assert first["picture"] == "mistakes/0001.png"
    assert first["where"] == f"photos/{first['row']}.png"
    assert found.pictures[first["picture"]].shape == (5, 4, 3)
    np.testing.assert_array_equal(
        found.pictures[first["picture"]], images.pixels[first["row"]].transpose(1, 2, 0)
    )
    assert "test images" in found.record["verdict"]


def test_mistakes_of_tables_bring_the_cells_of_columns_in_use(
    classified: Callable[..., Case], table: RawTable
) -> None:
    record = evaluate(*classified(), table, seed=0).record
    probabilities = [each["probability"] for each in record["mistakes"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(probabilities) == record["mistaken"] > 0
    for each in record["mistakes"]:
        assert each["true"] != each["predicted"]
        assert each["values"] == {"size": float(each["row"]), "name": f"row {each['row']}"}
        assert each["where"] == f"row {each['row']} of rows.csv"


def test_the_largest_errors_come_first(measured: Case, table: RawTable) -> None:
    found = evaluate(*measured, table, seed=0).record["mistakes"]
    errors = [abs(each["error"]) for each in found]
    assert errors == sorted(errors, reverse=True)
    assert found[0]["error"] == pytest.approx(found[0]["predicted"] - found[0]["true"])


def test_answers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="3 targets, 2 answers and 3 row numbers"):
        Answered(np.zeros(3), Prediction(values=np.zeros(2)), np.arange(3))


def test_answers_that_are_not_finite_name_the_first_row() -> None:
    values = np.array([1.0, np.nan, np.inf])
    with pytest.raises(
        NonFiniteError, match="values are NaN or infinite for 2 of 3 rows, the first of them row 7"
    ):
        Answered(np.zeros(3), Prediction(values=values), np.array([5, 7, 9]))
