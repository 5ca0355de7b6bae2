"""Measures of made rows, against closed forms, literal versions and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from glasshouse.data.builtin.toys import MODES, toy_frame
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation import Known, Making, Question, evaluate_generation
from glasshouse.evaluation.frechet import frechet_distance, make_eye
from glasshouse.evaluation.generation_verdict import generation_verdict
from glasshouse.evaluation.likeness import collapse, copies, density_and_coverage
from glasshouse.evaluation.mode_coverage import mode_coverage
from glasshouse.models import gan
from glasshouse.objectives import Adversarial
from glasshouse.objectives.game import find_game


def cloud(rows, dimensions=2, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).standard_normal((rows, dimensions))


def test_the_frechet_distance_is_that_of_its_formula():
    one, other = cloud(200, 5), cloud(300, 5, seed=1) @ np.diag([1.0, 2.0, 0.5, 1.5, 3.0]) + 0.3
    covariances = [np.cov(each, rowvar=False) for each in (one, other)]
    apart = one.mean(axis=0) - other.mean(axis=0)
    literal = apart @ apart + np.trace(
        covariances[0] + covariances[1] - 2 * np.real(sqrtm(covariances[0] @ covariances[1]))
    )
    assert frechet_distance(one, other) == pytest.approx(literal, rel=1e-8)
    assert frechet_distance(one, one) == pytest.approx(0.0, abs=1e-9)


def test_the_frechet_distance_of_one_number_is_that_of_two_normals():
    one, other = cloud(100, 1), cloud(100, 1, seed=1, scale=3.0) + 2.0
    means, spreads = zip(*((each.mean(), each.std(ddof=1)) for each in (one, other)), strict=True)
    expected = (means[0] - means[1]) ** 2 + (spreads[0] - spreads[1]) ** 2
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-9)


def test_density_and_coverage_are_those_of_the_literal_definition():
    real, made = cloud(40, 3), cloud(30, 3, seed=1, scale=0.7)
    apart = np.linalg.norm(real[:, None] - real[None], axis=2)
    reach = np.sort(apart, axis=1)[:, 5]  # itself comes first
    inside = np.linalg.norm(real[:, None] - made[None], axis=2) <= reach[:, None]
    density, coverage = density_and_coverage(real, made)
    assert density == pytest.approx(inside.sum() / (5 * 30))
    assert coverage == pytest.approx(inside.any(axis=1).mean())


def test_coverage_of_the_same_distribution_is_near_its_expectation():
    density, coverage = density_and_coverage(cloud(600), cloud(600, seed=1))
    assert density == pytest.approx(1.0, abs=0.1)
    assert coverage == pytest.approx(1 - 2.0**-5, abs=0.02)


def test_a_generator_that_lost_half_of_the_modes_covers_half_of_the_rows():
    real = np.concatenate([cloud(100, scale=0.1), cloud(100, seed=1, scale=0.1) + 5])
    assert density_and_coverage(real, cloud(200, seed=2, scale=0.1))[1] == pytest.approx(0.5, abs=0.03)


def test_variety_and_doubles_tell_a_collapse():
    real = cloud(200)
    same = collapse(real, cloud(200, seed=1))
    assert same["variety"] == pytest.approx(1.0, abs=0.2)
    assert same["duplicates"] < 0.1
    lost = collapse(real, cloud(200, seed=1, scale=0.01))
    assert lost["variety"] == pytest.approx(1e-4, rel=0.3)
    assert lost["duplicates"] > 0.5
    assert collapse(np.zeros((3, 2)), np.zeros((3, 2)))["variety"] == 1.0


def test_copies_of_training_rows_are_found_out():
    train, unseen = cloud(300), cloud(100, seed=1)
    repeated = copies(train, unseen, train[:80])
    assert (repeated["made"], repeated["share"]) == (0.0, 1.0)
    assert copies(train, unseen, cloud(100, seed=2))["share"] < 0.1


def test_modes_are_counted_as_worked_by_hand():
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    rows = np.array([[0.0, 0.29], [0.0, 0.31], [4.0, 0.0], [0.1, 4.0], [0.0, 4.1], [2.0, 2.0]])
    found = mode_coverage(rows, centres, spread=0.1)
    assert found["counts"] == [1, 1, 2]
    assert found["clean"] == pytest.approx(4 / 6)
    assert found["found"] == 3
    shares = np.array([0.25, 0.25, 0.5])
    assert found["divergence"] == pytest.approx((shares * np.log(3 * shares)).sum())


def test_a_stray_row_finds_no_mode():
    centres = np.array([[0.0, 0.0], [4.0, 0.0]])
    rows = np.concatenate([np.zeros((99, 2)), [[4.0, 0.0]]])
    assert mode_coverage(rows, centres, spread=0.1)["found"] == 1
    assert mode_coverage(np.full((5, 2), 9.0), centres, spread=0.1)["divergence"] is None


@pytest.mark.parametrize(("name", "count"), [("ring", 8), ("grid", 25)])
def test_the_toys_lie_in_their_modes(name, count):
    rows = toy_frame(name).select("x1", "x2").to_numpy()
    found = mode_coverage(rows, MODES[name].centres, MODES[name].spread)
    assert (found["found"], found["modes"]) == (count, count)
    # Three deviations in the plane: 1 - exp(-4.5) of a round normal cloud.
    assert found["clean"] == pytest.approx(1 - np.exp(-4.5), abs=0.005)


def test_features_are_those_of_a_classifier_where_there_are_classes():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(400, 30, generator=generator)
    labels = (rows[:, 0] > 0).long().numpy()
    eye = make_eye(rows, labels, seed=0)
    assert eye.look(rows).shape == (400, 64)
    assert eye.accuracy > 0.7
    assert "small classifier" in eye.about
    assert make_eye(rows, None, seed=0).classify is None
    assert make_eye(rows, np.zeros(400, dtype=np.int64), seed=0).classify is None


def making(network, rows, **changes):
    parts = [Part(rows[a:b], rows[a:b], np.arange(a, b)) for a, b in ((0, 200), (200, 260), (260, 320))]
    prepared = Prepared(*parts, "reconstruction", (2,), 2, (), "the row itself")
    question = Question(network, Adversarial(find_game("non_saturating")), prepared, names=("a", "b"))
    return Making(question, **changes)


def test_the_record_of_a_perfect_generator_and_of_a_collapsed_one():
    rows = torch.randn(320, 2, generator=torch.Generator().manual_seed(0))
    perfect = gan(2, generator=[])  # codes are drawn from the same normal distribution
    perfect.generator.output.weight.data = torch.eye(2)
    perfect.generator.output.bias.data.zero_()
    good = evaluate_generation(making(perfect, rows)).record
    perfect.generator.output.weight.data *= 0.01
    bad = evaluate_generation(making(perfect, rows)).record
    assert good["metrics"]["test"]["coverage"] > 0.85 > 0.3 > bad["metrics"]["test"]["coverage"]
    assert good["metrics"]["test"]["frechet"] < bad["metrics"]["test"]["frechet"]
    assert "as varied as real ones" in good["verdict"]
    assert "It has collapsed, at least in part" in bad["verdict"]
    low, high = good["intervals"]["metrics"]["coverage"]
    assert low < good["metrics"]["test"]["coverage"] <= high + 1e-9


def test_known_modes_are_followed_over_time():
    rows = torch.randn(320, 2, generator=torch.Generator().manual_seed(0))
    exhibits = {1: np.zeros((10, 2), np.float32), 2: np.ones((10, 2), np.float32)}
    known = Known(np.array([[0.0, 0.0], [9.0, 9.0]]), 0.1)
    looked = evaluate_generation(making(gan(2), rows, exhibits=exhibits, known=known)).record["generation"]
    assert looked["modes_over_time"] == [
        {"epoch": 1, "found": 1, "clean": 1.0},
        {"epoch": 2, "found": 0, "clean": 0.0},
    ]
    assert [each["epoch"] for each in looked["points"]["moments"]] == [1, 2]


def test_the_verdict_says_where_rows_lie_beside_the_real_ones():
    record = {
        "metrics": {"test": {"coverage": 0.1, "discriminator_loss": 0.5}},
        "intervals": {"part": "test", "rows": 50},
        "baselines": [{"name": "training rows", "metrics": {"coverage": 0.97}}],
        "generation": {
            "modes": None,
            "classes": {"names": ["a", "b"], "found": 2},
            "copies": {"share": 0.5},
            "collapse": {"variety": 1.2, "duplicates": 0.0},
            "game": {"name": "hinge", "optimum": 2.0},
        },
    }
    assert "A simple method" not in generation_verdict(record, "pictures")
    simple = {"name": "normal distribution", "metrics": {"coverage": 0.3}}
    record["baselines"].append(simple)
    words = generation_verdict(record, "pictures")
    assert "A simple method does better: normal distribution, 30 %." in words
    assert "fall into 2 of 2 classes, but they lie beside them more often than among them" in words
    assert "50 % of the made pictures lie closer to a training one" in words
    assert "collapsed" not in words
