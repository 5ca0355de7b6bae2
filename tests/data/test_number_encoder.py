from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

from glasshouse.data.encoders.numbers import NumberEncoder, fit_knots, skewness

GENERATOR = np.random.default_rng(0)
VALUES = GENERATOR.lognormal(3, 1, 500)


def _fit(values: object, scaling: str) -> NumberEncoder:
    return NumberEncoder.fit(pl.Series("x", values, dtype=pl.Float64), scaling)  # type: ignore[arg-type]


def _column(values: object) -> pl.Series:
    return pl.Series("x", values, dtype=pl.Float64)


@pytest.mark.parametrize(("scaling", "oracle"), [("z-score", StandardScaler()), ("min-max", MinMaxScaler())])
def test_scales_agree_with_scikit_learn_beyond_the_training_range_too(scaling: str, oracle: object) -> None:
    new = np.array([-5.0, 0.0, 1e4])
    theirs = oracle.fit(VALUES[:, None]).transform(new[:, None])  # type: ignore[attr-defined]
    np.testing.assert_allclose(_fit(VALUES, scaling).transform(_column(new)), theirs, rtol=1e-12)


def test_missing_cells_become_the_median_with_a_flag() -> None:
    encoder = _fit([1.0, None, 3.0, 5.0], "none")
    assert encoder.features == ("x", "x (missing)")
    assert encoder.transform(_column([None, 2.0])).tolist() == [[3.0, 1.0], [2.0, 0.0]]
    assert encoder.becomes() == "median 3 for missing, the number itself, a flag for missing"


def test_there_is_no_flag_where_training_misses_nothing() -> None:
    encoder = _fit([1.0, 2.0, 6.0], "z-score")
    assert encoder.features == ("x",)
    assert encoder.transform(_column([None])).tolist() == [[(2 - 3) / np.std([1, 2, 6])]]


def test_skewness_agrees_with_scipy() -> None:
    assert skewness(VALUES) == pytest.approx(stats.skew(VALUES), rel=1e-12)
    assert skewness(np.ones(9)) == 0.0


def test_auto_adds_the_quantile_for_heavy_tails_only() -> None:
    assert _fit(VALUES, "auto").features == ("x", "x (quantile)")
    assert _fit(-VALUES, "auto").features == ("x", "x (quantile)")
    assert _fit(GENERATOR.normal(size=500), "auto").features == ("x",)


def test_the_quantile_is_van_der_waerdens_normal_score_up_to_256_values() -> None:
    values = np.round(GENERATOR.lognormal(0, 1, 300), 1)
    assert len(np.unique(values)) <= 256
    expected = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    ours = _fit(values, "quantile").transform(_column(values))
    np.testing.assert_allclose(ours[:, 0], expected, rtol=1e-9, atol=1e-12)


def test_beyond_256_values_the_quantile_stays_close_rising_and_clipped() -> None:
    values = GENERATOR.lognormal(0, 2, 20_000)
    knots = fit_knots(values)
    assert len(knots.values) <= 256
    assert (np.diff(knots.values) > 0).all()
    assert (np.diff(knots.scores) > 0).all()
    expected = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    inner = np.abs(expected) < 2
    assert np.abs(knots(values) - expected)[inner].max() < 0.02
    assert knots(np.array([-1e9])) == knots.scores[0]
    assert knots(np.array([1e9])) == knots.scores[-1]


def test_the_quantile_is_near_scikit_learns() -> None:
    values = GENERATOR.lognormal(0, 1, 5000)
    theirs = QuantileTransformer(n_quantiles=256, output_distribution="normal").fit_transform(values[:, None])
    ours = fit_knots(values)(values)
    inner = np.abs(theirs[:, 0]) < 2
    assert np.abs(ours - theirs[:, 0])[inner].max() < 0.03


@pytest.mark.parametrize("scaling", ["auto", "z-score", "min-max"])
@pytest.mark.parametrize("value", [0.0, 7.0, 0.1 + 0.2, 1e300, -1e-300])
def test_numbers_that_do_not_differ_become_zero(scaling: str, value: float) -> None:
    encoder = _fit([value] * 5, scaling)
    assert encoder.transform(_column([value, value + 1])).tolist() == [[0.0], [0.0]]
    assert "does not differ" in encoder.becomes()


def test_close_numbers_far_from_zero_still_differ() -> None:
    values = 1.6e15 + np.arange(10.0)
    scaled = _fit(values, "z-score").transform(_column(values))[:, 0]
    np.testing.assert_allclose(scaled, stats.zscore(np.arange(10.0)), atol=1e-6)


def test_nothing_but_missing_cells_becomes_zero_and_a_flag() -> None:
    encoder = _fit([None, None], "auto")
    assert encoder.transform(_column([None, 5.0])).tolist() == [[0.0, 1.0], [0.0, 0.0]]


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.sampled_from(["auto", "z-score", "min-max", "quantile", "none"]),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_state_survives_json_bit_for_bit(values: list[float], scaling: str) -> None:
    encoder = _fit(values, scaling)
    again = NumberEncoder.restore("x", json.loads(json.dumps(encoder.state())))
    assert encoder.transform(_column(values)).tobytes() == again.transform(_column(values)).tobytes()
    assert "Infinity" not in json.dumps(encoder.state())
