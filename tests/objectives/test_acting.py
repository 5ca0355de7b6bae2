"""Targets by hand, the copy that lags behind, both phases of DDPG, and trials that disturb nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.random_state import capture
from glasshouse.data.parts import Part
from glasshouse.models import actor_critic, mlp, q_network
from glasshouse.objectives import DDPG, ObjectiveSettings, QLearning, Transitions, Trial, build_acting
from glasshouse.objectives.acting import transitions_of
from glasshouse.worlds import Episode, make_world, play, value_iteration

ROW = torch.ones(1, 1)


def q_learning(discount=0.9, every=1, rate=1.0, double=False, world="world:grid"):
    return QLearning(discount, every, rate, Trial(make_world(world), (0, 1)), double)


def ddpg(rate=0.1):
    return DDPG(0.5, 1, rate, Trial(make_world("world:linear"), (0,)), critic_rate=0.02)


def line(*slopes):
    """A network of one number in, whose outputs are its multiples."""
    network = nn.Linear(1, len(slopes), bias=False)
    network.weight.data = torch.tensor(slopes)[:, None]
    return network


def moves(rewards, ended, after=None, actions=None):
    rows = len(rewards)
    column = lambda values: torch.tensor(values, dtype=torch.float32).reshape(rows, -1)  # noqa: E731
    ones = torch.ones(rows, 1)
    return Transitions(
        ones, 0 * ones if actions is None else column(actions), column(rewards),
        ones if after is None else column(after), column(ended),
    )  # fmt: skip


def test_the_target_is_reward_and_discounted_best_of_the_copy():
    objective, network = q_learning(discount=0.5), line(1.0, 3.0)
    objective.begin(network)
    network.weight.data *= 100  # the copy has not moved
    # 2 + 0.5 * max(1, 3), and where the world ended 2 alone; of s' = 2: 2 + 0.5 * max(2, 6)
    targets = objective.targets(network, moves([2.0, 2.0, 2.0], [0, 1, 0], after=[1, 1, 2]))
    assert targets[:, 1].tolist() == [3.5, 2.0, 5.0]


def test_double_lets_the_network_choose_and_the_copy_judge():
    objective, network = q_learning(discount=0.5, double=True), line(1.0, 3.0)
    objective.begin(network)
    network.weight.data = torch.tensor([[9.0], [4.0]])
    # The network likes action 0 best, which the copy says is worth 1: 2 + 0.5 * 1
    assert objective.targets(network, moves([2.0], [0]))[:, 1].tolist() == [2.5]


def test_time_that_runs_out_is_no_end_of_the_world():
    seen = [np.float32([k]) for k in range(4)]
    truncated = transitions_of([Episode(0, seen, [0, 0, 0], [1.0] * 3, False)], torch.device("cpu"))
    terminated = transitions_of([Episode(0, seen, [0, 0, 0], [1.0] * 3, True)], torch.device("cpu"))
    assert truncated.ended.flatten().tolist() == [0, 0, 0]
    assert terminated.ended.flatten().tolist() == [0, 0, 1]
    objective, network = q_learning(discount=0.5), line(1.0, 1.0)
    objective.begin(network)
    assert objective.targets(network, truncated)[-1, 1].item() == 1 + 0.5 * 3
    assert objective.targets(network, terminated)[-1, 1].item() == 1


@pytest.mark.parametrize(("every", "rate", "expected"), [(1, 0.25, 1.5), (2, 1.0, 3.0), (2, 0.5, 2.0)])
def test_the_copy_follows_at_its_rate_every_so_many_updates(every, rate, expected):
    objective, network = q_learning(every=every, rate=rate), line(1.0)
    objective.begin(network)
    network.weight.data[:] = 3.0
    objective.follow(network, updates=2)
    assert objective.copy.weight.item() == pytest.approx(expected)
    objective.follow(network, updates=3)
    if every == 2:
        assert objective.copy.weight.item() == pytest.approx(expected)


def test_nothing_flows_back_through_the_target():
    objective, network = q_learning(), q_network(1, 2, hidden=[3])
    objective.begin(network)
    pair = moves([1.0], [0], actions=[1])
    targets = objective.targets(network, pair)
    assert not targets.requires_grad
    objective(network, pair.seen, targets).loss.backward()
    assert all(each.grad is None for each in objective.copy.parameters())
    assert network[-1].bias.grad[0] == 0  # of the action that was not taken
    assert network[-1].bias.grad[1] != 0


def test_the_loss_is_hubers_at_the_taken_action():
    objective, network = q_learning(), line(1.0, 5.0)
    step = objective(network, torch.ones(2, 1), torch.tensor([[0.0, 1.5], [1.0, 8.0]]))
    assert step.loss.item() == pytest.approx((0.5 * 0.5**2 + (3 - 0.5)) / 2)


def test_the_critics_target_asks_both_copies():
    objective = ddpg()
    network = actor_critic(1, 1, hidden=[4], low=[-2], high=[2])
    objective.begin(network)
    with torch.no_grad():
        expected = 2 + 0.5 * network.value(ROW, network(ROW))
        for each in network.parameters():
            each.add_(1.0)
    targets = objective.targets(network, moves([2.0, 2.0], [0, 1], actions=[0.3, 0.4]))
    assert targets[0].tolist() == pytest.approx([0.3, expected.item()])
    assert targets[1].tolist() == pytest.approx([0.4, 2.0])


def test_the_actor_climbs_the_deterministic_policy_gradient():
    """The chain rule by hand: mean of dQ/da times d(mu)/d(theta)."""
    torch.manual_seed(0)
    objective, network = ddpg(), actor_critic(2, 1, hidden=[5]).double()
    seen = torch.randn(7, 2).double()
    objective.actor_step(network, seen, seen).loss.backward()
    action = network(seen).detach().requires_grad_()
    slope = torch.autograd.grad(network.value(seen, action).sum(), action)[0]
    for parameter in network.actor.parameters():
        expected = torch.zeros_like(parameter)
        for row in range(7):
            own = torch.autograd.grad(network(seen[row : row + 1]).sum(), parameter)[0]
            expected -= slope[row] * own / 7
        assert torch.allclose(parameter.grad, expected, atol=1e-12)


def test_the_critic_has_a_learning_rate_of_its_own():
    critic, actor = ddpg().phases
    assert (critic.moves, critic.learning_rate) == (("critic",), 0.02)
    assert (actor.moves, actor.learning_rate) == (("actor",), None)


def test_a_trial_gives_the_same_numbers_twice_and_draws_nothing():
    objective, network = q_learning(), q_network(25, 4, hidden=[8])
    objective.begin(network)
    part = Part(torch.zeros(3, 25), torch.zeros(3, 2), np.arange(3))
    before = capture()["torch"].clone()
    one, other = objective.judge(network, part), objective.judge(network, part)
    assert one.parts == other.parts
    assert one.loss == other.loss
    assert torch.equal(capture()["torch"], before)
    assert network.training


def test_a_network_that_knows_the_best_values_has_no_error_and_expects_what_comes():
    world = make_world("world:grid")
    best = value_iteration(world, 0.9)
    network = nn.Linear(25, 4, bias=False)
    network.weight.data = torch.from_numpy(best.T.copy()).float()
    objective = q_learning(discount=0.9)
    objective.begin(network)
    judged = objective.judge(network, Part(torch.zeros(1, 25), torch.zeros(1, 2), np.arange(1)))
    assert judged.loss < 1e-10
    assert judged.parts["expected"] == pytest.approx(judged.parts["came"], abs=1e-5)
    earned = play(world, objective.policy(network), (0, 1))
    assert judged.parts["return"] == pytest.approx(np.mean([each.total for each in earned]))


def test_objectives_for_other_actions_are_refused():
    settings = ObjectiveSettings(name="ddpg", discount=0.9, target_every=1, target_rate=0.1)
    with pytest.raises(SettingError, match="expected: 'q_learning', because its actions are counted"):
        build_acting(settings, Trial(make_world("world:grid"), (0,)))


def test_another_loss_is_refused():
    settings = ObjectiveSettings(name="q_learning", loss="mse", discount=0.9, target_every=1, target_rate=1.0)
    with pytest.raises(SettingError, match=r"objective.loss = 'mse' in a world"):
        build_acting(settings, Trial(make_world("world:grid"), (0,)))


def test_batch_norm_and_networks_without_a_critic_are_refused():
    with pytest.raises(ModelError, match="batch norm in layer 'norm1' of a network that acts"):
        q_learning().refuse(mlp(25, 4, normalization="batch"))
    with pytest.raises(ModelError, match="fix: set model.name = 'actor_critic'"):
        ddpg().refuse(mlp(2, 1))


@pytest.mark.parametrize("key", ["discount", "target_every", "target_rate", "double"])
def test_settings_of_worlds_are_refused_elsewhere(key):
    value = {"double": False, "target_every": 5}.get(key, 0.5)
    with pytest.raises(SettingError, match=f"objective.{key} with objective.name = 'supervised'"):
        ObjectiveSettings(name="supervised", **{key: value})
