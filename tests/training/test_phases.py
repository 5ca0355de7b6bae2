"""Steps of several phases: each with a part of the network, an optimizer, and everything around it."""

from __future__ import annotations

import copy
import json

import pytest
import torch
from torch import nn

from glasshouse.core.errors import NonFiniteError, TrainingError, TrainingStoppedError
from glasshouse.objectives import Objective, Phase, Step
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.loop import Training, train
from glasshouse.training.records import Records
from glasshouse.training.settings import CheckpointSettings
from glasshouse.training.turn import Turn

from .conftest import make_job
from .test_resume import KillAt, Killed, assert_same, evidence


class Pair(nn.Module):
    """An actor that proposes a number, and a critic that judges it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.actor = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 1))
        self.critic = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.1), nn.Linear(6, 1))
        self.target = nn.Linear(3, 6).requires_grad_(False)

    def forward(self, inputs):
        return self.critic(torch.cat([inputs, self.actor(inputs)], dim=1))


def critic_loss(network, inputs, targets):
    given = network(inputs)
    return Step((given[:, 0] - targets.float()).square().mean(), given, {"judged": given.mean().detach()})


def actor_loss(network, inputs, targets):
    given = network(inputs)
    return Step(-given.mean(), given)


def drift(network):
    network.target.weight.lerp_(network.critic[0].weight, 0.25)


class Play(Objective):
    """Critic and actor in turns."""

    meaning = None
    comparable = False

    def __init__(self, **actor) -> None:
        self.phases = (
            Phase(name="critic", loss=critic_loss, moves=("critic",), after=drift),
            Phase(**{"name": "actor", "loss": actor_loss, "moves": ("actor",), **actor}),
        )

    def __call__(self, network, inputs, targets):
        return critic_loss(network, inputs, targets)

    def outputs(self, prepared):
        return 1

    def value(self, outputs, targets):
        return (outputs[:, 0] - targets.float()).square().mean()


def play_job(**changes):
    changes = {"network": Pair(), "objective": Play(), "schedule": "constant", **changes}
    return make_job(**changes)


def by_hand(job, actor_every=1, actor_times=1, actor_rate=None):
    """Two plain optimizers of PyTorch's on the same batches."""
    network = copy.deepcopy(job.network).train()
    critic = torch.optim.SGD(network.critic.parameters(), lr=job.learning_rate)
    actor = torch.optim.SGD(network.actor.parameters(), lr=actor_rate or job.learning_rate)
    step = 0
    for epoch in range(job.epochs):
        for [(inputs, targets, _)] in job.batches.epoch(epoch):
            network.zero_grad()
            critic_loss(network, inputs, targets).loss.backward()
            critic.step()
            drift_free(network)
            for _ in range(actor_times if step % actor_every == 0 else 0):
                network.zero_grad()
                actor_loss(network, inputs, targets).loss.backward()
                actor.step()
            step += 1
    return network


def drift_free(network):
    with torch.no_grad():
        drift(network)


@pytest.mark.parametrize(
    ("phase", "hand"),
    [
        ({}, {}),
        ({"every": 3}, {"actor_every": 3}),
        ({"times": 2}, {"actor_times": 2}),
        ({"learning_rate": 0.001}, {"actor_rate": 0.001}),
    ],
    ids=["in turns", "every third step", "twice a step", "a rate of its own"],
)
def test_phases_do_what_two_plain_optimizers_do(phase, hand):
    network = Pair()
    network.critic[2].p = 0.0  # no chance, so that both draw alike
    ours = play_job(
        network=network, objective=Play(**phase), optimizer="sgd", weight_decay=0.0, validation=None
    )
    expected = by_hand(ours, **hand)
    train(ours)
    for name, each in ours.network.state_dict().items():
        assert torch.allclose(each, expected.state_dict()[name], atol=1e-6), name


def test_each_phase_has_an_optimizer_of_its_own():
    training = Training(
        play_job(objective=Play(optimizer={"name": "momentum", "momentum": 0.5})), Records(None), None, ()
    )
    critic, actor = training.turns
    assert [type(each.optimizer).__name__ for each in (critic, actor)] == ["AdamW", "SGD"]
    assert not {id(each) for each in critic.members} & {id(each) for each in actor.members}
    assert training.choice.name == "autograd"


def test_what_a_phase_does_not_move_rests_and_wakes_again():
    job = play_job()
    turn = Turn(job, job.objective.phases[1])
    with pytest.raises(RuntimeError, match="on the way"), turn.computing():
        moving = {name for name, each in job.network.named_parameters() if each.requires_grad}
        assert moving == {name for name, _ in job.network.named_parameters() if name.startswith("actor")}
        raise RuntimeError("on the way")
    resting = {name for name, each in job.network.named_parameters() if not each.requires_grad}
    assert resting == {"target.weight", "target.bias"}  # only what rested before


def test_records_tell_the_losses_of_all_phases(tmp_path):
    train(play_job(objective=Play(every=2)), Records(tmp_path))
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert set(rows[0]["train"]) == {"loss", "critic_loss", "judged", "actor_loss"}
    assert rows[0]["train"]["loss"] == pytest.approx(rows[0]["train"]["critic_loss"], rel=1e-6)


def test_probes_see_every_part_move_in_its_own_phase(tmp_path):
    train(play_job(probe_every=4), Records(tmp_path), CheckpointFolder(tmp_path / "checkpoints", "run"))
    rows = Records(tmp_path)
    rows.rewind(10**9, [])
    seen = {row["layer"]: row for row in rows.probes if row["step"] == 4}
    assert [seen[each]["position"] for each in ("actor.0", "critic.0")] == [0, 4]
    assert all(seen[each]["relative_update"] > 0 for each in ("actor.0", "actor.3", "critic.0", "critic.3"))
    assert "target" not in seen


def test_what_follows_an_update_is_done_every_time():
    network = Pair()
    before = network.target.weight.clone()
    train(play_job(network=network))
    assert not torch.equal(network.target.weight, before)
    assert torch.allclose(network.target.weight, network.critic[0].weight, atol=0.2)


def test_a_game_keeps_its_last_weights_and_never_stops_early():
    job = play_job(stopping=EarlyStopping(patience=1), epochs=6)
    outcome = train(job)
    assert (outcome.best_epoch, outcome.epochs) == (6, 6)
    assert job.stopping.best_epoch == 0


@pytest.mark.parametrize("step", [1, 4, 6, 9, 16, 23])
def test_phases_cut_off_at_any_step_end_with_the_same_bits(tmp_path, step):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()

    def make():
        return play_job(
            objective=Play(every=3, times=2, optimizer="rmsprop"),
            schedule="cosine",
            accumulate=2,
            batch_size=7,
            clip_norm=0.5,
            regularizers=["l2", {"name": "weight_noise", "deviation": 0.01}],
            probe_every=3,
            checkpoint=CheckpointSettings(seconds=1e9, steps=4),
        )

    def finish(folder):
        job = make()
        return job, train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"))

    expected = evidence(whole, *finish(whole))
    with pytest.raises(Killed):
        train(make(), Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    assert_same(expected, evidence(cut, *finish(cut)))


def test_a_later_phase_whose_loss_overflows_is_named():
    def overflows(network, inputs, targets):
        given = network(inputs)
        return Step(given.mean() * float("inf"), given)

    with pytest.raises(NonFiniteError, match=r"step 1 .* in the phase 'actor'; the weights are still finite"):
        train(play_job(objective=Play(loss=overflows)))


def test_a_phase_without_anything_to_train_is_refused():
    with pytest.raises(TrainingError, match="no trainable parameters in target"):
        train(play_job(objective=Play(moves=("target",))))


def test_the_error_of_a_stopped_run_is_not_lost_in_a_phase(tmp_path):
    def stops(network, inputs, targets):
        raise TrainingStoppedError("by hand")

    job = play_job(objective=Play(loss=stops))
    with pytest.raises(TrainingStoppedError):
        train(job)
    assert all(each.requires_grad for each in job.network.critic.parameters())
