"""Unusual windows of a series on the whole road: run, report, bundle, resume, and a real series."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import ModelError
from glasshouse.models import recurrent_autoencoder
from tests.project.test_sequences import cut_off


def experiment(source="odd-days", epochs=25):
    return gh.Experiment(
        data={"source": source, "normal": "usual", "window": 24},
        model={"name": "autoencoder", "hidden": [32], "code": 4},
        training={"epochs": epochs},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return gh.run(experiment(), out=tmp_path_factory.mktemp("windows"))


def test_errors_tell_odd_days_better_than_the_last_value_and_the_mean(run):
    own = run.metrics["test"]["average_precision"]
    others = {each["name"]: each["metrics"]["average_precision"] for each in run.evaluation["baselines"]}
    assert own > 0.85
    assert own > others["last value"] + 0.1
    assert own > others["mean row"] + 0.1
    assert "Unusual ones stand out" in run.evaluation["verdict"]


def test_the_report_draws_the_series_with_its_windows(run):
    page = run.report.read_text()
    assert "Unusual windows over time" in page
    series = run.evaluation["reconstruction"]["series"]
    assert f"In {series['found']} of {series['stretches']} marked stretches" in page


def test_the_report_shows_the_series_once_and_gives_no_advice_about_classes(run):
    page = run.report.read_text()
    for said in (
        "5,737 windows from",
        "24 steps each, cut out of a series of 5,760 steps with 1 variable",
        "value over time",
        "the last steps of windows that are “unusual”",
        "in prepared units; lower is better",
        "Windows that overlap a worse one are left out.",
    ):
        assert said in page, said
    for never in ("value[t", "class_weights=balanced", "with the target", "as many rows as 'unusual'"):
        assert never not in page, never
    worst = [each["row"] for each in run.evaluation["reconstruction"]["examples"]["worst"]]
    assert all(abs(one - other) >= 24 for one in worst for other in worst if one != other)
    assert page.count('class="spark curves"') == len(worst) + 12


def test_the_bundle_names_windows_of_a_series_with_both_backends(run):
    hours = np.arange(96)
    usual = 0.2 + np.exp(-((hours % 24 - 8.5) ** 2) / 6) + 1.2 * np.exp(-((hours % 24 - 18) ** 2) / 9)
    series = {"timestamp": [f"2024-09-02 {h % 24:02}:00:00" for h in range(24)], "value": usual[:24].tolist()}
    still = {**series, "value": [float(usual.mean())] * 24}
    for backend in ("torch", "onnx"):
        bundle = gh.load(run.bundle, backend=backend)
        assert bundle.predict(series).alarms.tolist() == [False]
        assert bundle.predict(still).alarms.tolist() == [True]


def test_windows_go_on_bit_for_bit(run, tmp_path):
    assert cut_off(run.experiment, tmp_path, 60).history.equals(run.history)


def test_windows_are_read_and_written_step_by_step_too(tmp_path):
    chosen = gh.Experiment(
        data={"source": "odd-days", "normal": "usual", "window": 24, "most_rows": 2000},
        model={"name": "recurrent_autoencoder", "units": 12, "code": 4},
        training={"epochs": 8},
        output={"report": False},
    )
    found = gh.run(chosen, out=tmp_path)
    assert found.metrics["validation"]["r2"] > 0.1
    coder = gh.load(found.bundle, backend="torch").module()
    windows = torch.zeros(2, 24, 1)
    state = coder.encoder.recurrent(windows)[1][0][-1]
    torch.testing.assert_close(coder.encode(windows), coder.encoder.code(state))
    assert gh.load(found.bundle).schema.onnx.checked.largest_difference < 1e-4


def test_rows_that_are_no_windows_are_refused():
    with pytest.raises(ModelError, match="on rows of shape"):
        recurrent_autoencoder((4,))


@pytest.mark.real_data
@pytest.mark.slow
def test_taxis_unusual_times_are_told_better_than_by_simple_scores(real_data, tmp_path):
    real_data("timeseries/nab/data/realKnownCause/nyc_taxi.csv")
    chosen = experiment("nab-nyc-taxi", epochs=30).replace(output={"bundle": False, "report": False})
    chosen = chosen.replace(data=chosen.data.replace(window=48).model_dump())
    found = gh.run(chosen, out=tmp_path)
    others = {each["name"]: each["metrics"]["average_precision"] for each in found.evaluation["baselines"]}
    assert found.metrics["test"]["average_precision"] > others["mean row"] + 0.05
    assert found.metrics["test"]["average_precision"] > others["last value"] + 0.1
