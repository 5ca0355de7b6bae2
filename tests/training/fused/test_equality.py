"""The fused loop computes what autograd computes: losses, weights, running statistics, random draws."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES
from glasshouse.models.mlp import mlp
from glasshouse.optimizers import OPTIMIZERS

from ..test_dense_equality import TOLERANCE, hidden, outputs_for, part_for, trained

pytest.importorskip("numba")

DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=str)


def assert_equal(build, loss, dtype, **changes):
    plain, by_autograd = trained("autograd", build, loss, dtype, **dict(changes))
    fused, by_loop = trained("fused", build, loss, dtype, **dict(changes))
    bound = TOLERANCE[dtype]
    assert by_loop.steps["loss"] == pytest.approx(by_autograd.steps["loss"], rel=bound, abs=bound * 1e-2)
    before = dict(plain.state_dict())
    for key, value in fused.state_dict().items():
        size = float(before[key].double().norm()) or 1.0
        # A bias before batch norm has a true gradient of 0: what it moves is rounding, in either engine.
        rounding = 4 * torch.finfo(dtype).eps
        assert float((value.double() - before[key].double()).norm()) <= bound * size + rounding, key
    for one, other in zip(by_autograd.epochs, by_loop.epochs, strict=True):
        assert one["train"].keys() == other["train"].keys()


UNKNOWN_ACTIVATIONS = (
    *("binary_step", "bipolar_sigmoid", "bipolar_step", "maxout", "prelu", "scaled_tanh", "softmax"),
)


@DTYPES
@pytest.mark.parametrize("activation", [each for each in ACTIVATIONS if each not in UNKNOWN_ACTIVATIONS])
def test_every_activation_gives_the_losses_and_weights_of_autograd(activation, dtype):
    assert_equal(hidden(activation), "cross_entropy", dtype)


@pytest.mark.parametrize("activation", UNKNOWN_ACTIVATIONS)
def test_activations_without_code_are_named(activation):
    with pytest.raises(SettingError) as caught:
        trained("fused", hidden(activation), "cross_entropy", torch.float64)
    assert caught.value.received.endswith(": the fused loop has no code for it")
    assert caught.value.fix == "set training.engine to 'auto', which takes the dense engine here"


SETTINGS = [
    {"name": "leaky_relu", "negative_slope": 0.2},
    {"name": "elu", "alpha": 0.5},
    {"name": "gelu", "approximate": "tanh"},
    {"name": "softplus", "beta": 2.0},
]


@DTYPES
@pytest.mark.parametrize("activation", SETTINGS, ids=str)
def test_settings_of_activations_are_read(activation, dtype):
    assert_equal(hidden(activation), "cross_entropy", dtype)


KNOWN_LOSSES = ("binary_cross_entropy", "cross_entropy", "huber", "mae", "mse", "quadratic")


@DTYPES
@pytest.mark.parametrize("loss", KNOWN_LOSSES)
def test_every_loss_gives_the_losses_and_weights_of_autograd(loss, dtype):
    assert_equal(hidden("tanh", outputs_for(loss)), loss, dtype)


@pytest.mark.parametrize("loss", [each for each in LOSSES if each not in KNOWN_LOSSES])
def test_losses_without_code_are_named(loss):
    with pytest.raises(SettingError) as caught:
        trained("fused", hidden("tanh", outputs_for(loss)), loss, torch.float64)
    assert "with loss " in caught.value.received


LOSS_SETTINGS = [
    {"name": "cross_entropy", "label_smoothing": 0.1},
    {"name": "cross_entropy", "class_weights": [1.0, 2.0, 5.0]},
    {"name": "cross_entropy", "class_weights": [1.0, 2.0, 5.0], "label_smoothing": 0.2},
    {"name": "huber", "delta": 0.3},
]


@pytest.mark.parametrize("loss", LOSS_SETTINGS, ids=str)
def test_settings_of_losses_are_read(loss):
    # class weights are kept in float32, and PyTorch takes them in the type of the outputs only
    dtype = torch.float32 if "class_weights" in loss else torch.float64
    assert_equal(hidden("tanh", outputs_for(loss["name"])), loss, dtype)


@DTYPES
def test_several_values_per_row(dtype):
    part = part_for("mse", dtype)
    part = Part(part.inputs, part.inputs[:, :3].sin().contiguous(), part.rows)
    for loss in ("mse", "mae", "huber", "quadratic"):
        assert_equal(hidden("tanh", 3), loss, dtype, part=part)


@DTYPES
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_moves_the_same(optimizer, dtype):
    changes = {"optimizer": optimizer, "learning_rate": OPTIMIZERS[optimizer].facts["learning_rate"]}
    assert_equal(hidden("tanh"), "cross_entropy", dtype, weight_decay=0.01, **changes)


@pytest.mark.parametrize(
    "optimizer",
    [
        {"name": "momentum", "form": "average"},
        {"name": "adam", "epsilon_place": "inside"},
        {"name": "rmsprop", "momentum": 0.5},
        {"name": "rmsprop", "centered": True},
    ],
    ids=str,
)
def test_forms_of_optimizers_without_code_are_named(optimizer):
    with pytest.raises(SettingError) as caught:
        trained("fused", hidden("tanh"), "cross_entropy", torch.float64, optimizer=optimizer)
    assert "with optimizer " in caught.value.received


@DTYPES
@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_normalization_and_dropout_draw_and_keep_the_same(normalization, dropout, dtype):
    # Not Adam: it would blow up the rounding errors of a bias that batch norm takes off again.
    changes = {"optimizer": "momentum", "learning_rate": 0.05}
    build = hidden("relu", normalization=normalization, dropout=dropout)
    assert_equal(build, "cross_entropy", dtype, **changes)


CHANGES = {
    "clipping by length": {"clip_norm": 0.1},
    "clipping by value": {"clip_value": 0.01},
    "weight decay": {"optimizer": "adamw", "weight_decay": 0.1},
    "all at once": {"clip_norm": 0.5, "clip_value": 0.1, "optimizer": "adamw", "weight_decay": 0.1},
    "one row at a time": {"batch_size": 1, "epochs": 1},
    "all rows at once": {"batch_size": 83, "epochs": 60},
    "plateau": {"schedule": "plateau"},
    "warm-up": {"schedule": {"name": "cosine", "warmup": 0.3}},
    "penalties": {"regularizers": ["l2", {"name": "l1", "strength": 1e-3}]},
    "elastic net": {"regularizers": ["elastic_net"], "weight_decay": 0.01},
    "rates of layers": {"layer_rates": {"linear1": 0.1}, "weight_decay": 0.01},
}


@DTYPES
@pytest.mark.parametrize("change", CHANGES)
def test_what_the_loop_adds_is_the_same(change, dtype):
    assert_equal(hidden("relu"), "cross_entropy", dtype, **CHANGES[change])


UNKNOWN_CHANGES = [
    ({"accumulate": 3}, "training.accumulate: its steps are of one batch"),
    ({"clip_adaptive": 0.02}, "training.clip_adaptive: the fused loop has no code for it"),
    ({"regularizers": ["input_noise"]}, "regularizer InputNoise: the fused loop has no code for it"),
    ({"regularizers": ["weight_noise"]}, "regularizer WeightNoise: the fused loop has no code for it"),
    ({"regularizers": ["max_norm"]}, "regularizer MaxNorm: the fused loop has no code for it"),
]


@pytest.mark.parametrize(("changes", "piece"), UNKNOWN_CHANGES, ids=[piece for _, piece in UNKNOWN_CHANGES])
def test_what_the_loop_cannot_add_is_named(changes, piece):
    with pytest.raises(SettingError) as caught:
        trained("fused", hidden("relu"), "cross_entropy", torch.float64, **changes)
    assert caught.value.received == f"training.engine = 'fused' with {piece}"


def widths(*sizes):
    """Layers of these widths, whatever vectors they fill or do not fill."""

    def build() -> nn.Module:
        layers = []
        for width_in, width in pairwise(sizes):
            layers += [nn.Linear(width_in, width), nn.Tanh()]
        return nn.Sequential(*layers[:-1])

    return build


@DTYPES
@pytest.mark.parametrize(
    "sizes",
    [
        (6, 3),
        (6, 1, 3),
        (6, 17, 3),
        (6, 16, 3),
        (6, 33, 3),
        (6, 48, 5, 31, 3),
        (6, 64, 32, 3),
        (6, 7, 7, 7, 7, 3),
    ],
    ids=str,
)
def test_depths_and_widths(sizes, dtype):
    assert_equal(widths(*sizes), "cross_entropy", dtype)


@DTYPES
@pytest.mark.parametrize("batch_size", [2, 3, 5, 31, 64])
def test_sizes_of_batches(batch_size, dtype):
    assert_equal(
        widths(6, 20, 3), "cross_entropy", dtype, batch_size=batch_size, epochs=1 + batch_size * 5 // 8
    )


LINES = {
    "one layer": lambda: nn.Linear(6, 3),
    "without biases": lambda: nn.Sequential(
        nn.Linear(6, 8, bias=False), nn.Tanh(), nn.Linear(8, 3, bias=False)
    ),
    "nested": lambda: nn.Sequential(
        nn.Sequential(nn.Linear(6, 8), nn.SiLU()), nn.Identity(), nn.Sequential(nn.Linear(8, 3))
    ),
    "in place": lambda: nn.Sequential(
        nn.Linear(6, 8),
        nn.ReLU(inplace=True),
        nn.Linear(8, 8),
        nn.Dropout(0.2, inplace=True),
        nn.Linear(8, 3),
    ),
    "dropped and normalized first": lambda: nn.Sequential(
        nn.Dropout(0.1), nn.BatchNorm1d(6), nn.Linear(6, 8), nn.ELU(), nn.Linear(8, 3)
    ),
    "norms without parameters": lambda: nn.Sequential(
        nn.Linear(6, 8),
        nn.BatchNorm1d(8, affine=False, track_running_stats=False),
        nn.Tanh(),
        nn.LayerNorm(8, elementwise_affine=False),
        nn.Linear(8, 3),
    ),
    "layer norm without bias": lambda: nn.Sequential(
        nn.Linear(6, 8), nn.LayerNorm(8, bias=False), nn.Linear(8, 3)
    ),
    "norms at the end": lambda: nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 3), nn.LayerNorm(3)),
    "everything dropped": lambda: nn.Sequential(nn.Linear(6, 8), nn.Dropout(1.0), nn.Linear(8, 3)),
    "sigmoid after ReLU": lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Sigmoid(), nn.Linear(8, 3)),
}


@pytest.mark.parametrize("line", LINES)
def test_lines_of_layers(line):
    assert_equal(LINES[line], "cross_entropy", torch.float64, optimizer="momentum", learning_rate=0.05)


def test_pictures_are_flattened_in_any_memory_format():
    part = part_for("cross_entropy", torch.float32, (2, 3, 4))
    strided = Part(part.inputs.contiguous(memory_format=torch.channels_last), part.targets, part.rows)
    for each in (part, strided):
        assert_equal(lambda: mlp((2, 3, 4), 3, hidden=[8]), "cross_entropy", torch.float32, part=each)


def test_a_frozen_layer_is_named():
    def build() -> nn.Module:
        network = mlp(6, 3, hidden=[8, 8])
        network.get_submodule("linear2").requires_grad_(False)
        return network

    with pytest.raises(SettingError, match="it is frozen"):
        trained("fused", build, "cross_entropy", torch.float64)
