"""A run by the dense engine keeps every promise of the loop: choice, records, probes, resume, errors."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import polars as pl
import pytest
import torch
from torch import nn

from glasshouse.core.errors import DataError, ModelError, NonFiniteError, SettingError, TrainingStoppedError
from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES, CrossEntropy
from glasshouse.objectives import Supervised
from glasshouse.probes import Probes
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.choose_engine import choose_engine
from glasshouse.training.dataset_batches import DatasetBatches
from glasshouse.training.loop import train
from glasshouse.training.precision import Precision
from glasshouse.training.records import Records
from glasshouse.training.settings import CheckpointSettings

from .conftest import CPU, make_job, network, points
from .test_resume import HARD, KillAt, Killed, assert_same, evidence


def test_auto_takes_the_dense_engine_where_every_piece_has_a_rule():
    choice = choose_engine(make_job())
    assert choice.name == "dense"
    assert choice.why.startswith("every layer and the loss have rules (not fused: ")
    assert choose_engine(make_job(engine="autograd")).name == "autograd"


class Own(nn.Linear):
    """A subclass may compute something else."""


def hooked() -> nn.Sequential:
    made = network()
    made[2].register_forward_hook(lambda *_: None)
    return made


def tied() -> nn.Sequential:
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.Tanh(), layer)


def own_forward() -> nn.Sequential:
    made = network()
    made[0].forward = lambda x: x @ made[0].weight.t()
    return made


REFUSED = [
    ({"network": nn.Sequential(nn.Linear(2, 3), nn.LSTM(3, 2))}, "layer '1' (LSTM): there is no rule"),
    ({"network": nn.Sequential(nn.Linear(2, 3), Own(3, 2))}, "layer '1' (Own): there is no rule"),
    ({"network": hooked()}, "layer '2' (ReLU): somebody hooked into it"),
    ({"network": own_forward()}, "layer '0' (Linear): somebody hooked into it"),
    ({"network": tied()}, "the network: two of its layers share a parameter"),
    ({"network": nn.Linear(2, 2).double()}, "inputs of type torch.float32: the parameters are torch.float64"),
    ({"network": nn.Sequential(nn.Linear(3, 2))}, "layer '0' (Linear): it takes 3 features and receives 2"),
    ({"objective": Supervised(lambda x, t: x.sum())}, "loss <lambda>: its slope is not written out"),
    ({"objective": Supervised(nn.CrossEntropyLoss())}, "loss CrossEntropyLoss: its slope is not written out"),
    ({"precision": Precision("bfloat16", CPU)}, "precision bfloat16: it computes in the type of the weights"),
    (
        {"batches": DatasetBatches(torch.utils.data.TensorDataset(points().inputs, points().targets), 10)},
        "a data set: its rows are fetched one by one",
    ),
]


@pytest.mark.parametrize(("changes", "piece"), REFUSED, ids=[piece for _, piece in REFUSED])
def test_what_it_cannot_train_is_named_and_auto_takes_autograd(changes, piece):
    job = make_job(**changes)
    choice = choose_engine(job)
    assert choice.name == "autograd"
    assert choice.why.startswith(piece)
    with pytest.raises(SettingError) as caught:
        choose_engine(replace(job, engine="dense"))
    assert caught.value.received.startswith(f"training.engine = 'dense' with {piece}")
    assert caught.value.fix == "set training.engine to 'auto', which takes autograd here"


def test_the_outcome_says_which_engine_ran_and_why():
    outcome = train(make_job(epochs=1))
    assert outcome.engine == "dense"
    assert outcome.engine_why.startswith("every layer and the loss have rules (not fused: ")
    outcome = train(make_job(epochs=1, network=nn.Sequential(Own(2, 2))))
    assert outcome.engine == "autograd"
    assert outcome.engine_why.startswith("layer '0' (Own)")


def assert_seen_alike(rows):
    for seen, expected in zip(rows["dense"], rows["autograd"], strict=True):
        assert seen.pop("layer") == expected.pop("layer")
        missing = {key for key, value in expected.items() if value is None}
        assert missing == {key for key, value in seen.items() if value is None}
        for key in expected.keys() - missing:
            assert seen[key] == pytest.approx(expected[key], rel=1e-5, abs=1e-7), key


def test_probes_see_what_hooks_see():
    rows = {}
    for engine in ("autograd", "dense"):
        records = Records(None)
        train(make_job(engine=engine, probe_every=3, accumulate=2), records)
        rows[engine] = records.probes
    assert len(rows["dense"]) == len(rows["autograd"]) > 20
    assert_seen_alike(rows)


def test_probes_see_large_layers_as_well():
    # beyond the size up to which numbers are taken by NumPy
    rows = {}
    for engine in ("autograd", "dense"):
        torch.manual_seed(0)
        wide = nn.Sequential(nn.Linear(2, 5000), nn.ReLU(), nn.Linear(5000, 2))
        records = Records(None)
        train(make_job(engine=engine, network=wide, probe_every=2, epochs=1, validation=None), records)
        rows[engine] = records.probes
    assert {row["layer"] for row in rows["dense"]} == {"0", "1", "2"}
    assert_seen_alike(rows)


DENSE = {**HARD, "engine": "dense"}


def finish(folder, **changes):
    job = make_job(**{**DENSE, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    return job, train(job, Records(folder), CheckpointFolder(folder / "checkpoints", "run"))


@pytest.mark.parametrize("step", [1, 5, 8, 23, 39])
@pytest.mark.parametrize("changes", [{}, {"accumulate": 1, "augment": None}], ids=["hard", "whole epochs"])
def test_cut_off_at_any_step_ends_with_the_same_bits(tmp_path, step, changes):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole, **changes))
    job = make_job(**{**DENSE, "checkpoint": CheckpointSettings(seconds=1e9, steps=4), **changes})
    with pytest.raises(Killed):
        train(job, Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [KillAt(step)])
    assert_same(expected, evidence(cut, *finish(cut, **changes)))


@pytest.mark.parametrize("began", ["dense", "autograd"])
def test_a_resumed_run_keeps_the_engine_that_it_began_with(tmp_path, began):
    checkpoints = CheckpointFolder(tmp_path / "checkpoints", "run")
    settings = {**HARD, "checkpoint": CheckpointSettings(seconds=1e9, steps=4)}
    with pytest.raises(Killed):
        train(make_job(**settings, engine=began), Records(tmp_path), checkpoints, [KillAt(9)])
    other = "autograd" if began == "dense" else "dense"
    assert train(make_job(**settings, engine=other), Records(tmp_path), checkpoints).engine == began


def test_ctrl_c_saves_and_the_run_goes_on_from_that_step(tmp_path):
    class Press(KillAt):
        def stepped(self, step, rows, loss):
            if step == self.at:
                os.kill(os.getpid(), signal.SIGTERM)

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    expected = evidence(whole, *finish(whole))
    with pytest.raises(TrainingStoppedError, match=r"SIGTERM in epoch 2, step 11; its state is saved"):
        train(make_job(**DENSE), Records(cut), CheckpointFolder(cut / "checkpoints", "run"), [Press(11)])
    assert_same(expected, evidence(cut, *finish(cut)))


def test_early_stopping_brings_back_the_best_epoch():
    job = make_job(
        engine="dense", learning_rate=1.5, schedule="constant", epochs=30, stopping=EarlyStopping(patience=3)
    )
    records = Records(None)
    outcome = train(job, records)
    losses = [row["validation"]["loss"] for row in records.epochs]
    assert outcome.best_epoch == 1 + losses.index(min(losses))
    assert outcome.epochs == outcome.best_epoch + 3


def test_the_network_owns_its_memory_afterwards():
    job = make_job(engine="dense")
    train(job)
    pointers = [each.untyped_storage().data_ptr() for each in job.network.parameters()]
    assert len(set(pointers)) == len(pointers)
    assert all(each.grad is None for each in job.network.parameters())
    job.network.eval()
    loss = CrossEntropy()(job.network(points().inputs), points().targets)
    loss.backward()  # autograd works on it as on any module


def test_a_loss_that_is_no_number_names_the_culprit_and_keeps_the_state(tmp_path):
    part = points()
    bad = Part(part.inputs.clone(), part.targets, part.rows)
    bad.inputs[7, 1] = float("nan")
    with pytest.raises(NonFiniteError, match="the inputs of that batch are not finite"):
        train(make_job(engine="dense", part=bad))
    made = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    values = Part(part.inputs, part.inputs[:, :1] * 1e6, part.rows)
    folder = CheckpointFolder(tmp_path / "checkpoints", "run")
    job = make_job(
        engine="dense", network=made, part=values, optimizer="sgd", schedule="constant", learning_rate=1e12,
        objective=Supervised(LOSSES.build("mse")), validation=None, weight_decay=0.0,
    )  # fmt: skip
    with pytest.raises(NonFiniteError) as caught:
        train(job, Records(tmp_path), folder)
    assert "(epoch 1, step " in caught.value.received
    assert "is not finite" in caught.value.received or "the loss itself overflowed" in caught.value.received


def test_targets_of_the_wrong_kind_get_the_losss_own_message():
    part = points()
    with pytest.raises(DataError, match=r"target [56] at place 0\n  expected: a class index from 0 to 1"):
        train(make_job(engine="dense", part=Part(part.inputs, part.targets + 5, part.rows)))
    wide = Part(part.inputs, part.inputs, part.rows)
    with pytest.raises(ModelError, match=r"outputs of shape \(10, 1\) and targets of shape \(10, 2\)"):
        job = make_job(network=nn.Linear(2, 1), part=wide, objective=Supervised(LOSSES.build("mse")))
        train(replace(job, engine="dense", validation=None))


def test_records_are_the_same_bytes_when_the_run_is_repeated(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        train(make_job(engine="dense", probe_every=2), Records(tmp_path / name))
    assert (tmp_path / "one" / "metrics.jsonl").read_bytes() == (
        tmp_path / "two" / "metrics.jsonl"
    ).read_bytes()


def test_watching_changes_no_bit():
    bare, watched = make_job(engine="dense"), make_job(engine="dense", probe_every=1)
    train(bare), train(watched)
    for name, value in bare.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name


def test_steps_are_on_record(tmp_path):
    records = Records(tmp_path)
    train(make_job(engine="dense", epochs=2), records, CheckpointFolder(tmp_path / "checkpoints", "run"))
    assert pl.read_parquet(tmp_path / "steps.parquet")["loss"].len() == 20


def test_probes_measure_gradients_that_are_new_tensors_at_every_step():
    network = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer, probes = torch.optim.SGD(network.parameters(), lr=0.1), Probes(network, every=1)
    lengths = []
    for step in range(3):
        optimizer.zero_grad(set_to_none=True)
        with probes.look(step):
            network(points().inputs[step : step + 4]).square().mean().backward()
            lengths.append(
                float(torch.cat([each.grad.reshape(-1) for each in network[0].parameters()]).norm())
            )
            probes.before_update()
            optimizer.step()
    seen = [row["gradient_norm"] for row in probes.rows if row["layer"] == "0"]
    assert seen == pytest.approx(lengths, rel=1e-6)
