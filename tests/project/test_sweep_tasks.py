"""Sweeps of every task: a trial is the run that it would be alone, to the last bit."""

from __future__ import annotations

import pytest

import glasshouse as gh

BARE = {"report": False, "bundle": False}
EPOCHS = 2

TASKS = {
    "names read by an LSTM": {
        "data": {"source": "opinions", "most_rows": 300},
        "model": {"name": "recurrent", "units": 6},
        "measure": "accuracy",
    },
    "numbers at the end of a sequence": {
        "data": {"source": "adding", "most_rows": 200, "window": 8},
        "model": {"name": "recurrent", "units": 4},
        "measure": "r2",
    },
    "a language": {
        "data": {"source": "tales", "window": 48},
        "model": {"units": 8},
        "measure": "nats",
    },
    "translation": {
        "data": {"source": "numbers", "most_rows": 200},
        "model": {"units": 8},
        "measure": "bleu",
    },
    "frames": {"data": {"source": "cadences"}, "model": {"units": 6}, "measure": "nats"},
    "tagging": {
        "data": {"source": "copy-memory", "window": 5, "most_rows": 200},
        "model": {"units": 6},
        "measure": "nats",
    },
    "captioning": {
        "data": {"source": "captioned-shapes", "most_rows": 120},
        "model": {"units": 8},
        "measure": "bleu",
    },
    "strokes": {
        "data": {"source": "pendulum-strokes", "most_rows": 120},
        "model": {"units": 6, "components": 2},
        "measure": "nats",
    },
    "a forecast": {
        "data": {"source": "seasons", "task": "forecast", "window": 12, "horizon": 3},
        "model": {"name": "recurrent", "units": 6},
        "measure": "rmse",
    },
    "a forecast by an mlp": {
        "data": {"source": "seasons", "task": "forecast", "window": 12, "horizon": 3},
        "model": {"name": "mlp", "hidden": [6]},
        "measure": "rmse",
    },
    "segmentation": {
        "data": {"source": "shapes", "most_rows": 60},
        "model": {"width": 0.0625, "depth": 1},
        "measure": "mean_iou",
    },
    "pictures": {
        "data": {"source": "scenes", "most_rows": 40},
        "model": {"width": 0.0625, "depth": 1},
        "measure": "psnr",
    },
    "detection": {
        "data": {"source": "shapes", "task": "detection", "most_rows": 60},
        "model": {"width": 0.125},
        "measure": "average_precision_50",
    },
    "verification": {
        "data": {"source": "digits", "task": "verification", "split": {"method": "stratified"}},
        "model": {"name": "mlp", "hidden": [8]},
        "measure": "accuracy",
    },
    "an autoencoder": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "autoencoder", "hidden": [8], "code": 3},
        "measure": "loss",
    },
    "a variational autoencoder": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "variational_autoencoder", "hidden": [8], "code": 2},
        "measure": "loss",
    },
    "a Boltzmann machine": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "rbm", "hidden": 8},
        "measure": "log_likelihood",
    },
    "layers that were trained as machines before": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "mlp", "hidden": [8, 6], "activation": "sigmoid", "dropout": 0.0},
        "pretraining": {"method": "rbm", "epochs": 2},
        "measure": "accuracy",
    },
    "a deep belief network": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "dbn", "hidden": [8, 6]},
        "pretraining": {"epochs": 2},
        "measure": "bound",
    },
    "windows that stand out": {
        "data": {"source": "odd-days"},
        "model": {"name": "autoencoder", "hidden": [8], "code": 3},
        "measure": "loss",
    },
}


def experiment_of(task, **training):
    values = {key: value for key, value in TASKS[task].items() if key != "measure"}
    training = {"epochs": EPOCHS, "early_stopping": {"patience": 10}, **training}
    return gh.Experiment(**values, training=training, output=BARE)


def best_row(run):
    rows = run.history.to_dicts()
    return rows[run.record("training")["best_epoch"] - 1]


@pytest.mark.parametrize("task", TASKS)
def test_a_trial_is_the_run_that_it_would_be_alone(task, tmp_path):
    space = {"training.learning_rate": [0.01, 0.003]}
    found = gh.sweep(experiment_of(task), space, strategy="grid", folds=1, seeds=1, out=tmp_path, refit=False)
    assert found.measure.name == TASKS[task]["measure"]
    assert {each.state for each in found.trials} == {"finished"}
    for trial in found.trials:
        rate = trial.settings["training.learning_rate"]
        alone = gh.run(experiment_of(task, learning_rate=rate), out=tmp_path / "alone", observers=[])
        row = best_row(alone)
        assert trial.losses == [[row["validation_loss"]]]
        known = row.get(f"validation_{found.measure.column}")
        if known is None:
            known = alone.metrics["validation"][found.measure.name]
        assert trial.scores == [[known]]
    assert len({each.mean for each in found.trials}) == 2
