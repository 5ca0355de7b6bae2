from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import contingency, spearmanr
from sklearn.feature_selection import f_classif

from glasshouse.data.exploration.association import (
    correlation_ratio,
    correlations,
    cramers_v,
    rank_correlation,
)
from glasshouse.data.exploration.leakage import SUSPICIOUS, alone

generator = np.random.default_rng(0)


def test_eta_squared_is_the_share_that_the_f_statistic_tells() -> None:
    groups = generator.integers(0, 4, 300)
    values = generator.normal(size=300) + groups * 0.4
    f = f_classif(values[:, None], groups)[0][0]
    eta2 = f * 3 / (f * 3 + 296)
    assert correlation_ratio(values, groups) ** 2 == pytest.approx(eta2, rel=1e-12)


def test_adjusted_eta_does_not_reward_many_small_groups() -> None:
    draws = [(generator.normal(size=400), generator.integers(0, 150, 400)) for _ in range(20)]
    assert np.mean([correlation_ratio(*draw) ** 2 for draw in draws]) > 0.3
    assert np.mean([correlation_ratio(*draw, adjusted=True) ** 2 for draw in draws]) < 0.06


def test_cramers_v_without_correction_is_scipys_in_the_limit() -> None:
    left = generator.integers(0, 3, 200_000)
    right = (left + (generator.random(200_000) < 0.4)) % 3
    table = contingency.crosstab(left, right).count
    assert cramers_v(left, right) == pytest.approx(contingency.association(table, "cramer"), abs=1e-3)


def test_cramers_v_is_0_for_unrelated_columns_of_many_categories() -> None:
    left, right = generator.integers(0, 60, 500), generator.integers(0, 5, 500)
    table = contingency.crosstab(left, right).count
    assert contingency.association(table, "cramer") > 0.3
    assert cramers_v(left, right) < 0.1


def test_rank_correlation_is_spearmans_with_ties() -> None:
    left, right = generator.integers(0, 6, 200), generator.normal(size=200)
    assert rank_correlation(left, right) == pytest.approx(abs(spearmanr(left, right).statistic), rel=1e-12)


def test_pairwise_correlations_with_gaps_are_pandas_and_stay_exact_for_large_means() -> None:
    columns = generator.normal(size=(300, 4)) @ generator.normal(size=(4, 4)) + np.array([0, 1e6, 0, -1e4])
    columns[generator.random((300, 4)) < 0.2] = np.nan
    np.testing.assert_allclose(correlations(columns), pd.DataFrame(columns).corr().to_numpy(), atol=1e-9)


def test_constant_columns_correlate_with_nothing() -> None:
    columns = np.stack([np.ones(9), np.arange(9.0), np.full(9, np.nan)], axis=1)
    np.testing.assert_array_equal(correlations(columns), np.eye(3))
    assert correlation_ratio(np.ones(5), np.array([0, 1, 0, 1, 1])) == 0
    assert rank_correlation(np.ones(5), np.arange(5.0)) == 0
    assert cramers_v(np.zeros(5, np.int64), np.array([0, 1, 0, 1, 1])) == 0


@pytest.mark.parametrize("rows", [60, 300, 3000])
@pytest.mark.parametrize(
    "answer", [lambda y: y * 3 + 1, np.log, lambda y: -y], ids=["scaled", "log", "negative"]
)
def test_a_number_that_is_the_target_in_disguise_is_suspicious(rows: int, answer) -> None:
    target = np.exp(generator.normal(size=rows) * 1.5)
    assert alone(answer(target), target) >= SUSPICIOUS["regression"]


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("kind", [float, np.int64])
def test_a_column_that_names_the_class_is_suspicious(classes: int, kind: type) -> None:
    target = generator.integers(0, classes, 500)
    codes = generator.permutation(classes)[target].astype(kind)
    assert alone(codes, target) >= SUSPICIOUS["classification"]


def test_a_gap_that_gives_the_class_away_is_suspicious() -> None:
    target = (generator.random(400) < 0.2).astype(np.int64)
    column = np.where(target == 1, np.nan, generator.normal(size=400))
    assert alone(column, target) >= SUSPICIOUS["classification"]


def test_the_majority_is_no_achievement() -> None:
    target = (generator.random(2000) < 0.01).astype(np.int64)
    assert alone(generator.normal(size=2000), target) < 0.7


def test_noise_identifiers_and_honest_strong_columns_are_not_suspicious() -> None:
    target = generator.integers(0, 3, 600)
    assert alone(generator.normal(size=600), target) < 0.5
    assert alone(np.arange(600), target) < 0.5
    assert 0.8 < alone(target + generator.normal(0, 0.3, 600), target) < SUSPICIOUS["classification"]


def test_too_few_rows_tell_nothing() -> None:
    assert alone(np.arange(20.0), np.arange(20.0)) == 0
    assert alone(np.arange(60.0), np.repeat(np.arange(30), 2)) == 0
