"""Acting between updates: the memory draws evenly, and a run that was cut off ends with the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from glasshouse.core.errors import CheckpointError
from glasshouse.data.parts import Part
from glasshouse.models import build_model
from glasshouse.models.numpy_forward import numpy_forward
from glasshouse.objectives import DDPG, QLearning, Trial
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.exploration import ActionNoise, EpsilonGreedy
from glasshouse.training.job import Job
from glasshouse.training.loop import train
from glasshouse.training.records import Records
from glasshouse.training.replay_memory import ReplayMemory
from glasshouse.training.settings import CheckpointSettings
from glasshouse.training.world_batches import Pace, WorldBatches
from glasshouse.worlds import Actions, make_world

from .test_resume import KillAt, Killed, assert_same, evidence

WORLDS = ["world:grid", "world:linear", "gymnasium:CartPole-v1", "gymnasium:Pendulum-v1"]


def make_job(name: str, engine="auto", memory=150, steps=60, every=2, epochs=3, world=None, **changes) -> Job:
    world = world or make_world(name)
    counted, numbers = world.actions.counted, len(world.seen)
    spec = {"name": "q_network" if counted else "actor_critic", "hidden": [16, 16]}
    network = build_model(spec, (numbers,), len(world.actions), seed=3)
    trial = Trial(make_world(name), (0, 1))
    objective = QLearning(0.9, 7, 0.5, trial) if counted else DDPG(0.9, 1, 0.05, trial, 0.01)
    objective.begin(network)
    batches = WorldBatches(
        world,
        network,
        objective,
        ReplayMemory(memory, numbers, world.actions.width),
        EpsilonGreedy(1.0, 0.1, 60) if counted else ActionNoise(0.2, 0.15),
        Pace(steps, every, warmup=40, batch_size=16),
        seed=3,
    )
    shown = torch.zeros(4, numbers)
    job = Job(
        network=network,
        batches=batches,
        objective=objective,
        optimizer="adam",
        learning_rate=0.005,
        epochs=epochs,
        validation=Part(shown, torch.zeros(4, world.actions.width + 1), np.arange(4)),
        stopping=EarlyStopping(None, "return"),
        probe_every=11,
        checkpoint=CheckpointSettings(seconds=1e9, steps=4),
        seed=3,
        engine=engine,
    )
    return replace(job, **changes)


def finished(folder, name, **changes):
    job = make_job(name, **changes)
    outcome = train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"))
    return job, outcome


@pytest.mark.parametrize("step", [1, 4, 30, 41, 59, 75])
@pytest.mark.parametrize("name", WORLDS)
def test_cut_off_at_any_step_ends_with_the_same_bits(tmp_path, name, step):
    if name.startswith("gymnasium"):
        pytest.importorskip("gymnasium")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    job, outcome = finished(whole, name)
    expected = evidence(whole, job, outcome)
    with pytest.raises(Killed):
        train(make_job(name), Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    again, outcome = finished(cut, name)
    assert_same(expected, evidence(cut, again, outcome))
    assert again.batches.episodes == job.batches.episodes
    assert torch.equal(again.batches._memory.rows, job.batches._memory.rows)
    for name, value in job.objective.copy.state_dict().items():
        assert torch.equal(again.objective.copy.state_dict()[name], value)


def test_a_world_that_does_not_repeat_itself_is_refused(tmp_path):
    class Moody(type(make_world("world:linear"))):
        def reset(self, seed):
            seen = super().reset(seed)
            self._state = self._state + np.random.default_rng().normal(size=2)
            return seen

    folder = CheckpointFolder(tmp_path / "checkpoints", "run")
    with pytest.raises(Killed):
        train(make_job("world:linear", world=Moody()), Records(tmp_path), folder, [KillAt(21)])
    with pytest.raises(CheckpointError, match="the world 'world:linear' does not repeat itself"):
        train(make_job("world:linear", world=Moody()), Records(tmp_path), folder)


def test_both_engines_learn_the_same():
    trained = {}
    for engine in ("dense", "autograd"):
        job = make_job("world:grid", engine=engine, epochs=2)
        assert train(job).engine == engine
        trained[engine] = [each.detach().clone() for each in job.network.parameters()]
    for one, other in zip(trained["dense"], trained["autograd"], strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_checkpoint_costs_four_bytes_for_every_number_that_is_remembered(tmp_path):
    sizes = {}
    for memory in (100, 900):
        folder = tmp_path / str(memory)
        folder.mkdir()
        finished(folder, "gymnasium:CartPole-v1", memory=memory, steps=1000, every=500, epochs=1)
        newest = sorted((folder / "checkpoints").glob("*.safetensors"))[-1]
        sizes[memory] = newest.stat().st_size
    row = 4 * (4 + 1 + 1 + 4 + 1)  # seen, action, reward, seen then, ended
    assert sizes[900] - sizes[100] == pytest.approx(800 * row, abs=200)


def test_updates_and_steps_take_turns():
    job = make_job("world:grid", steps=60, every=3, epochs=2)
    assert train(job).steps == 2 * 60 / 3
    assert job.batches.time == 40 + 2 * 60
    assert job.batches._memory.added == 160


def test_every_remembered_step_is_drawn_equally_often():
    memory = ReplayMemory(50, numbers=1, width=1)
    for time in range(73):
        memory.add(np.float32([time]), 0, 0.0, np.float32([time + 1]), False)
    generator = np.random.default_rng(0)
    drawn = torch.cat([memory.sample(64, generator).seen[:, 0] for _ in range(500)]).numpy()
    places, counts = np.unique(drawn, return_counts=True)
    assert places.tolist() == list(range(23, 73))  # the oldest 23 are forgotten
    assert counts.sum() == 32_000
    assert stats.chisquare(counts).pvalue > 0.001


def test_what_is_drawn_is_what_was_remembered():
    memory = ReplayMemory(8, numbers=2, width=2)
    memory.add(np.float32([1, 2]), np.float32([3, 4]), 5.0, np.float32([6, 7]), True)
    found = memory.sample(1, np.random.default_rng(0))
    assert [each.tolist() for each in found] == [[[1, 2]], [[3, 4]], [[5]], [[6, 7]], [[1]]]


def test_epsilon_falls_along_its_line_and_is_the_share_of_random_actions():
    greedy = EpsilonGreedy(1.0, 0.2, over=100)
    assert [greedy.share(time) for time in (0, 50, 100, 500)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    generator, actions = np.random.default_rng(0), Actions(("a", "b", "c", "d"))
    done = [greedy.act(lambda _: 3, np.zeros(1), actions, 500, generator) for _ in range(4000)]
    others = np.mean([each != 3 for each in done])
    assert others == pytest.approx(0.2 * 3 / 4, abs=4 * (0.15 * 0.85 / 4000) ** 0.5)


def test_ornstein_uhlenbeck_noise_has_its_stationary_spread_and_memory():
    noise = ActionNoise(0.2, drift=0.15)
    actions = Actions(("a",), (-100.0,), (100.0,))
    generator = np.random.default_rng(0)
    path = np.array(
        [noise.act(lambda _: np.zeros(1), np.zeros(1), actions, 0, generator)[0] for _ in range(40_000)]
    )
    path = path[100:] / 100  # in half widths of the range
    assert path.std() == pytest.approx(0.2 / (1 - 0.85**2) ** 0.5, rel=0.05)
    assert np.corrcoef(path[1:], path[:-1])[0, 1] == pytest.approx(0.85, abs=0.02)


def test_noise_begins_anew_with_an_episode_and_goes_on_after_a_resume():
    noise, other = ActionNoise(0.5, 0.1), ActionNoise(0.5, 0.1)
    actions, zero = Actions(("a",), (-1.0,), (1.0,)), np.zeros(1)
    noise.act(lambda _: zero, zero, actions, 0, np.random.default_rng(1))
    other.restore(noise.state())
    one, two = (
        each.act(lambda _: zero, zero, actions, 0, np.random.default_rng(2)) for each in (noise, other)
    )
    assert one == two
    noise.begin()
    assert noise.state() == {"noise": [0.0]}


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "q_network", "hidden": [7, 5], "centre": [1.0, 2.0, 3.0], "spread": [2.0, 0.5, 1.0]},
        {"name": "q_network", "hidden": [7], "activation": "tanh"},
        {"name": "q_network", "hidden": [7], "activation": "swish"},
        {"name": "q_network", "hidden": [7], "dueling": True},
        {"name": "actor_critic", "hidden": [7], "low": [-2.0, 0.0], "high": [2.0, 5.0]},
    ],
    ids=str,
)
def test_one_row_by_numpy_is_one_row_by_pytorch(spec):
    network = build_model(spec, (3,), 2, seed=0)
    asked = getattr(network, "actor", network)
    ask = numpy_forward(asked)
    rows = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    expected = network(torch.from_numpy(rows)).detach().numpy()
    assert np.stack([ask(row) for row in rows]) == pytest.approx(expected, abs=1e-6)
    with torch.no_grad():
        for each in network.parameters():
            each.mul_(2.0)
    expected = network(torch.from_numpy(rows)).detach().numpy()
    assert np.stack([ask(row) for row in rows]) == pytest.approx(
        expected, abs=1e-5
    )  # updates are seen at once
