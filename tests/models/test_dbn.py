"""Deep belief networks against enumeration of all their states."""

from __future__ import annotations

import importlib
import itertools
import math

import pytest
import torch

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.models import DeepBeliefNetwork, dbn, layerwise_bound, log_partition, rbm


def machine(inputs, hidden, seed, visible="binary", size=1.0):
    torch.manual_seed(seed)
    network = rbm(inputs, hidden=hidden, visible=visible, noise=0.7).double()
    for each in network.parameters():
        each.data = torch.randn_like(each) * size
    return network


def states(units):
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=units)), dtype=torch.float64)


def joint(network):
    """p(v, h) of one machine, every pair of states, from the energy as it is defined: (V, H)."""
    hidden, visible = network.weight.shape
    v, h = states(visible), states(hidden)
    W, b, c = (each.detach() for each in (network.weight, network.visible_bias, network.hidden_bias))
    return torch.softmax((v @ b)[:, None].add(h @ c).add(v @ W.t() @ h.t()).flatten(), 0).reshape(
        len(v), len(h)
    )


def given(network):
    """p(v | h), as shares of the joint probabilities: (V, H)."""
    together = joint(network)
    return together / together.sum(dim=0)


def exact_logs(machines):
    """ln p(v) of every state, by going through every state of every layer."""
    prior = joint(machines[-1]).sum(dim=1)
    for below in reversed(machines[:-1]):
        prior = given(below) @ prior
    return prior.log()


def transposed(below):
    """A machine that says of its visible units what the one below says of its hidden ones."""
    above = machine(below.weight.shape[0], below.weight.shape[1], 0)
    above.weight.data = below.weight.data.t().clone()
    above.recognition.bias.data = below.visible_bias.data.clone()
    above.generation.bias.data = below.hidden_bias.data.clone()
    return above


STACKS = {
    "two": [(4, 3, 0), (3, 5, 1)],
    "three": [(4, 3, 2), (3, 4, 3), (4, 2, 4)],
}


@pytest.mark.parametrize("sizes", STACKS.values(), ids=STACKS)
def test_the_bound_never_lies_above_the_exact_likelihood(sizes):
    machines = [machine(*size) for size in sizes]
    bound = layerwise_bound(machines, states(4), log_partition(machines[-1]))
    gap = exact_logs(machines) - bound
    assert gap.min() > 0
    assert gap.max() > 0.01  # it is no equality that rounding decides


@pytest.mark.parametrize("sizes", STACKS.values(), ids=STACKS)
def test_the_gap_is_the_divergence_of_the_way_up_from_the_true_posterior(sizes):
    machines = [machine(*size) for size in sizes]
    below, above = machines[0], machines[1:]
    prior = exact_logs(above).exp()
    posterior = given(below) * prior
    posterior = posterior / posterior.sum(dim=1, keepdim=True)
    share = below.encode(states(4))
    q = torch.where(states(3)[None] == 1, share[:, None], 1 - share[:, None]).prod(dim=2)
    divergence = (q * (q.log() - posterior.log())).sum(dim=1)
    # With the exact prior of the upper layers in the place of their bound, nothing else is lost.
    further = exact_logs(above) - layerwise_bound(above, states(3), log_partition(machines[-1]))
    gap = exact_logs(machines) - layerwise_bound(machines, states(4), log_partition(machines[-1]))
    assert torch.allclose(gap, divergence + q @ further, atol=1e-12)


def test_one_machine_has_its_likelihood_as_the_bound():
    alone = machine(4, 3, 0)
    bound = layerwise_bound([alone], states(4), log_partition(alone))
    assert torch.allclose(bound, joint(alone).sum(dim=1).log(), atol=1e-12)


def test_a_machine_with_transposed_weights_begins_at_the_likelihood_of_the_one_below():
    below = machine(4, 3, 5)
    above = transposed(below)
    alone = layerwise_bound([below], states(4), log_partition(below))
    together = layerwise_bound([below, above], states(4), log_partition(above))
    assert torch.allclose(together, alone, atol=1e-12)
    assert torch.allclose(together, exact_logs([below, above]), atol=1e-12)
    thrice = [below, above, transposed(above)]
    bound = layerwise_bound(thrice, states(4), log_partition(thrice[-1]))
    assert torch.allclose(bound, alone, atol=1e-12)


def test_a_step_up_the_second_machines_likelihood_of_hidden_units_raises_the_bound():
    below = machine(4, 3, 5)
    above = transposed(below)
    rows = states(4)[[1, 6, 11]]
    share = below.encode(rows).detach()
    q = torch.where(states(3)[None] == 1, share[:, None], 1 - share[:, None]).prod(dim=2).mean(dim=0)
    before = layerwise_bound([below, above], rows, log_partition(above)).mean()
    said = torch.logsumexp(-above.free_energy(states(3)), dim=0)
    likelihood = (q * (-above.free_energy(states(3)) - said)).sum()
    slopes = torch.autograd.grad(likelihood, list(above.parameters()))
    with torch.no_grad():
        for each, slope in zip(above.parameters(), slopes, strict=True):
            each += 0.05 * slope
    after = layerwise_bound([below, above], rows, log_partition(above)).mean()
    assert after > before + 1e-3


def test_draws_give_the_bound_on_average(monkeypatch):
    machines = [machine(*size) for size in STACKS["three"]]
    rows, log_z = states(4)[:3], log_partition(machines[-1])
    expected = layerwise_bound(machines, rows, log_z)
    monkeypatch.setattr(importlib.import_module("glasshouse.models.layerwise_bound"), "MOST_UNITS", 0)
    drawn = layerwise_bound(machines, rows, log_z, 20_000, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn, expected, atol=0.05)


def test_gaussian_rows_have_the_density_that_the_sum_over_hidden_states_gives():
    below, above = machine(2, 3, 6, "gaussian"), machine(3, 4, 7)
    rows = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    prior = joint(above).sum(dim=1)
    means = below.generation(states(3)).detach()
    density = torch.distributions.Normal(means[None], 0.7).log_prob(rows[:, None]).sum(dim=2).exp()
    exact = (density @ prior).log()
    alone = layerwise_bound([below], rows, log_partition(below))
    shares = torch.softmax(_logs_of_hidden(below), dim=0)
    assert torch.allclose(alone, (density @ shares).log(), atol=1e-10)
    assert (exact - layerwise_bound([below, above], rows, log_partition(above))).min() > 0


def _logs_of_hidden(below):
    """ln p(h) of a Gaussian machine but for a constant, with the visible units integrated out."""
    b, c, W = (each.detach() for each in (below.visible_bias, below.hidden_bias, below.weight))
    far = (b + states(3) @ W).square().sum(dim=1) - b.square().sum()
    return states(3) @ c + far / (2 * 0.7**2)


def test_samples_have_the_probabilities_of_the_enumeration():
    machines = [machine(*size, size=0.7) for size in STACKS["three"]]
    network = DeepBeliefNetwork(machines)
    drawn = network.sample(40_000, torch.Generator().manual_seed(0), steps=60)
    places = (drawn @ torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)).long()
    shares = torch.bincount(places, minlength=16).double() / len(drawn)
    assert torch.allclose(shares, exact_logs(machines).exp(), atol=0.01)


def test_a_machine_begins_tied_where_its_size_allows_it():
    network = DeepBeliefNetwork([machine(4, 3, 5), machine(3, 4, 6), machine(4, 2, 7)])
    below, above, top = network.stack()
    expected, before = transposed(below), top.weight.clone()
    assert network.begin_tied(1)
    for name, value in expected.state_dict().items():
        assert torch.equal(above.state_dict()[name], value), name
    assert not network.begin_tied(2)
    assert torch.equal(top.weight, before)
    assert not DeepBeliefNetwork([machine(4, 3, 5, "gaussian"), machine(3, 4, 6)]).begin_tied(1)


def test_units_are_drawn_with_the_probabilities_of_the_machines():
    network = DeepBeliefNetwork([machine(*size) for size in STACKS["three"]])
    one, two, _ = network.stack()
    row = states(4)[5:6]
    drawn = network.draw_up(row.expand(40_000, -1), torch.Generator().manual_seed(0))
    share = one.encode(row)
    q = torch.where(states(3) == 1, share, 1 - share).prod(dim=1)
    assert torch.allclose(drawn.mean(dim=0), q @ two.encode(states(3)), atol=0.01)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert network.draw_up(row, machines=1).shape == (1, 3)


def test_codes_and_reconstructions_go_through_all_machines():
    machines = [machine(*size) for size in STACKS["three"]]
    network = DeepBeliefNetwork(machines)
    rows = states(4)
    one, two, three = machines
    code = three.encode(two.encode(one.encode(rows)))
    assert torch.equal(network.encode(rows), code)
    assert torch.equal(network(rows), one.decode(two.decode(three.decode(code))))


def test_only_the_machine_on_top_is_trained():
    network = dbn((1, 2, 2), hidden=[3, 2])
    assert [each.requires_grad for each in network.machines[0].parameters()] == [False] * 3
    assert all(each.requires_grad for each in network.top.parameters())
    assert network.sample(2, steps=3).shape == network.chain(torch.ones(2, 1, 2, 2), 2).shape == (2, 1, 2, 2)


def test_machines_that_do_not_fit_are_refused():
    with pytest.raises(ModelError, match="machine 2 with 5 binary visible units on a machine with 3 hidden"):
        DeepBeliefNetwork([rbm(4, hidden=3, visible="binary"), rbm(5, hidden=2, visible="binary")])
    with pytest.raises(ModelError, match="gaussian visible units"):
        DeepBeliefNetwork([rbm(4, hidden=3, visible="binary"), rbm(3, hidden=2, visible="gaussian")])
    with pytest.raises(ModelError, match="no machines"):
        DeepBeliefNetwork([])
    with pytest.raises(SettingError, match="hidden"):
        dbn(4, hidden=[])


def test_the_bound_of_independent_coins_is_exact():
    network = dbn(3, hidden=[4, 2], visible="binary")
    for each in network.parameters():
        each.data.zero_()
    bound = network.bound(torch.ones(1, 3), log_partition(network.top))
    assert float(bound) == pytest.approx(-3 * math.log(2))
