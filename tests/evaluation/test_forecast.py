"""Forecasts: simple methods by hand, the anchor, and the whole road."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.evaluation.forecast_baselines import (
    Shown,
    drift,
    find_season,
    naive,
    seasonal_naive,
    simple_forecasts,
)
from glasshouse.models import build_model
from glasshouse.models.anchored import Anchored


def test_simple_forecasts_by_hand():
    past = np.array([[1.0, 5.0, 2.0, 7.0]])
    assert naive(past, 2).tolist() == [[7.0, 7.0]]
    assert seasonal_naive(past, 3, 2).tolist() == [[2.0, 7.0, 2.0]]
    assert drift(past, 2).tolist() == [[9.0, 11.0]]


def series(rows=400, season=7):
    steps = np.arange(rows)
    return 0.05 * steps + 3 * np.sin(2 * np.pi * steps / season)


def shown(values, window=14, ahead=3):
    views = np.lib.stride_tricks.sliding_window_view(values, window + ahead)
    past, truth = views[:, :window].copy(), views[:, window:].copy()
    return Shown(past - past[:, -1:], past, truth)


def test_a_season_is_found_where_there_is_one_and_nowhere_else():
    found = shown(series())
    assert find_season(found.past, found.truth) == 7
    walk = np.random.default_rng(0).normal(size=400).cumsum()
    found = shown(walk)
    assert find_season(found.past, found.truth) is None


def test_simple_forecasts_do_not_look_at_what_comes():
    train, judged = shown(series(300)), shown(series(400)[300:])
    blind = Shown(judged.windows, judged.past, np.full_like(judged.truth, np.nan))
    for one, other in zip(
        simple_forecasts(train, judged, None), simple_forecasts(train, blind, None), strict=True
    ):
        assert one.name == other.name
        np.testing.assert_array_equal(one.values, other.values)


def test_the_linear_model_is_exact_on_a_linear_recurrence():
    train, judged = shown(series(300)), shown(series(400)[300:])
    linear = simple_forecasts(train, judged, None)[-1]
    assert linear.name == "linear model"
    assert np.abs(linear.values - judged.truth).max() < 0.05


def test_an_anchored_network_forecasts_any_level_alike():
    torch.manual_seed(0)
    network = build_model({"name": "mlp", "hidden": [8], "anchor": 1}, (5, 2), 3, seed=0).eval()
    assert isinstance(network, Anchored)
    windows = torch.randn(4, 5, 2, dtype=torch.float64)
    network.double()
    torch.testing.assert_close(network(windows + 100.0), network(windows) + 100.0)


def test_a_silent_anchored_network_is_the_naive_forecast():
    class Silent(nn.Module):
        def forward(self, windows):
            return torch.zeros(len(windows), 2)

    windows = torch.randn(3, 4, 2)
    assert torch.equal(Anchored(Silent(), 0)(windows), windows[:, -1:, 0].expand(3, 2))


@pytest.fixture(scope="module")
def forecast_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forecast")
    noise = np.random.default_rng(1).normal(size=400) * 0.1
    values = series() + noise
    values[380] += 30.0  # something that nobody would expect
    pl.DataFrame({"day": np.arange(400), "sales": values}).write_csv(folder / "sales.csv")
    data = {"source": str(folder / "sales.csv"), "target": "sales", "time": "day", "task": "forecast"}
    experiment = gh.Experiment(
        data={**data, "window": 14, "horizon": 3},
        model={"name": "recurrent", "units": 24, "cell": "gru", "dropout": 0.0},
        training={"epochs": 30, "batch_size": 16, "learning_rate": 0.01},
    )
    return gh.run(experiment, out=folder / "runs")


def test_a_network_beats_the_naive_forecasts(forecast_run):
    scores = {each["name"]: each["metrics"]["mae"] for each in forecast_run.evaluation["baselines"]}
    assert list(scores) == ["last value", "seasonal naive", "drift", "linear model"]
    assert forecast_run.metrics["validation"]["mae"] < 0.5 * scores["last value"]
    assert forecast_run.metrics["test"]["mae"] < scores["last value"]


def test_what_nobody_would_expect_is_found(forecast_run):
    unusual = forecast_run.evaluation["forecast"]["unusual"]
    near = [each["row"] for each in unusual["worst"][:3]]
    # The step 380 is forecast by windows that end up to three steps before it, and seen by those after.
    assert all(364 <= row <= 380 for row in near)
    assert unusual["count"] < 0.5 * unusual["rows"]


def test_the_report_shows_the_forecast(forecast_run):
    page = forecast_run.report.read_text()
    assert "Error by steps ahead" in page
    assert "What nobody would have expected" in page


def test_the_bundle_forecasts_with_both_backends(forecast_run, tmp_path):
    rows = pl.DataFrame({"day": np.arange(400, 420), "sales": series(420)[400:]})
    answers = [gh.load(forecast_run.bundle, backend=each).predict(rows) for each in ("torch", "onnx")]
    assert answers[0].values.shape == (7, 3)
    np.testing.assert_allclose(answers[0].values, answers[1].values, atol=1e-3)
    assert answers[0].frame().columns == ["row", "output_0", "output_1", "output_2"]
    schema = json.loads((forecast_run.bundle / "schema.json").read_text())
    assert schema["kind"] == "series"
