"""The parts of training, each on its own."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from sklearn.metrics import accuracy_score, r2_score
from torch import nn
from torch.utils.data import Dataset, TensorDataset

from glasshouse.models.outputs import outputs_of
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.training.batches import InMemoryBatches, cut
from glasshouse.training.checkpoints import pack, unpack
from glasshouse.training.dataset_batches import DatasetBatches
from glasshouse.training.epoch_log import EpochLog
from glasshouse.training.flat import FEW, FlatParameters, can_flatten, flattening_pays, grouped
from glasshouse.training.loop import Training, train
from glasshouse.training.observers import Plan
from glasshouse.training.optimizer_step import bare_step
from glasshouse.training.progress_bar import ProgressBar
from glasshouse.training.quick import quick_metric
from glasshouse.training.range_test import range_test
from glasshouse.training.records import Records, read_lines
from glasshouse.training.saving import checkpoint_due
from glasshouse.training.settings import CheckpointSettings

from .conftest import CPU, make_job, network, points


@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 5))
def test_batches_cover_every_row_once_and_none_has_a_single_row(rows, batch_size, accumulate):
    steps = cut(rows, min(batch_size, rows), accumulate)
    sizes = [size for step in steps for size in step]
    assert sum(sizes) == rows
    assert all(len(step) <= accumulate for step in steps)
    if rows > 1 and batch_size > 1:
        assert min(sizes) > 1


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 60), st.integers(1, 20), st.integers(1, 3), st.data())
def test_an_epoch_shows_every_row_once_and_can_be_taken_up_at_any_step(rows, batch_size, accumulate, data):
    part = points(rows)
    batches = InMemoryBatches(part, min(batch_size, rows), accumulate=accumulate, seed=5)
    whole = [[(b.inputs.clone(), b.targets.clone()) for b in step] for step in batches.epoch(2)]
    seen = torch.cat([inputs for step in whole for inputs, _ in step])
    assert sorted(map(tuple, seen.tolist())) == sorted(map(tuple, part.inputs.tolist()))
    start = data.draw(st.integers(0, batches.steps))
    rest = [[(b.inputs, b.targets) for b in step] for step in batches.epoch(2, start)]
    for one, other in zip(whole[start:], rest, strict=True):
        for (a, b), (c, d) in zip(one, other, strict=True):
            assert torch.equal(a, c)
            assert torch.equal(b, d)


def test_the_order_changes_from_epoch_to_epoch_and_with_the_seed():
    batches = InMemoryBatches(points(50), 10, seed=1)
    assert not torch.equal(batches.order(0), batches.order(1))
    assert not torch.equal(batches.order(0), InMemoryBatches(points(50), 10, seed=2).order(0))
    assert torch.equal(batches.order(4), InMemoryBatches(points(50), 25, seed=1).order(4))


def test_small_and_large_inputs_give_the_same_batches(monkeypatch):
    part = points(37)
    small = [b.inputs for step in InMemoryBatches(part, 5, seed=1).epoch(0) for b in step]
    monkeypatch.setattr("glasshouse.training.batches.SMALL", 0)
    large = [b.inputs for step in InMemoryBatches(part, 5, seed=1).epoch(0) for b in step]
    assert all(torch.equal(a, b) for a, b in zip(small, large, strict=True))


def test_pictures_stay_in_the_channels_last_format():
    part = points(12)
    pictures = torch.randn(12, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    batches = InMemoryBatches(type(part)(pictures, part.targets, part.rows), 5)
    for step in batches.epoch(0):
        assert step[0].inputs.is_contiguous(memory_format=torch.channels_last)


def test_a_data_set_trains_like_the_tensors_it_holds():
    part = points()
    tensors = make_job(network=network(dropout=0.0), validation=None)
    samples = DatasetBatches(TensorDataset(part.inputs, part.targets), 10, seed=3)
    streamed = make_job(network=network(dropout=0.0), validation=None, batches=samples)
    train(tensors)
    train(streamed)
    for a, b in zip(tensors.network.parameters(), streamed.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_data_set_with_random_changes_is_asked_anew_in_every_epoch():
    class Noisy(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, row):
            return torch.full((2,), float(row)) + torch.rand(2), row % 2

    batches = DatasetBatches(Noisy(), 8, seed=0)
    first, second = next(iter(batches.epoch(0)))[0], next(iter(batches.epoch(0)))[0]
    assert not torch.equal(first.inputs, second.inputs)
    assert torch.equal(first.targets, second.targets)


def test_flat_parameters_keep_values_formats_and_give_memory_back():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(5, 2))
    model = model.to(memory_format=torch.channels_last)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flat = FlatParameters(grouped(model, 0.01))
    with flat.installed():
        for name, value in model.state_dict().items():
            assert torch.equal(value, before[name])
        assert model[0].weight.is_contiguous(memory_format=torch.channels_last)
        starts = {each.data_ptr() % 64 for each in model.parameters()}
        assert len(starts) == 1  # each begins as the buffer does, at a multiple of 64 bytes
        model[0].weight.grad.fill_(1.0)
        assert sum(float(g.leaves[0].grad.sum()) for g in flat.groups) == model[0].weight.numel()
        flat.zero_gradients()
        assert float(model[0].weight.grad.abs().sum()) == 0.0
    assert all(each.grad is None for each in model.parameters())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_sparse_embeddings_and_mixed_types_are_not_flattened():
    assert can_flatten(nn.Linear(2, 2), CPU)
    assert not can_flatten(nn.Embedding(5, 2, sparse=True), CPU)
    assert not can_flatten(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double()), CPU)
    assert not can_flatten(nn.Linear(2, 2), torch.device("cuda"))


def test_a_buffer_pays_up_to_so_many_numbers_of_a_tensor_on_average():
    at_most = nn.Linear(2 * FEW - 1, 1)  # with its bias, twice as many numbers in two tensors
    assert flattening_pays(grouped(at_most))
    assert not flattening_pays(grouped(nn.Linear(2 * FEW, 1)))


@pytest.mark.parametrize(("engine", "flat"), [("autograd", False), ("dense", True)])
def test_large_tensors_lie_in_one_buffer_for_the_dense_engine_only(monkeypatch, engine, flat):
    monkeypatch.setattr("glasshouse.training.flat.FEW", 0)
    training = Training(make_job(engine=engine), Records(None), None, ())
    assert (training.leading.flat is not None) is flat
    assert training.choice.name == engine


@pytest.mark.parametrize("optimizer", ["adamw", {"name": "momentum", "momentum": 0.9}])
def test_training_ends_with_the_same_weights_in_one_buffer_and_in_many(monkeypatch, optimizer):
    def trained():
        job = make_job(engine="autograd", optimizer=optimizer, probe_every=3)
        records = Records(None)
        train(job, records)
        return job.network.state_dict(), [(row["step"], row["layer"]) for row in records.probes]

    flat, seen = trained()
    monkeypatch.setattr("glasshouse.training.flat.FEW", 0)
    apart, seen_apart = trained()
    torch.testing.assert_close(apart, flat)  # kernels end their vectors at other places
    assert seen == seen_apart


@pytest.mark.parametrize(
    ("took", "asked", "passed", "due"),
    [
        (0.1, 15, 14, False),
        (0.1, 15, 16, True),
        (1.0, 15, 49, False),  # a fiftieth of the time
        (1.0, 15, 51, True),
        (1.0, 100, 99, False),  # nor more often than asked for
        (0.29, 1, 2, True),  # what is asked for counts where writing is quick
    ],
)
def test_a_state_that_takes_long_to_write_is_written_rarely(monkeypatch, took, asked, passed, due):
    training = Training(make_job(checkpoint=CheckpointSettings(seconds=asked)), Records(None), None, ())
    training.saved_at, training.saving_took = 1000.0, took
    monkeypatch.setattr("glasshouse.training.saving.time.perf_counter", lambda: 1000.0 + passed)
    assert checkpoint_due(training) is due


def test_biases_and_norms_are_not_decayed():
    groups = {group.decayed: group.members for group in grouped(network(), 0.01)}
    assert {each.dim() for each in groups[True]} == {2}
    assert {each.dim() for each in groups[False]} == {1}


def test_quick_metrics_are_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    logits, classes = torch.randn(50, 4, generator=generator), torch.randint(0, 4, (50,), generator=generator)
    assert quick_metric("logits", logits, classes) == accuracy_score(classes, logits.argmax(1))
    values, truth = torch.randn(50, 1, generator=generator), torch.randn(50, 1, generator=generator)
    assert quick_metric("values", values, truth) == pytest.approx(r2_score(truth, values), rel=1e-6)
    single = torch.randn(50, 1, generator=generator)
    assert quick_metric("logit", single, classes % 2) == accuracy_score(classes % 2, (single > 0).int())
    assert quick_metric("values", values, torch.ones(50, 1)) is None  # no spread: R2 says nothing


def test_asking_a_network_leaves_its_mode_and_the_random_state_alone():
    model = network(dropout=0.5).train()
    model[1].eval()
    state = torch.get_rng_state()
    outputs = outputs_of(model, points(30).inputs)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    assert not model[1].training
    assert model[3].training
    assert outputs.shape == (30, 2)
    assert not outputs.requires_grad


def test_the_epoch_log_means_by_weight_and_survives_a_round_trip():
    log = EpochLog()
    for loss, weight in ((1.0, 3.0), (2.0, 1.0)):
        log.answers(torch.full((2, 2), loss), torch.zeros(2))
        log.step(torch.tensor(loss), weight, 0.1)
    state = log.state()
    again = EpochLog()
    again.restore(state, CPU)
    assert log.mean_loss() == again.mean_loss() == 1.25
    assert torch.equal(log.gathered()[0], again.gathered()[0])
    log.drop_last()
    assert log.losses == [1.0]
    assert log.gathered()[0].shape == (2, 2)


def test_the_epoch_log_gives_up_outputs_that_are_too_many(monkeypatch):
    monkeypatch.setattr("glasshouse.training.epoch_log.MOST_OUTPUTS", 5)
    log = EpochLog()
    for _ in range(2):
        log.answers(torch.zeros(2, 2), torch.zeros(2))
        log.step(torch.tensor(1.0), 2.0, 0.1)
    assert log.gathered() is None
    assert log.state()["full"]
    assert log.settle() is None
    assert log.mean_loss() == 1.0


def test_early_stopping_waits_as_long_as_it_is_told():
    stopping = EarlyStopping(patience=2, least_change=0.1)
    told = [stopping.improved(epoch, {"loss": loss}) for epoch, loss in enumerate([1.0, 0.95, 0.8, 0.75], 1)]
    assert told == [True, False, True, False]
    assert not stopping.exhausted
    assert not stopping.improved(5, {"loss": 0.71})
    assert stopping.exhausted
    metric = EarlyStopping(patience=1, monitor="accuracy")
    assert metric.improved(1, {"loss": 1.0, "accuracy": 0.5})
    assert metric.improved(2, {"loss": 2.0, "accuracy": 0.6})


def test_early_stopping_keeps_an_epoch_even_when_nothing_is_finite():
    stopping = EarlyStopping(patience=1)
    assert stopping.improved(1, {"loss": math.inf})
    assert stopping.best_epoch == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_nested_state_survives_packing(state):
    tensors: dict[str, torch.Tensor] = {}
    import json

    assert unpack(json.loads(json.dumps(pack(state, tensors, ""))), tensors) == state


def test_tensors_survive_packing_with_type_and_format():
    state = {
        0: torch.arange(3, dtype=torch.uint8),
        "picture": torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros(0, 3),
    }
    tensors: dict[str, torch.Tensor] = {}
    again = unpack(pack(state, tensors, ""), tensors)
    for key, value in state.items():
        assert torch.equal(again[key], value)
        assert again[key].dtype == value.dtype
    assert again["picture"].is_contiguous(memory_format=torch.channels_last)
    with pytest.raises(TypeError, match="a checkpoint cannot hold a set at /thing"):
        pack({"thing": {1, 2}}, {}, "")


def test_a_last_line_that_a_crash_cut_short_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1}\n{"epoch": 2}\n{"ep')
    assert read_lines(path) == [{"epoch": 1}, {"epoch": 2}]
    path.write_text('{"epoch": 1}\n{"ep\n{"epoch": 3}\n')
    with pytest.raises(Exception, match="line 2, is not valid JSON"):
        read_lines(path)


def test_the_range_test_finds_a_rate_that_learns_and_changes_nothing():
    job = make_job(network=network(dropout=0.0))
    before = {name: value.clone() for name, value in job.network.state_dict().items()}
    state = torch.get_rng_state()
    found = range_test(job)
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in job.network.state_dict().items():
        assert torch.equal(value, before[name])
    assert found.rates == sorted(found.rates)
    assert 1e-4 < found.suggestion < 1.0
    records = Records(None)
    train(make_job(network=network(dropout=0.0), learning_rate=found.suggestion), records)
    assert records.epochs[-1]["train"]["loss"] < 0.8 * records.epochs[0]["train"]["loss"]


def test_the_progress_bar_shows_what_matters_on_a_terminal_and_nothing_elsewhere(monkeypatch):
    monkeypatch.setattr("glasshouse.training.progress_bar.REFRESH", 0.0)
    for terminal in (True, False):
        stream = io.StringIO()
        bar = ProgressBar(Console(file=stream, force_terminal=terminal, width=120))
        bar.started(Plan(epochs=2, steps=10, rows=100, metric="accuracy"))
        bar.stepped(1, 10, 0.5)
        bar.epoch_ended(
            {"epoch": 1, "step": 10, "train": {"loss": 0.4}, "validation": {"loss": 0.3, "accuracy": 0.9}}, {}
        )
        bar.stepped(11, 10, 0.25)
        bar.ended("done")
        shown = stream.getvalue()
        if terminal:
            for word in ("epoch", "loss 0.2500", "accuracy 0.9000", "samples/s", "left"):
                assert word in shown
        else:
            assert shown == ""


def test_tensorboard_events_hold_every_curve(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from glasshouse.training.tensorboard import TensorBoard

    records = Records(None)
    train(make_job(epochs=2), records, observers=[TensorBoard(tmp_path)])
    events = EventAccumulator(str(tmp_path)).Reload()
    points_written = [each.value for each in events.Scalars("validation/loss")]
    assert points_written == pytest.approx([row["validation"]["loss"] for row in records.epochs], rel=1e-6)
    assert "train/accuracy" in events.Tags()["scalars"]


def test_probes_note_what_numpy_computes():
    from glasshouse.probes import Probes

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs = torch.randn(7, 3) + 100.0  # a mean far larger than the spread
    probes = Probes(model, every=2)
    weights: list[np.ndarray] = []
    for step in range(3):
        with probes.look(step):
            model(inputs).square().mean().backward()
            probes.before_update()
            old = [each.detach().clone() for each in model[0].parameters()]
            gradient = [each.grad.clone() for each in model[0].parameters()]
            hidden = model[0](inputs).detach().double().numpy()
            optimizer.step()
        if step == 0:
            weights = [each.detach().clone() for each in model[0].parameters()]
            first = (hidden, gradient, old, weights)
        optimizer.zero_grad()
    rows = {(row["step"], row["layer"]): row for row in probes.rows}
    assert sorted({step for step, _ in rows}) == [0, 2]
    hidden, gradient, old, new = first
    row = rows[0, "0"]
    assert row["activation_mean"] == pytest.approx(hidden.mean(), rel=1e-5)
    assert row["activation_spread"] == pytest.approx(hidden.std(), rel=1e-3)
    assert row["activation_zeros"] == 0.0
    assert row["gradient_norm"] == pytest.approx(
        float(torch.cat([g.flatten() for g in gradient]).norm()), rel=1e-5
    )
    size = float(torch.cat([w.flatten() for w in new]).norm())
    moved = float(torch.cat([(a - b).flatten() for a, b in zip(new, old, strict=True)]).norm())
    assert row["weight_norm"] == pytest.approx(size, rel=1e-5)
    assert row["relative_update"] == pytest.approx(moved / size, rel=1e-4)
    relu = rows[0, "1"]
    assert relu["activation_zeros"] == pytest.approx((hidden <= 0).mean(), abs=1e-6)
    assert relu["gradient_norm"] is None
    assert not model[0]._forward_hooks


@pytest.mark.parametrize("decoupled", [False, True], ids=["adam", "adamw"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_bare_step_of_adam_is_pytorchs_to_the_bit(decoupled, decay):
    made = torch.optim.AdamW if decoupled else torch.optim.Adam
    weights = [torch.nn.Parameter(torch.linspace(-1, 1, 40)) for _ in range(4)]
    for each in weights:
        each.grad = torch.zeros_like(each)
    groups = [{"params": weights[:1], "weight_decay": decay}, {"params": weights[1:2], "weight_decay": 0.0}]
    others = [{"params": weights[2:3], "weight_decay": decay}, {"params": weights[3:], "weight_decay": 0.0}]
    bare, whole = made(groups, lr=0.1, fused=True), made(others, lr=0.1, fused=True)
    update = bare_step(bare, lasting_gradients=True)
    generator = torch.Generator().manual_seed(0)
    for step in range(10):
        for pair in (weights[::2], weights[1::2]):
            gradient = torch.randn(40, generator=generator) * 10.0 ** (step - 5)
            for each in pair:
                each.grad.copy_(gradient)
        for optimizer in (bare, whole):
            for group in optimizer.param_groups:
                group["lr"] = 0.1 / (step + 1)
        with torch.no_grad():
            update()
        whole.step()
        assert torch.equal(weights[0], weights[2])
        assert torch.equal(weights[1], weights[3])
    states = [list(optimizer.state_dict()["state"].values()) for optimizer in (bare, whole)]
    for one, other in zip(*states, strict=True):
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_bare_step_leaves_to_pytorch_what_the_kernel_is_not_for():
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.ones(3)
    optimizer = torch.optim.Adam([weight], lr=0.1, amsgrad=True, fused=True)
    update = bare_step(optimizer, lasting_gradients=True)
    with torch.no_grad():
        update(), update()
    assert "max_exp_avg_sq" in optimizer.state[weight]
    optimizer.register_step_post_hook(lambda *_: None)
    assert bare_step(optimizer) == optimizer.step
