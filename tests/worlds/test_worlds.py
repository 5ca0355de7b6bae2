"""Worlds repeat themselves, keep gymnasium's contract, and their best policies are what mathematics says."""

from __future__ import annotations

import numpy as np
import pytest

from glasshouse.core import optional
from glasshouse.core.errors import DataError, MissingDependencyError, SettingError, UnknownNameError
from glasshouse.worlds import GridWorld, LinearWorld, is_world, make_world, play, seeds_for, value_iteration
from glasshouse.worlds.tabular_world import Outcome, TabularWorld

gymnasium = pytest.importorskip("gymnasium")
EVERY = [
    "world:grid",
    "world:linear",
    "gymnasium:CartPole-v1",
    "gymnasium:Pendulum-v1",
    "gymnasium:Acrobot-v1",
]


def at_random(world, seed):
    generator = np.random.default_rng(seed)
    return lambda _: world.actions.random(generator)


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_and_actions_show_the_same_bits(name):
    world, other = make_world(name), make_world(name)
    [episode] = play(world, at_random(world, 1), [5])
    play(other, at_random(other, 2), [9, 11])  # whatever was done before does not matter
    middle = len(episode) // 2
    assert np.array_equal(other.retrace(5, episode.actions[:middle]), episode.observations[middle])
    rest = [other.step(action) for action in episode.actions[middle:]]
    assert [each.reward for each in rest] == episode.rewards[middle:]
    assert all(
        np.array_equal(a.observation, b)
        for a, b in zip(rest, episode.observations[middle + 1 :], strict=True)
    )


@pytest.mark.parametrize("name", EVERY)
def test_what_is_shown_and_done_has_the_sizes_that_are_said(name):
    world = make_world(name)
    [episode] = play(world, at_random(world, 1), [0])
    for seen in episode.observations:
        assert seen.shape == (len(world.seen),)
        assert seen.dtype == np.float32
    if not world.actions.counted:
        low, high = world.actions.low, world.actions.high
        assert all((low <= each).all() and (each <= high).all() for each in episode.actions)
    assert len(episode) <= world.limit


def test_worlds_of_the_house_keep_the_contract_of_gymnasium():
    from gymnasium.utils.env_checker import check_env

    class Adapter(gymnasium.Env):
        def __init__(self, world):
            self.world = world
            self.observation_space = gymnasium.spaces.Box(-1e6, 1e6, (len(world.seen),), np.float32)
            actions = world.actions
            self.action_space = (
                gymnasium.spaces.Discrete(len(actions))
                if actions.counted
                else gymnasium.spaces.Box(np.float32(actions.low), np.float32(actions.high))
            )

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return self.world.reset(0 if seed is None else seed), {}

        def step(self, action):
            return *self.world.step(action), {}

    for world in (GridWorld(), GridWorld(slip=0.3), LinearWorld()):
        check_env(Adapter(world), skip_render_check=True)


def test_gymnasiums_time_limit_truncates_and_a_fallen_pole_terminates():
    pendulum, cart_pole = make_world("gymnasium:Pendulum-v1"), make_world("gymnasium:CartPole-v1")
    [swung] = play(pendulum, lambda _: np.zeros(1, np.float32), [0])
    [fallen] = play(cart_pole, lambda _: 0, [0])
    assert (len(swung), swung.terminated) == (200, False)
    assert len(fallen) < 20
    assert fallen.terminated


def test_a_world_of_numbered_states_becomes_a_row_with_one_one():
    world = make_world("gymnasium:CliffWalking-v1") if "CliffWalking-v1" in gymnasium.registry else None
    if world is None:
        pytest.skip("this gymnasium has no CliffWalking-v1")
    seen = world.reset(0)
    assert seen.shape == (48,)
    assert (seen.sum(), seen.argmax()) == (1.0, 36)
    assert world.limit is not None  # gymnasium has none, and an episode must end


class TwoStates(TabularWorld):
    """Stay for 1, or leave for 0 with a chance of 1/2 to come back."""

    name, seen, states, limit, ends = "two states", ("a", "b"), 2, 10, ((0.0, 1.0),) * 2

    def __init__(self):
        from glasshouse.worlds import Actions

        self.actions = Actions(("stay", "leave"))

    def begins(self):
        return [0]

    def outcomes(self, state, action):
        if state == 1:
            return [Outcome(0.5, 0, 4.0, False), Outcome(0.5, 1, 0.0, True)]
        return [Outcome(1.0, 0, 1.0, False)] if action == 0 else [Outcome(1.0, 1, 0.0, False)]


def test_value_iteration_solves_bellmans_equation_by_hand():
    # With discount 1/2: V(a) = max(1 + V(a)/2, V(b)/2) and V(b) = (4 + V(a)/2) / 2.
    # Staying for good makes V(a) = 2, and so V(b) = 2.5.
    values = value_iteration(TwoStates(), 0.5)
    assert values == pytest.approx(np.array([[2.0, 1.25], [2.5, 2.5]]), abs=1e-9)


def test_value_iteration_is_what_playing_the_best_actions_earns():
    world, discount = GridWorld(), 0.9
    best = value_iteration(world, discount)
    for episode in play(world, lambda seen: int(best[int(seen.argmax())].argmax()), seeds_for(0, "try", 30)):
        start = int(episode.observations[0].argmax())
        assert episode.discounted(discount) == pytest.approx(best[start].max(), abs=1e-9)


def test_value_iteration_is_the_mean_where_steps_slip():
    world = GridWorld(["S  G"], slip=0.4)
    world.limit = None
    best = value_iteration(world, 0.9)
    policy = lambda seen: int(best[int(seen.argmax())].argmax())  # noqa: E731
    earned = [each.discounted(0.9) for each in play(world, policy, range(4000))]
    assert np.mean(earned) == pytest.approx(best[0].max(), abs=4 * np.std(earned) / 4000**0.5)


def test_riccatis_policy_earns_what_its_matrix_says():
    world, discount = LinearWorld(), 0.95
    K, P = world.best(discount)
    world.limit = 400  # long enough for the discounted rest to vanish
    world.reset(3)
    s = world._state = np.array([0.4, -0.1])
    earned = sum(discount**t * world.step(-K @ world._state).reward for t in range(300))
    assert earned == pytest.approx(-float(s @ P @ s), rel=1e-6)


def test_no_other_gain_earns_more_than_riccatis():
    world, discount = LinearWorld(), 0.95
    K, _ = world.best(discount)
    seeds = seeds_for(0, "try", 40)

    def earned(gain):
        policy = lambda s: np.clip(-(gain @ s), -2, 2)  # noqa: E731
        return np.mean([each.discounted(discount) for each in play(world, policy, seeds)])

    for change in ([0.4, 0], [-0.4, 0], [0, 0.4], [0, -0.4]):
        assert earned(K + np.array([change])) < earned(K)


def test_a_map_that_is_none_is_refused():
    with pytest.raises(SettingError, match="expected: a rectangle of spaces, #, X, S and at least one G"):
        GridWorld(["  ", "G"])


def test_unknown_worlds_are_named_with_a_near_one():
    with pytest.raises(UnknownNameError, match=r"gymnasium has no world 'CartPol-v1'.*\n.*\n.*'CartPole-v1'"):
        make_world("gymnasium:CartPol-v1")
    with pytest.raises(UnknownNameError, match="did you mean 'world:grid'"):
        make_world("world:gird")
    assert not is_world("iris")


def test_worlds_of_pictures_are_refused():
    class Pictures(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(0, 255, (8, 8, 3), np.uint8)
        action_space = gymnasium.spaces.Discrete(2)

    gymnasium.register("glasshouse-test/Pictures-v0", Pictures, max_episode_steps=5)
    with pytest.raises(DataError, match="a row of numbers, or one of several states"):
        make_world("gymnasium:glasshouse-test/Pictures-v0")


def test_without_gymnasium_the_command_that_installs_it_is_told(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(optional.importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'glasshouse\[worlds\]'"):
        make_world("gymnasium:CartPole-v1")
