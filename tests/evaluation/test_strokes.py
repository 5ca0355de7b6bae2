"""Strokes are read, scaled and judged against Gaussians in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data import assemble, divide, fit_preparation, load, preparation_from_dict
from glasshouse.data.parts import Part
from glasshouse.data.samples import Samples
from glasshouse.data.settings import DataSettings
from glasshouse.evaluation.strokes import paths_of, single_gaussians

SETTINGS = DataSettings(source="memory", task="strokes")
FRAME = {"strokes": ["1,0,0 0,1,1 2,2,0", "3,-1,1", "0,0.5,0 1,1,1"] * 4}


def prepared(settings=SETTINGS, frame=FRAME):
    raw = load(settings, frame)
    split = divide(raw, settings.split, 0)
    preparation = fit_preparation(raw, split.train, settings)
    return raw, preparation, assemble(raw, split, preparation, "strokes")


def test_points_are_shown_one_step_later_and_end_where_drawings_end():
    _, preparation, data = prepared()
    assert preparation.steps == 3
    inputs, targets = data.train.inputs, data.train.targets
    assert inputs[:, 0].abs().max() == 0
    for row, target in zip(inputs, targets, strict=True):
        count = int((target[:, 2] >= 0).sum())
        assert count in (1, 2, 3)
        torch.testing.assert_close(row[1:count], target[: count - 1])
        assert (target[count:, 2] == -1).all()


def test_the_spread_is_that_of_the_training_steps_and_comes_back_from_a_bundle():
    raw = load(SETTINGS, FRAME)
    preparation = fit_preparation(raw, np.array([0, 1]), SETTINGS)
    steps = np.array([[1, 0], [0, 1], [2, 2], [3, -1]])
    assert preparation.spread == pytest.approx(math.sqrt((steps**2).mean()))
    again = preparation_from_dict(preparation.to_dict())
    rows = again.transform(raw)
    assert Samples.of(rows[1:2, :1], again).frame["strokes"].to_list() == ["3,-1,1"]


def test_a_point_that_is_none_is_named():
    with pytest.raises(DataError, match="the point '1,2,5', number 1 of row 1"):
        load(SETTINGS, {"strokes": ["1,1,0", "0,0,1 1,2,5"]})
    _, preparation, _ = prepared()
    with pytest.raises(BundleError, match="strokes given as a int"):
        preparation.read(3)


def test_single_gaussians_are_those_of_scipy():
    generator = np.random.default_rng(0)
    points = np.column_stack(
        [generator.multivariate_normal([1, 2], [[2, 0.6], [0.6, 1]], 500), np.zeros(500)]
    )
    points[::5, 2] = 1.0
    targets = torch.from_numpy(points).float().reshape(10, 50, 3)
    before = torch.cat([torch.zeros(10, 1, 3), targets[:, :-1]], dim=1)
    part = Part(before, targets, np.arange(10))
    found = {name: value for name, _, value in single_gaussians(part, part)}
    steps = targets.double().reshape(-1, 3).numpy()[:, :2]
    normal = multivariate_normal(steps.mean(axis=0), np.cov(steps.T, bias=True))
    pens = -(0.2 * math.log(0.2) + 0.8 * math.log(0.8))
    assert found["one Gaussian"] == pytest.approx(-normal.logpdf(steps).mean() + pens, rel=1e-6)
    assert found["the step before"] <= found["one Gaussian"]


def test_lines_end_where_the_pen_is_lifted():
    points = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    assert paths_of(points) == [[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], [[2.0, 1.0], [3.0, 1.0]]]


def test_pendulums_draw_three_figures_that_never_change():
    raw = load(DataSettings(source="pendulum-strokes", task="strokes"))
    assert len(raw) == 2000
    texts = raw.frame["strokes"].to_list()
    assert texts == load(DataSettings(source="pendulum-strokes", task="strokes")).frame["strokes"].to_list()
    assert {text.count(",1 ") + text.endswith(",1") for text in texts[:100]} == {3}
