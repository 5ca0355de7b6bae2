"""The main job on real data, with default settings, against the numbers that it promises.

Reports and bundles are left out where only the network is judged: other tests look at those.
"""

from __future__ import annotations

import pytest

import glasshouse as gh

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

BARE = {"report": False, "bundle": False}


def test_adult_with_the_files_as_given(real_data, tmp_path):
    data = {
        "source": real_data("tabular/adult-train.csv"),
        "target": -1,
        "test": real_data("tabular/adult-test.csv"),
    }
    run = gh.run(gh.Experiment(data=data, output=BARE), out=tmp_path)
    assert run.metrics["test"]["accuracy"] >= 0.853
    assert run.evaluation["intervals"]["rows"] == 16_281


def test_bank(real_data, tmp_path):
    data = {"source": real_data("tabular/bank-additional.csv"), "target": "y"}
    run = gh.run(gh.Experiment(data=data, output=BARE), out=tmp_path)
    assert run.metrics["test"]["roc_auc"] >= 0.92


def test_california_housing(real_data, tmp_path):
    data = {"source": real_data("tabular/california-housing.csv"), "target": "median_house_value"}
    run = gh.run(gh.Experiment(data=data, output=BARE), out=tmp_path)
    assert run.metrics["test"]["r2"] >= 0.78


@pytest.mark.parametrize(
    ("path", "target", "task"),
    [
        ("penguins.csv", "Species", "classification"),
        ("winequality-red.csv", "quality", "classification"),
        ("winequality-white.csv", "quality", "classification"),
        ("german.csv", -1, "classification"),
        ("hypothyroid.arff", "Class", "classification"),
    ],
)
def test_path_and_target_are_all_it_takes(real_data, tmp_path, path, target, task):
    data = {"source": real_data(f"tabular/{path}"), "target": target}
    short = {"epochs": 5}
    run = gh.run(gh.Experiment(data=data, training=short, output={"onnx": False}), out=tmp_path)
    assert run.evaluation["task"] == task
    assert "unexpected form" not in run.report.read_text()
    assert gh.load(run.bundle).schema.task == task
    best = max(each["metrics"][run.evaluation["primary"]] for each in run.evaluation["baselines"])
    assert run.metrics["test"][run.evaluation["primary"]] > best - 0.1


def test_fashion_mnist_by_lenet5_in_six_epochs(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSHOUSE_DATA", str(real_data("images").parent))
    experiment = gh.Experiment(
        data="fashion-mnist", model="lenet5", training={"epochs": 6}, output={"report": False, "onnx": False}
    )
    run = gh.run(experiment, out=tmp_path)
    assert run.metrics["test"]["accuracy"] >= 0.89
    assert run.evaluation["intervals"]["rows"] == 10_000


def test_names_by_language(real_data, tmp_path):
    data = {"source": real_data("text/names")}
    model = {"name": "recurrent", "units": 128}
    run = gh.run(gh.Experiment(data=data, model=model, output=BARE), out=tmp_path)
    assert run.metrics["test"]["accuracy"] >= 0.80


def test_spam_in_text_messages(real_data, tmp_path):
    data = {"source": real_data("text/sms-spam.tsv"), "header": False, "target": 0}
    model = {"name": "recurrent", "pooling": "max", "dropout": 0.3}
    run = gh.run(gh.Experiment(data=data, model=model, output=BARE), out=tmp_path)
    assert run.metrics["test"]["f1"] >= 0.93


def test_the_carbon_dioxide_of_the_next_year(real_data, tmp_path):
    data = {
        "source": real_data("timeseries/co2-concentration.csv"),
        "target": "CO2",
        "time": "Date",
        "task": "forecast",
        "window": 24,
        "horizon": 12,
        "columns": {"adjusted CO2": "ignore"},
    }
    run = gh.run(gh.Experiment(data=data, output=BARE), out=tmp_path)
    naive = {each["name"]: each["metrics"]["rmse"] for each in run.evaluation["baselines"]}
    assert run.metrics["test"]["rmse"] < 0.5 * min(naive["last value"], naive["seasonal naive"])


def test_chorales(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSHOUSE_DATA", str(real_data("music").parent))
    training = {"epochs": 60, "batch_size": 16}
    model = {"name": "language_model", "dropout": 0.5}
    experiment = gh.Experiment(data="chorales", model=model, training=training, output=BARE)
    assert gh.run(experiment, out=tmp_path).metrics["test"]["nats"] < 9.0
