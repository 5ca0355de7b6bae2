"""Baselines, against scikit-learn and by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from glasshouse.data.parts import Part
from glasshouse.evaluation import baselines as module
from glasshouse.evaluation.baselines import baselines

from .conftest import Case


def test_the_majority_class_is_that_of_scikit_learn(classified: Callable[..., Case]) -> None:
    _, prepared = classified()
    assert prepared.test is not None
    inputs, targets = prepared.train.inputs.numpy(), prepared.train.targets.numpy()
    oracle = DummyClassifier(strategy="prior").fit(inputs, targets)
    found = baselines(prepared, prepared.test, seed=0)[0]
    np.testing.assert_allclose(found.prediction.probabilities, oracle.predict_proba(prepared.test.inputs))
    assert found.about == "always answers 'class 0', the most frequent class of the training part"


def test_logistic_regression_is_that_of_scikit_learn(
    classified: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PENALTIES", (1.0,))
    _, prepared = classified()
    assert prepared.test is not None
    scaler = StandardScaler().fit(prepared.train.inputs)
    oracle = LogisticRegression().fit(scaler.transform(prepared.train.inputs), prepared.train.targets)
    found = baselines(prepared, prepared.test, seed=0)[1]
    expected = oracle.predict_proba(scaler.transform(prepared.test.inputs))
    np.testing.assert_allclose(found.prediction.probabilities, expected, atol=1e-3)


def test_linear_regression_finds_a_linear_target_and_the_mean_does_not(measured: Case) -> None:
    _, prepared = measured
    assert prepared.test is not None
    mean, linear = baselines(prepared, prepared.test, seed=0)
    truth = prepared.test.targets[:, 0].numpy() * 20 + 100
    assert mean.prediction.values is not None
    assert linear.prediction.values is not None
    np.testing.assert_allclose(linear.prediction.values, truth, atol=2)
    training = prepared.train.targets[:, 0].double().numpy() * 20 + 100
    np.testing.assert_allclose(mean.prediction.values, training.mean())


def test_the_cap_on_rows_is_said(classified: Callable[..., Case], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    _, prepared = classified()
    assert prepared.test is not None
    about = baselines(prepared, prepared.test, seed=0)[1].about
    assert about.startswith(
        "one weight per input and class, on the same prepared inputs of 10 training rows drawn"
    )


class Model:
    """Stands for a fitted model that scores as told."""

    def __init__(self, score: float) -> None:
        self.value = score

    def score(self, inputs: np.ndarray, truth: np.ndarray) -> float:
        assert len(inputs) == len(truth)
        return self.value


@pytest.mark.parametrize(("scores", "chosen"), [((0.8, 0.9), 1), ((0.9, 0.8), 0), ((0.9, 0.9), 0)])
def test_the_penalty_is_chosen_on_validation_rows(
    classified: Callable[..., Case], scores: tuple[float, float], chosen: int
) -> None:
    _, prepared = classified()
    assert prepared.validation is not None
    models = [Model(score) for score in scores]
    scale = module._Standard(prepared.train.inputs.numpy())
    best, remark = module._better(models, scale, prepared.validation, prepared.validation.targets.numpy())
    assert best is models[chosen]
    assert remark == f", penalty {module.PENALTIES[chosen]:g} chosen on validation rows"
    assert module._better(models, scale, None, None) == (models[0], "")


def test_a_class_without_training_rows_gets_no_chance(classified: Callable[..., Case]) -> None:
    _, prepared = classified()
    assert prepared.test is not None
    kept = prepared.train.targets < 2
    part = Part(prepared.train.inputs[kept], prepared.train.targets[kept], prepared.train.rows[kept.numpy()])
    found = baselines(replace(prepared, train=part), prepared.test, seed=0)[1].prediction.probabilities
    assert found is not None
    assert (found[:, 2] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_inputs_that_are_indices_have_no_linear_baseline(classified: Callable[..., Case]) -> None:
    _, prepared = classified()
    words = Part(torch.zeros(30, 4, dtype=torch.int64), prepared.train.targets, prepared.train.rows)
    found = baselines(replace(prepared, train=words), words, seed=0)
    assert [each.name for each in found] == ["majority class"]
