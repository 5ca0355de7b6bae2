"""Regularizers at work in the loop, against the same training written in plain PyTorch."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import DataError, SettingError, UnknownNameError
from glasshouse.training.flat import Group
from glasshouse.training.loop import Training, train
from glasshouse.training.range_test import range_test
from glasshouse.training.records import Records
from glasshouse.training.regularization import Regularization, build_regularizer
from glasshouse.training.turn import Turn

from .conftest import network, points
from .test_loop import largest_difference

PLAIN = {"validation": None, "weight_decay": 0.0, "schedule": "constant", "epochs": 2, "optimizer": "sgd"}


def by_hand(ours, penalty=None, after=None, clip=None):
    """The same steps as anybody would write them with autograd."""
    model = copy.deepcopy(ours.network).train()
    weights = [each for each in model.parameters() if each.dim() > 1]
    optimizer = torch.optim.SGD(model.parameters(), lr=ours.learning_rate)
    for epoch in range(ours.epochs):
        for step in ours.batches.epoch(epoch):
            optimizer.zero_grad()
            rows = sum(len(batch.targets) for batch in step)
            for batch in step:
                loss = F.cross_entropy(model(batch.inputs), batch.targets) * len(batch.targets) / rows
                loss.backward()
            if penalty is not None:
                sum(penalty(each) for each in weights).backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if after is not None:
                with torch.no_grad():
                    for each in weights:
                        each.copy_(after(each))
    return model


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize(
    ("specs", "penalty"),
    [
        ([{"name": "l1", "strength": 0.01}], lambda w: 0.01 * w.abs().sum()),
        ([{"name": "l2", "strength": 0.05}], lambda w: 0.025 * w.square().sum()),
        (
            [{"name": "elastic_net", "strength": 0.05, "l1_share": 0.2}, "l1"],
            lambda w: 0.0101 * w.abs().sum() + 0.02 * w.square().sum(),
        ),
    ],
)
def test_a_penalty_is_added_to_the_loss_once_per_step(job, specs, penalty, weight_decay):
    settings = {**PLAIN, "network": network(dropout=0.0), "batch_size": 7, "accumulate": 2}
    ours = job(**{**settings, "regularizers": specs, "weight_decay": weight_decay})
    with_decay = lambda w: penalty(w) + weight_decay / 2 * w.square().sum()  # noqa: E731
    expected = by_hand(ours, with_decay)
    train(ours)
    assert largest_difference(ours.network, expected) < 1e-6


def test_clipping_sees_the_gradient_with_the_penalty(job):
    ours = job(
        **PLAIN, network=network(dropout=0.0), regularizers=[{"name": "l2", "strength": 5.0}], clip_norm=0.1
    )
    expected = by_hand(ours, lambda w: 2.5 * w.square().sum(), clip=0.1)
    train(ours)
    assert largest_difference(ours.network, expected) < 1e-6


def test_biases_and_norms_are_left_alone(job):
    ours = job(**PLAIN, network=network(dropout=0.0))
    turn = Turn(job(**PLAIN, network=ours.network, regularizers=[{"name": "l1", "strength": 1.0}]))
    expected = sum(float(each.detach().abs().sum()) for each in ours.network.parameters() if each.dim() > 1)
    with turn.flat.installed():
        assert turn.regularization.penalty() == pytest.approx(expected, rel=1e-6)
        turn.flat.zero_gradients()
        turn.finish_gradient()
        for each in ours.network.parameters():
            wanted = torch.sign(each.detach()) if each.dim() > 1 else torch.zeros_like(each)
            assert torch.equal(each.grad, wanted)


def test_max_norm_holds_after_every_update(job):
    limit = 0.5
    ours = job(**PLAIN, network=network(dropout=0.0), regularizers=[{"name": "max_norm", "limit": limit}])
    expected = by_hand(ours, after=lambda w: torch.renorm(w, 2, 0, limit))
    train(ours)
    assert largest_difference(ours.network, expected) < 1e-5
    lengths = [each.detach().norm(dim=1) for each in ours.network.parameters() if each.dim() > 1]
    assert max(float(each.max()) for each in lengths) == pytest.approx(limit, rel=1e-6)


@pytest.mark.parametrize("name", ["input_noise", "weight_noise"])
def test_noise_without_size_changes_nothing_and_with_size_something(job, name):
    bare, none, some = (
        job(**PLAIN, network=network(dropout=0.0), regularizers=regularizers)
        for regularizers in ([], [{"name": name, "deviation": 0.0}], [{"name": name, "deviation": 0.3}])
    )
    for each in (bare, none, some):
        train(each)
    assert largest_difference(bare.network, none.network) < 1e-6
    assert largest_difference(bare.network, some.network) > 1e-3


def test_the_update_under_weight_noise_starts_from_the_weights_without_it(job):
    # A rate of almost nothing: whatever the noise was, the weights must be those of the start.
    ours = job(
        **{**PLAIN, "learning_rate": 1e-12},
        network=nn.Sequential(nn.Linear(2, 2)),
        regularizers=[{"name": "weight_noise", "deviation": 3.0}],
    )
    before = ours.network[0].weight.detach().clone()
    train(ours)
    assert float((ours.network[0].weight.detach() - before).abs().max()) < 1e-9


def test_the_recorded_loss_is_that_of_the_data_and_the_penalty_stands_beside(job):
    records, bare = Records(None), Records(None)
    settings = {**PLAIN, "epochs": 1, "batch_size": 101}
    ours = job(**settings, network=network(dropout=0.0), regularizers=[{"name": "l2", "strength": 0.5}])
    train(ours, records)
    train(job(**settings, network=network(dropout=0.0)), bare)
    # one step: its loss is that of the first weights, with or without a penalty
    assert records.epochs[0]["train"]["loss"] == bare.epochs[0]["train"]["loss"]
    at_the_end = sum(
        0.25 * float(each.detach().double().square().sum())
        for each in ours.network.parameters()
        if each.dim() > 1
    )
    assert records.epochs[0]["penalty"] == pytest.approx(at_the_end, rel=1e-6)
    assert "penalty" not in bare.epochs[0]


def test_a_parameter_without_a_gradient_is_pulled_all_the_same():
    # as on a GPU, where parameters are no views and an unused one has no gradient
    unused = nn.Parameter(torch.tensor([[2.0]]))
    Regularization([{"name": "l2", "strength": 0.5}], [Group([unused], True, [unused])]).add_gradients()
    assert unused.grad.tolist() == [[1.0]]


def test_adaptive_clipping_bounds_each_units_step_by_its_weights(job):
    ours = job(
        **{**PLAIN, "epochs": 1, "batch_size": 101, "learning_rate": 1.0},
        network=nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2)),
        clip_adaptive=0.01,
    )
    before = [each.detach().clone() for each in ours.network.parameters()]
    train(ours)
    for old, new in zip(before, ours.network.parameters(), strict=True):
        axes = tuple(range(1 if old.dim() > 1 else 0, old.dim()))
        moved = (new.detach() - old).square().sum(axes).sqrt()
        longest = 0.01 * old.square().sum(axes).sqrt().clamp(min=1e-3)
        assert bool((moved <= longest * 1.001 + 1e-7).all())
        assert bool((moved >= longest * 0.99 - 1e-7).any())


def test_the_range_test_looks_through_the_regularizers_and_changes_nothing(job):
    heavy = [{"name": "l2", "strength": 3.0}, {"name": "weight_noise", "deviation": 0.2}, "max_norm"]
    ours = job(network=network(), regularizers=heavy)
    before = copy.deepcopy(ours.network.state_dict())
    seen, bare = range_test(ours), range_test(job(network=network()))
    assert seen.losses != bare.losses
    assert all(torch.equal(value, before[name]) for name, value in ours.network.state_dict().items())


def test_noise_on_indices_stops_before_anything_is_learnt(job):
    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.last = nn.Embedding(10, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.last(self.table(x).mean(dim=1))

    part = points()
    words = type(part)((part.inputs * 2).abs().long().clamp(max=9), part.targets, part.rows)
    ours = job(part=words, network=Embedded(), validation=None, regularizers=["input_noise"])
    with pytest.raises(DataError, match="inputs of type int64 under input noise"):
        train(ours)


@pytest.mark.parametrize(
    ("spec", "error", "said"),
    [
        ("dropout", SettingError, r"'dropout' in training.regularizers\n.*\n  fix: dropout is a layer"),
        ("early stopping", SettingError, r"set training.early_stopping"),
        ("weight_decay", SettingError, r"set training.weight_decay"),
        ("label_smoothing", SettingError, r"set objective.label_smoothing"),
        ("l3", UnknownNameError, r"there is no regularizer named 'l3'"),
        ({"name": "l1", "rate": 1}, SettingError, r"regularizer 'l1' has no setting 'rate'"),
    ],
)
def test_what_is_no_regularizer_of_the_loop_is_sent_to_its_place(spec, error, said):
    with pytest.raises(error, match=said):
        build_regularizer(spec)


def test_parameters_that_are_not_flat_are_treated_alike(job, monkeypatch):
    # as on a GPU; noise on weights is left out, because it is drawn tensor by tensor there
    specs = ["elastic_net", {"name": "max_norm", "limit": 0.7}, {"name": "input_noise", "deviation": 0.1}]
    settings = {"network": network(), "regularizers": specs, "clip_norm": 0.5, "clip_adaptive": 0.1}
    flat, apart = job(**settings), job(**{**settings, "network": network()})
    train(flat)
    monkeypatch.setattr("glasshouse.training.turn.can_flatten", lambda *_: False)
    assert Training(apart, Records(None), None, ()).leading.flat is None
    train(apart)
    assert largest_difference(flat.network, apart.network) < 1e-5


def test_noise_on_weights_works_where_parameters_are_not_flat(job, monkeypatch):
    monkeypatch.setattr("glasshouse.training.turn.can_flatten", lambda *_: False)
    ours = job(
        **{**PLAIN, "learning_rate": 1e-12},
        network=nn.Sequential(nn.Linear(2, 2)),
        regularizers=[{"name": "weight_noise", "deviation": 3.0}],
    )
    before = ours.network[0].weight.detach().clone()
    train(ours)
    assert float((ours.network[0].weight.detach() - before).abs().max()) < 1e-9
