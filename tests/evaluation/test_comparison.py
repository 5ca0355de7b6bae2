"""Comparing runs by their records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glasshouse.core.errors import StorageError, UsageError
from glasshouse.core.files import write_json
from glasshouse.evaluation import Answered, compare, evaluate
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.run import new_run
from glasshouse.experiment.toml import write_experiment
from glasshouse.metrics import Prediction

from .conftest import Case


def make_run(folder: Path, name: str, case: Case | None, **settings: Any) -> Run:
    run = new_run(folder, name)
    write_experiment(run.path / "experiment.toml", Experiment(data="iris", **settings))
    if case is not None:
        evaluation = evaluate(*case, None, seed=0)
        write_json(run.path / "evaluation.json", evaluation.record)
        evaluation.predictions.write_parquet(run.path / "predictions.parquet")
    return run


def worse(case: Case, rows: int) -> Case:
    """The same answers, but wrong for the first rows of the test part."""
    answered, prepared = case
    test = answered["test"]
    assert test.prediction.labels is not None
    labels = np.where(np.arange(len(test)) < rows, (test.target + 1) % 3, test.target)
    return {"test": Answered(test.target, Prediction(labels=labels), test.rows)}, prepared


def test_settings_that_differ_and_metrics_side_by_side(
    tmp_path: Path, classified: Callable[..., Case]
) -> None:
    case = classified()
    runs = [
        make_run(tmp_path, "first", worse(case, 0), model="mlp", seed=1),
        make_run(tmp_path, "second", worse(case, 20), model="perceptron", seed=1),
    ]
    found = compare(runs)
    assert found["settings"] == [{"key": "model.name", "values": ["mlp", "perceptron"]}]
    accuracy = next(
        each for each in found["metrics"] if (each["part"], each["metric"]) == ("test", "accuracy")
    )
    assert accuracy["values"] == [run.metrics["test"]["accuracy"] for run in runs]
    assert accuracy["better"] == "higher"


def test_runs_on_the_same_rows_are_paired(tmp_path: Path, classified: Callable[..., Case]) -> None:
    case = classified()
    good, bad = (
        make_run(tmp_path, "good", worse(case, 0), model="mlp"),
        make_run(tmp_path, "bad", worse(case, 15)),
    )
    found = compare([good, bad])
    paired = found["paired"][0]
    assert found["runs"] == [good.name, bad.name]
    assert found["verdicts"] == [paired["sentence"]]
    assert paired["difference"]["value"] == pytest.approx(-0.5)
    assert paired["difference"]["decided"]
    assert paired["sentence"].startswith(f"{good.name} is better than {bad.name} by 50.0 points of accuracy")
    mirrored = compare([bad, good])["paired"][0]
    assert mirrored["difference"]["value"] == pytest.approx(0.5)
    assert mirrored["sentence"] == paired["sentence"]


def test_a_small_difference_is_said_to_be_chance(tmp_path: Path, classified: Callable[..., Case]) -> None:
    case = classified()
    runs = [make_run(tmp_path, "one", worse(case, 2)), make_run(tmp_path, "two", worse(case, 1))]
    assert "but that may be chance" in compare(runs)["paired"][0]["sentence"]


def test_regressions_are_paired_in_r2(tmp_path: Path, measured: Case) -> None:
    answered, prepared = measured
    test = answered["test"]
    better = {**answered, "test": Answered(test.target, Prediction(values=test.target + 0.1), test.rows)}
    runs = [make_run(tmp_path, "one", measured), make_run(tmp_path, "two", (better, prepared))]
    found = compare(runs)["paired"][0]
    assert found["difference"]["metric"] == "r2"
    assert "of R² on the same 30 test rows" in found["sentence"]


def test_other_rows_are_not_paired(tmp_path: Path, classified: Callable[..., Case]) -> None:
    case = classified()
    answered, prepared = case
    test = answered["test"]
    moved = {**answered, "test": Answered(test.target, test.prediction, test.rows + 5)}
    runs = [make_run(tmp_path, "one", case), make_run(tmp_path, "two", (moved, prepared))]
    found = compare(runs)["paired"][0]
    assert found["difference"] is None
    assert (
        found["sentence"] == "The runs were judged on different test rows, so their answers cannot be paired."
    )


def test_a_run_without_an_evaluation_is_compared_by_its_settings(
    tmp_path: Path, classified: Callable[..., Case]
) -> None:
    runs = [make_run(tmp_path, "whole", classified()), make_run(tmp_path, "broken", None, seed=3)]
    found = compare(runs)
    assert found["settings"] == [{"key": "seed", "values": [0, 3]}]
    assert found["paired"][0]["sentence"] == f"{runs[1].name} has no evaluation yet."
    assert all(each["values"][1] is None for each in found["metrics"])


def test_one_run_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="1 run to compare"):
        compare([new_run(tmp_path, "alone")])


def test_damaged_predictions_are_named(tmp_path: Path, classified: Callable[..., Case]) -> None:
    runs = [make_run(tmp_path, name, classified()) for name in ("one", "two")]
    (runs[1].path / "predictions.parquet").write_bytes(b"not a table")
    with pytest.raises(StorageError, match="predictions.parquet cannot be read"):
        compare(runs)
