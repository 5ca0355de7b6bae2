"""Restricted Boltzmann machines against enumeration, autograd, numerical integration and scikit-learn."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn.neural_network import BernoulliRBM

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.models import annealed_log_partition, log_partition, log_pseudo_likelihood, rbm
from glasshouse.models.annealed_importance_sampling import BaseRates
from glasshouse.models.latent_codes import draw


def machine(visible="binary", inputs=4, hidden=3, seed=0, size=1.0, noise="learned"):
    """Random weights and biases in double precision, large enough for every term to count."""
    torch.manual_seed(seed)
    network = rbm(inputs, hidden=hidden, visible=visible, noise=noise).double()
    for each in network.parameters():
        each.data = torch.randn_like(each) * size
    return network


def states(units):
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=units)), dtype=torch.float64)


def energies(network):
    """The energy of every pair of states, written out number by number from the definition."""
    weight, b, c = (each.detach() for each in (network.weight, network.visible_bias, network.hidden_bias))
    table = []
    for v in states(len(b)):
        row = []
        for h in states(len(c)):
            energy = -sum(b[i] * v[i] for i in range(len(b))) - sum(c[j] * h[j] for j in range(len(c)))
            pairs = itertools.product(range(len(c)), range(len(b)))
            row.append(float(energy - sum(h[j] * weight[j, i] * v[i] for j, i in pairs)))
        table.append(row)
    return torch.tensor(table, dtype=torch.float64)


def test_the_energy_is_that_of_the_definition():
    network = machine()
    table = energies(network)
    rows, hidden = states(4), states(3)
    for place, h in enumerate(hidden):
        given = network.energy(rows, h.expand(len(rows), -1))
        assert torch.allclose(given, table[:, place], rtol=1e-12)


def test_the_free_energy_sums_the_hidden_units_out():
    network = machine()
    expected = -torch.logsumexp(-energies(network), dim=1)
    assert torch.allclose(network.free_energy(states(4)), expected, rtol=1e-12)


def test_conditional_probabilities_are_shares_of_the_joint_ones():
    network = machine()
    joint = torch.softmax(-energies(network).flatten(), dim=0).reshape(16, 8)
    of_hidden = joint @ states(3) / joint.sum(dim=1, keepdim=True)
    of_visible = joint.t() @ states(4) / joint.sum(dim=0)[:, None]
    assert torch.allclose(network.encode(states(4)), of_hidden, rtol=1e-12)
    assert torch.allclose(network.decode(states(3)), of_visible, rtol=1e-12)


@pytest.mark.parametrize(("inputs", "hidden"), [(4, 3), (3, 5)])
def test_the_partition_function_is_the_sum_over_both_layers(inputs, hidden):
    network = machine(inputs=inputs, hidden=hidden)
    expected = float(torch.logsumexp(-energies(network).flatten(), dim=0))
    assert log_partition(network) == pytest.approx(expected, rel=1e-12)


def test_blocks_of_states_add_up(monkeypatch):
    network = machine()
    whole = log_partition(network)
    monkeypatch.setattr("glasshouse.models.partition_function.AT_ONCE", 12)
    assert log_partition(network) == pytest.approx(whole, rel=1e-13)


def test_too_many_units_are_refused():
    with pytest.raises(ModelError, match=r"4 units on the smaller side.*\n.*at most 3.*\n.*annealed"):
        log_partition(machine(inputs=4, hidden=4), most=3)


def grid(network, reach=14.0, places=1401):
    """Rows of one or two numbers on a fine grid, and the size of its cells."""
    axis = torch.linspace(-reach, reach, places, dtype=torch.float64)
    width = len(network.visible_bias)
    return torch.cartesian_prod(*[axis] * width).reshape(-1, width), float(axis[1] - axis[0]) ** width


@pytest.mark.parametrize("inputs", [1, 2])
def test_with_gaussian_units_the_partition_function_is_an_integral(inputs):
    network = machine("gaussian", inputs=inputs, size=0.7)
    rows, cell = grid(network)
    integral = torch.logsumexp(-network.free_energy(rows), dim=0) + math.log(cell)
    assert log_partition(network) == pytest.approx(float(integral), abs=1e-8)


def test_gaussian_units_have_the_mean_and_noise_that_the_energy_gives_them():
    network = machine("gaussian", inputs=1, size=0.7)
    rows, _ = grid(network)
    for h in states(3):
        shares = torch.softmax(-network.energy(rows, h.expand(len(rows), -1)), dim=0)
        mean = float((shares * rows[:, 0]).sum())
        variance = float((shares * (rows[:, 0] - mean).square()).sum())
        assert float(network.decode(h[None])) == pytest.approx(mean, abs=1e-8)
        assert math.exp(float(network.log_noise)) == pytest.approx(variance, rel=1e-8)


def test_a_given_noise_is_not_learnt():
    network = rbm(3, hidden=2, visible="gaussian", noise=0.5)
    assert math.exp(float(network.log_noise)) == pytest.approx(0.25)
    assert sum(each.numel() for each in network.parameters()) == 3 * 2 + 3 + 2


def transitions(network):
    """The probability of every row after a Gibbs step from every row."""
    rows, hidden = states(4), states(3)
    up, down = network.encode(rows), network.decode(hidden)
    to_hidden = torch.where(hidden[None] == 1, up[:, None], 1 - up[:, None]).prod(dim=2)
    to_rows = torch.where(rows[None] == 1, down[:, None], 1 - down[:, None]).prod(dim=2)
    return to_hidden @ to_rows


def test_the_distribution_stays_under_gibbs_steps():
    network = machine()
    shares = torch.softmax(-network.free_energy(states(4)), dim=0)
    assert torch.allclose(shares @ transitions(network), shares, atol=1e-14)


def numbered(rows):
    return (rows @ torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=rows.dtype)).long()


def test_gibbs_steps_go_where_the_table_of_transitions_says():
    network, count = machine(), 40_000
    start = states(4)[5].expand(count, -1)
    ends = network.chain(start, 2, torch.Generator().manual_seed(0))
    found = torch.bincount(numbered(ends), minlength=16) / count
    wanted = torch.linalg.matrix_power(transitions(network), 2)[5]
    error = (wanted * (1 - wanted) / count).sqrt()
    assert ((found - wanted).abs() < 4.5 * error).all()


def test_samples_have_the_probabilities_of_the_machine():
    network, count = machine(), 20_000
    made = network.sample(count, torch.Generator().manual_seed(1), steps=60)
    found = torch.bincount(numbered(made), minlength=16) / count
    wanted = torch.softmax(-network.free_energy(states(4)), dim=0)
    assert ((found - wanted).abs() < 4.5 * (wanted * (1 - wanted) / count).sqrt()).all()


def test_samples_of_gaussian_units_have_the_mean_and_variance_of_the_machine():
    network = machine("gaussian", inputs=1, size=0.7)
    rows, _ = grid(network)
    shares = torch.softmax(-network.free_energy(rows), dim=0)
    mean = float((shares * rows[:, 0]).sum())
    variance = float((shares * (rows[:, 0] - mean).square()).sum())
    made = network.sample(20_000, torch.Generator().manual_seed(2), steps=60)
    assert float(made.mean()) == pytest.approx(mean, abs=4.5 * math.sqrt(variance / 20_000))
    assert float(made.var()) == pytest.approx(variance, rel=0.05)


def test_the_same_seed_draws_the_same_rows_and_ways_are_refused():
    network = rbm((1, 2, 3), hidden=2)
    assert torch.equal(draw(network, 5, seed=3), draw(network, 5, seed=3))
    assert draw(network, 5).shape == (5, 1, 2, 3)
    with pytest.raises(ModelError, match="ways between codes of a RestrictedBoltzmannMachine"):
        draw(network, 5, steps=4)


def test_free_energy_and_probabilities_agree_with_scikit_learn():
    network = machine(inputs=6, hidden=4)
    theirs = BernoulliRBM(n_components=4)
    theirs.components_ = network.weight.detach().numpy()
    theirs.intercept_hidden_ = network.hidden_bias.detach().numpy()
    theirs.intercept_visible_ = network.visible_bias.detach().numpy()
    rows = states(6)
    ours = network.free_energy(rows).detach().numpy()
    assert np.allclose(ours, theirs._free_energy(rows.numpy()), rtol=1e-12)
    assert np.allclose(network.encode(rows).detach().numpy(), theirs.transform(rows.numpy()), rtol=1e-12)


def test_the_pseudo_likelihood_is_the_sum_of_the_conditional_probabilities():
    network = machine()
    rows = states(4)
    joint = torch.softmax(-network.free_energy(rows), dim=0)
    total = 0.0
    for row, share in zip(rows, joint, strict=True):
        for place in range(4):
            other = row.clone()
            other[place] = 1 - other[place]
            total += math.log(share / (share + joint[numbered(other[None])]))
    assert log_pseudo_likelihood(network, rows) == pytest.approx(total / 16, rel=1e-12)


def test_one_number_of_each_row_gives_the_pseudo_likelihood_on_average():
    network, rows = machine(), states(4).repeat(2000, 1)
    assert log_pseudo_likelihood(network, rows, seed=0) == pytest.approx(
        log_pseudo_likelihood(network, states(4)), abs=0.05
    )


def test_the_pseudo_likelihood_of_gaussian_units_is_that_of_their_densities():
    network = machine("gaussian", inputs=2, size=0.7)
    rows = torch.tensor([[0.3, -0.4], [1.5, 0.2]], dtype=torch.float64)
    axis = torch.linspace(-14, 14, 4001, dtype=torch.float64)
    total = 0.0
    for row in rows:
        for place in range(2):
            moved = row.repeat(len(axis), 1)
            moved[:, place] = axis
            everywhere = torch.logsumexp(-network.free_energy(moved), dim=0) + math.log(axis[1] - axis[0])
            total += float(-network.free_energy(row[None]) - everywhere)
    assert log_pseudo_likelihood(network, rows) == pytest.approx(total / 2, abs=1e-7)


@pytest.mark.parametrize("size", [0.3, 1.0])
def test_annealing_comes_within_a_fifth_of_a_nat_of_the_exact_partition_function(size):
    network = machine(inputs=30, hidden=12, size=size)
    rows = torch.rand(200, 30, generator=torch.Generator().manual_seed(0)).round()
    found = annealed_log_partition(network, BaseRates.of(rows, "binary"), chains=128, temperatures=1000)
    exact = log_partition(network)
    assert abs(found.log_partition - exact) < 0.2
    assert found.low < exact < found.high


def test_annealing_works_for_gaussian_units():
    network = machine("gaussian", inputs=5, hidden=4, size=0.5)
    rows = network.sample(500, torch.Generator().manual_seed(0), steps=50).detach()
    found = annealed_log_partition(network, BaseRates.of(rows, "gaussian"), chains=200, temperatures=500)
    assert abs(found.log_partition - log_partition(network)) < 0.2


def test_without_weights_annealing_has_nothing_left_to_estimate():
    network = machine()
    torch.nn.init.zeros_(network.weight)
    found = annealed_log_partition(network, BaseRates(network.visible_bias.detach()), 10, 5)
    # The base has free hidden units, the machine biased ones: a constant factor for every chain.
    assert found.log_partition == pytest.approx(log_partition(network), abs=1e-9)
    assert found.effective == pytest.approx(10)


def test_mean_weights_of_annealing_are_right_in_expectation_even_when_it_is_hasty():
    network = machine(size=0.8)
    base = BaseRates(torch.zeros(4, dtype=torch.float64))
    hasty = annealed_log_partition(network, base, chains=40_000, temperatures=2)
    assert hasty.low < log_partition(network) < hasty.high
    assert hasty.high - hasty.low < 0.2
    assert hasty.effective < 35_000


def test_annealing_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    annealed_log_partition(machine(), BaseRates(torch.zeros(4)), 4, 4)
    assert torch.equal(before, torch.get_rng_state())


def test_settings_out_of_their_range_are_refused():
    with pytest.raises(SettingError, match="hidden"):
        rbm(4, hidden=0)
    with pytest.raises(SettingError, match="visible"):
        rbm(4, visible="grey")
    with pytest.raises(SettingError, match="noise"):
        rbm(4, visible="gaussian", noise=0.0)
