"""Thresholds, error rates and neighbours, held against trying everything out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from glasshouse.evaluation.pair_rates import (
    accepting_threshold,
    best_threshold,
    clustered_interval,
    draw_pairs,
    draw_strangers,
    equal_error_rate,
    retrieve,
)


def drawn(seed, pairs=400):
    generator = np.random.default_rng(seed)
    same = generator.random(pairs) < 0.4
    return np.round(generator.normal(np.where(same, 1.0, 2.0), 0.7), 1), same


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_right_more_often(seed):
    distances, same = drawn(seed)
    tried = max(((distances < each) == same).mean() for each in np.unique([*distances, 99.0]))
    assert ((distances < best_threshold(distances, same)) == same).mean() == tried


@pytest.mark.parametrize("seed", range(5))
def test_at_the_equal_error_rate_both_kinds_are_wrong_equally_often(seed):
    distances, same = drawn(seed, pairs=4000)
    rate = equal_error_rate(distances + 1e-6 * np.arange(4000), same)
    grid = np.linspace(distances.min() - 1, distances.max() + 1, 20001)
    false_accepts = np.array([(distances[~same] < each).mean() for each in grid])
    false_rejects = np.array([(distances[same] >= each).mean() for each in grid])
    nearest = np.abs(false_accepts - false_rejects).argmin()
    assert rate == pytest.approx((false_accepts[nearest] + false_rejects[nearest]) / 2, abs=0.02)


def test_the_equal_error_rate_of_guessing_and_of_knowing():
    same = np.arange(2000) % 2 == 0
    chance = np.random.default_rng(0).random(2000)
    assert equal_error_rate(chance, same) == pytest.approx(0.5, abs=0.04)
    assert equal_error_rate(np.where(same, 0.0, 1.0) + 0.1 * chance, same) == 0
    assert equal_error_rate(np.where(same, 1.0, 0.0) + 0.1 * chance, same) == 1


def test_new_strangers_are_accepted_as_seldom_as_was_chosen():
    generator = np.random.default_rng(0)
    rates = []
    for _ in range(200):
        threshold = accepting_threshold(generator.normal(size=199), 0.05)
        rates.append((generator.normal(size=2000) < threshold).mean())
    assert np.mean(rates) == pytest.approx(0.05, abs=0.004)
    assert accepting_threshold(np.arange(10.0), 0.01) is None


def test_pairs_are_as_many_of_both_kinds_and_never_a_row_with_itself():
    labels = np.random.default_rng(0).integers(0, 9, 300)
    pairs = draw_pairs(labels, seed=1)
    assert pairs.same.sum() == len(pairs) / 2 == 300
    assert ((labels[pairs.one] == labels[pairs.other]) == pairs.same).all()
    assert (pairs.one != pairs.other).all()
    strangers = draw_strangers(labels, seed=1)
    assert len(strangers) == 3000
    assert (labels[strangers.one] != labels[strangers.other]).all()


def test_every_other_row_of_the_class_is_drawn_alike():
    labels = np.repeat([0, 1], 4)
    counts = np.zeros((8, 8), dtype=int)
    for seed in range(600):
        pairs = draw_pairs(labels, seed)
        np.add.at(counts, (pairs.one[pairs.same], pairs.other[pairs.same]), 1)
    own = counts[:4, :4][~np.eye(4, dtype=bool)]
    assert own.min() > 150  # 200 are expected of each
    assert own.max() < 250


def test_neighbours_are_scikit_learns_without_the_row_itself():
    generator = np.random.default_rng(0)
    rows, labels = generator.normal(size=(120, 4)).astype(np.float32), generator.integers(0, 5, 120)
    found = retrieve(rows, labels, seed=0, count=3)
    distances, places = (
        NearestNeighbors(n_neighbors=4).fit(rows.astype(np.float64)).kneighbors(rows[found.asked])
    )
    others = [
        [place for place in line if place != row][:3] for row, line in zip(found.asked, places, strict=True)
    ]
    assert found.found.tolist() == [[int(each) for each in line] for line in others]
    hits = labels[np.array(others)] == labels[found.asked][:, None]
    assert found.measured() == {"recall_at_1": hits[:, 0].mean(), "precision_at_3": hits.mean()}
    assert found.distances == pytest.approx(distances[:, 1:], rel=1e-6)


def test_equal_rows_are_neighbours_of_each_other_and_not_of_themselves():
    found = retrieve(np.ones((6, 2), dtype=np.float32), np.arange(6), seed=0, count=5)
    for row, others in zip(found.asked, found.found, strict=True):
        assert sorted([row, *others]) == [0, 1, 2, 3, 4, 5]


def test_the_clustered_interval_holds_the_truth_where_that_of_single_rows_does_not():
    generator = np.random.default_rng(0)
    held = {"clusters": 0, "rows": 0}
    for _ in range(400):
        clusters = np.repeat(np.arange(20), 30)
        chance = generator.beta(8, 2, 20)[clusters]  # every class has a difficulty of its own; 0.8 on average
        values = (generator.random(600) < chance).astype(float)
        for name, by in (("clusters", clusters), ("rows", np.arange(600))):
            low, high = clustered_interval(values, by)
            held[name] += low <= 0.8 <= high
    assert held["clusters"] / 400 > 0.9
    assert held["rows"] / 400 < 0.85


def test_of_rows_by_themselves_the_clustered_interval_is_students():
    values = np.random.default_rng(0).random(50)
    low, high = clustered_interval(values, np.arange(50))
    error = values.std(ddof=1) / np.sqrt(50)
    assert (high - low) / 2 == pytest.approx(2.009575 * error, rel=1e-5)
