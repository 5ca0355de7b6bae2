"""Gradients of contrastive divergence against enumeration, chains that go on, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.models import autoencoder, log_partition, rbm
from glasshouse.objectives import ContrastiveDivergence, ObjectiveSettings, build_objective

STATES = torch.tensor(list(itertools.product([0.0, 1.0], repeat=3)), dtype=torch.float64)
HIDDEN = torch.tensor(list(itertools.product([0.0, 1.0], repeat=2)), dtype=torch.float64)
ROWS = torch.tensor([[1, 0, 1], [1, 1, 0]], dtype=torch.float64)


def machine():
    torch.manual_seed(0)
    network = rbm(3, hidden=2, visible="binary").double()
    for each in network.parameters():
        each.data = torch.randn_like(each)
    return network


def transitions(network):
    up, down = network.encode(STATES), network.decode(HIDDEN)
    to_hidden = torch.where(HIDDEN[None] == 1, up[:, None], 1 - up[:, None]).prod(dim=2)
    to_rows = torch.where(STATES[None] == 1, down[:, None], 1 - down[:, None]).prod(dim=2)
    return (to_hidden @ to_rows).detach()


def shares_of(rows):
    places = (rows @ torch.tensor([4.0, 2.0, 1.0], dtype=rows.dtype)).long()
    return torch.bincount(places, minlength=8).double() / len(rows)


def gradient(network, loss):
    found = torch.autograd.grad(loss, list(network.parameters()))
    return torch.cat([each.flatten() for each in found])


def by_enumeration(network, ends):
    """The gradient where chains end in every state with the given probability."""
    loss = network.free_energy(ROWS).mean() - ends @ network.free_energy(STATES)
    return gradient(network, loss)


def drawn(network, objective, rows):
    return gradient(network, objective(network, rows, rows).loss)


@pytest.mark.parametrize("steps", [1, 3])
def test_the_gradient_of_cd_is_in_expectation_that_of_every_end_by_its_probability(steps):
    network, times = machine(), 40_000
    ends = shares_of(ROWS) @ torch.linalg.matrix_power(transitions(network), steps)
    torch.manual_seed(1)
    found = drawn(network, ContrastiveDivergence(steps), ROWS.repeat(times // 2, 1))
    # Each chain's gradient lies between -1 and 1, so that its mean has an error of 0.5 / sqrt(times) at most.
    assert (found - by_enumeration(network, ends)).abs().max() < 4.5 * 0.5 / times**0.5


def test_long_chains_give_the_gradient_of_the_exact_likelihood():
    network = machine()
    of_all = torch.logsumexp(-network.free_energy(STATES), dim=0)
    exact = gradient(network, network.free_energy(ROWS).mean() + of_all)
    torch.manual_seed(2)
    found = drawn(network, ContrastiveDivergence(60), ROWS.repeat(20_000, 1))
    assert (found - exact).abs().max() < 4.5 * 0.5 / 40_000**0.5


def test_the_gradient_of_pcd_is_in_expectation_that_of_chains_that_went_on():
    network = machine()
    objective = ContrastiveDivergence(1, persistent=True, chains=40_000)
    torch.manual_seed(3)
    for updates in (1, 2, 3):
        found = drawn(network, objective, ROWS)
        ends = shares_of(ROWS) @ torch.linalg.matrix_power(transitions(network), updates)
        assert (found - by_enumeration(network, ends)).abs().max() < 4.5 * 0.5 / 40_000**0.5


def test_persistent_chains_are_those_of_the_exact_likelihood_after_a_while():
    network = machine()
    objective = ContrastiveDivergence(20, persistent=True, chains=40_000)
    torch.manual_seed(4)
    drawn(network, objective, ROWS), drawn(network, objective, ROWS)
    exact = by_enumeration(network, torch.softmax(-network.free_energy(STATES).detach(), dim=0))
    assert (drawn(network, objective, ROWS) - exact).abs().max() < 4.5 * 0.5 / 40_000**0.5


def test_the_gradient_is_the_difference_of_correlations_of_the_textbook():
    network = machine()
    ends = STATES[:4]
    step = ContrastiveDivergence._contrasted(network, ROWS, ends)
    step.loss.backward()
    of_rows = network.encode(ROWS).t() @ ROWS / 2
    of_ends = network.encode(ends).t() @ ends / 4
    assert torch.allclose(network.weight.grad, of_ends - of_rows, rtol=1e-12)
    assert torch.allclose(network.visible_bias.grad, ends.mean(dim=0) - ROWS.mean(dim=0), rtol=1e-12)


def test_persistent_chains_go_on_from_a_stored_state():
    network, one = machine(), ContrastiveDivergence(1, persistent=True, chains=5)
    assert one.state() == {}
    torch.manual_seed(5)
    one(network, ROWS, ROWS)
    other = ContrastiveDivergence(1, persistent=True, chains=5)
    other.restore(one.state())
    for objective in (one, other):
        torch.manual_seed(6)
        objective(network, ROWS, ROWS)
    assert torch.equal(one.ends, other.ends)
    assert one.ends.shape == (5, 3)


def test_plain_chains_leave_nothing_behind():
    objective = ContrastiveDivergence(1)
    objective(machine(), ROWS, ROWS)
    assert objective.state() == {}


def test_a_part_is_judged_by_its_exact_likelihood_and_always_alike():
    network, objective = machine(), ContrastiveDivergence(1)
    objective.refuse(network)
    part = Part(ROWS, ROWS, np.arange(2))
    before = torch.get_rng_state()
    judged = objective.judge(network, part)
    again = objective.judge(network, part)
    assert (judged.loss, judged.parts) == (again.loss, again.parts)
    assert torch.equal(before, torch.get_rng_state())
    logs = torch.log_softmax(-network.free_energy(STATES), dim=0)
    expected = float(logs[[5, 6]].detach().mean())
    assert judged.parts["log_likelihood"] == pytest.approx(expected, rel=1e-6)
    assert objective.watched == "log_likelihood"
    assert log_partition(network) > 0


def test_large_machines_are_watched_by_their_pseudo_likelihood():
    network, objective = rbm(20, hidden=13, visible="binary"), ContrastiveDivergence()
    objective.refuse(network)
    rows = torch.ones(4, 20)
    assert objective.watched == "pseudo_likelihood"
    assert "pseudo_likelihood" in objective.judge(network, Part(rows, rows, np.arange(4))).parts


def prepared(rows):
    return Prepared(Part(rows, rows, np.arange(len(rows))), None, None, "reconstruction", (3,), 3, (), "")


def test_other_networks_and_numbers_beyond_one_are_refused():
    objective = build_objective(ObjectiveSettings(name="contrastive_divergence"), prepared(3 * ROWS - 1))
    with pytest.raises(ModelError, match="on a Autoencoder"):
        objective.refuse(autoencoder(3))
    with pytest.raises(ModelError, match=r"binary visible units on rows from -1 to 2"):
        objective.refuse(rbm(3, visible="binary"))
    objective.refuse(rbm(3, visible="gaussian"))


def test_losses_and_idle_settings_are_refused():
    with pytest.raises(SettingError, match=r"objective.loss = 'mse' with objective 'contrastive_divergence'"):
        build_objective(ObjectiveSettings(name="contrastive_divergence", loss="mse"), prepared(ROWS))
    with pytest.raises(SettingError, match=r"objective.chains = 7 with chains that begin anew"):
        build_objective(ObjectiveSettings(name="contrastive_divergence", chains=7), prepared(ROWS))
    with pytest.raises(SettingError, match=r"objective.gibbs_steps with objective.name = 'elbo'"):
        ObjectiveSettings(name="elbo", gibbs_steps=2)
