"""Sample weights: by both engines, every loss, and against rows that are simply repeated."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES, CrossEntropy
from glasshouse.losses.sample_weights import each, refuse_unweighable, weighted_mean
from glasshouse.objectives import Reconstruction, Supervised
from glasshouse.objectives.sparse import Sparse
from glasshouse.training import Job, train
from glasshouse.training.batches import InMemoryBatches

ROWS, CLASSES = 12, 3
WEIGHABLE = [name for name in LOSSES if LOSSES[name].facts["task"] not in ("control", "verification")]


def drawn(name, rows=ROWS):
    """Outputs and targets that a loss takes."""
    generator = torch.Generator().manual_seed(3)
    concept = LOSSES[name]
    width = 2 if concept.facts.get("classes") == 2 else CLASSES
    outputs = torch.randn(rows, width, generator=generator, dtype=torch.float64)
    if concept.facts["task"] == "regression":
        return outputs, torch.randn(rows, width, generator=generator, dtype=torch.float64)
    if concept.facts.get("targets") == "shares":
        return outputs, torch.rand(rows, width, generator=generator, dtype=torch.float64).softmax(1)
    if width == 2:
        return outputs, torch.randint(2, (rows, 2), generator=generator).double()
    return outputs, torch.randint(width, (rows,), generator=generator)


@pytest.mark.parametrize("name", WEIGHABLE)
def test_the_plain_mean_over_the_samples_is_the_loss(name):
    loss = LOSSES.build(name)
    outputs, targets = drawn(name)
    torch.testing.assert_close(each(loss, outputs, targets).mean(), loss(outputs, targets))


@pytest.mark.parametrize("name", WEIGHABLE)
def test_a_weight_of_two_is_the_row_twice_and_one_of_zero_is_no_row(name):
    loss = LOSSES.build(name)
    outputs, targets = drawn(name)
    weights = torch.tensor([2.0, 0.0, 1.0, 3.0] * 3, dtype=torch.float64)
    repeated = torch.repeat_interleave(torch.arange(ROWS), weights.long())
    outputs.requires_grad_(True)
    weighted = weighted_mean(loss, outputs, targets, weights)
    plain = loss(outputs[repeated], targets[repeated])
    torch.testing.assert_close(weighted, plain)
    own, other = (torch.autograd.grad(value, outputs, retain_graph=True)[0] for value in (weighted, plain))
    torch.testing.assert_close(own, other)


def trained(engine, name, inputs, targets, weights, accumulate=1, batch_size=4, outputs=None):
    torch.manual_seed(0)
    width = outputs or (targets.shape[1] if targets.is_floating_point() else CLASSES)
    network = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, width)).double()
    part = Part(inputs, targets, np.arange(len(inputs)), weights)
    batches = InMemoryBatches(part, batch_size=batch_size, accumulate=accumulate, shuffle=False)
    job = Job(
        network=network,
        batches=batches,
        objective=Supervised(LOSSES.build(name)),
        optimizer="sgd",
        learning_rate=0.1,
        epochs=3,
        engine=engine,
    )
    outcome = train(job)
    assert outcome.engine == engine
    return torch.cat([each.detach().reshape(-1) for each in network.parameters()])


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("name", WEIGHABLE)
def test_both_engines_take_the_same_weighted_steps(name, accumulate):
    _, targets = drawn(name)
    inputs = torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weights = torch.rand(ROWS, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weights[:4] = 0.0  # a whole batch that counts for nothing
    found = [trained(engine, name, inputs, targets, weights, accumulate) for engine in ("dense", "autograd")]
    torch.testing.assert_close(*found, rtol=1e-10, atol=1e-12)


def test_weighted_full_batches_end_where_repeated_rows_end():
    inputs = torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    targets = torch.arange(ROWS) % CLASSES
    weights = torch.tensor([2.0, 0.0, 1.0, 3.0] * 3, dtype=torch.float64)
    repeated = torch.repeat_interleave(torch.arange(ROWS), weights.long())
    weighted = trained("dense", "cross_entropy", inputs, targets, weights, batch_size=ROWS)
    plain = trained(
        "dense", "cross_entropy", inputs[repeated], targets[repeated], None, batch_size=len(repeated)
    )
    torch.testing.assert_close(weighted, plain, rtol=1e-10, atol=1e-12)


def test_weighted_validation_counts_in_the_watched_loss():
    targets = torch.tensor([0, 1, 2, 0])
    part = Part(torch.eye(4, 3), targets, np.arange(4), torch.tensor([1.0, 0.0, 0.0, 0.0]))
    judged = Supervised(CrossEntropy()).judge(nn.Identity(), part)
    expected = float(nn.functional.cross_entropy(torch.eye(4, 3)[:1], targets[:1]))
    assert judged.loss == pytest.approx(expected)


def test_reconstructions_are_weighed_too():
    rows = torch.tensor([[1.0, 1.0], [5.0, 5.0]])
    objective = Reconstruction(LOSSES.build("mse"))
    step = objective.weighted(nn.Flatten(), rows, torch.zeros(2, 2), torch.tensor([1.0, 0.0]))
    assert float(step.loss) == 1.0


def test_class_weights_beside_sample_weights_are_refused_by_name():
    loss = CrossEntropy(class_weights=[1.0, 2.0])
    with pytest.raises(SettingError, match="sample weights beside class weights in the loss"):
        weighted_mean(loss, torch.zeros(2, 2), torch.tensor([0, 1]), torch.ones(2))


def test_an_objective_that_weighs_no_rows_says_so():
    objective = Sparse(LOSSES.build("mse"))
    with pytest.raises(SettingError, match="sample weights with the objective sparse"):
        objective.weighted(nn.Identity(), torch.zeros(2, 2), torch.zeros(2, 2), torch.ones(2))


def test_rows_that_are_not_shuffled_come_as_they_lie():
    part = Part(torch.arange(5.0).reshape(5, 1), torch.arange(5), np.arange(5), torch.arange(5.0))
    batches = InMemoryBatches(part, batch_size=2, shuffle=False)
    seen = [batch.weights.tolist() for step in batches.epoch(7) for batch in step]
    assert seen == [[0.0, 1.0], [2.0, 3.0, 4.0]]


def test_weights_are_shuffled_with_their_rows():
    part = Part(torch.arange(50.0).reshape(50, 1), torch.arange(50), np.arange(50), torch.arange(50.0))
    for step in InMemoryBatches(part, batch_size=8, seed=1).epoch(2, start=1):
        assert step[0].inputs[:, 0].tolist() == step[0].weights.tolist() == step[0].targets.tolist()


def test_a_loss_that_weighs_no_samples_is_refused_by_name():
    with pytest.raises(SettingError, match="sample weights with the loss TemporalDifference"):
        refuse_unweighable(LOSSES.build("temporal_difference"))
