"""The dense engine computes what autograd computes: losses, weights, running statistics, random draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.concept import Spec
from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES
from glasshouse.models.mlp import mlp
from glasshouse.models.perceptron import Perceptron
from glasshouse.objectives import Supervised
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.training.loop import train
from glasshouse.training.records import Records

from .conftest import make_job

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
ROWS, BATCH, EPOCHS = 83, 8, 5  # ten steps an epoch, the last batch has three rows


def part_for(loss: str, dtype: torch.dtype, shape: tuple[int, ...] = (6,)) -> Part:
    stream = torch.Generator().manual_seed(1)
    inputs = torch.randn(ROWS, *shape, generator=stream, dtype=torch.float64)
    flat = inputs.flatten(1)
    if LOSSES.find(loss).facts["task"] == "regression":
        targets = (flat[:, :1].sin() + flat[:, 1:2] + 3).to(dtype)
    elif LOSSES.find(loss).facts["task"] == "control":
        targets = torch.stack([flat[:, :3].argmax(1).to(dtype), flat[:, 0].to(dtype)], dim=1)
    elif LOSSES.find(loss).facts["task"] == "verification":
        # every sample compares the first rows of its batch, which are there in the last one too
        targets = torch.tensor([[0, 1, 1], [1, 2, 0]] if loss == "contrastive" else [[0, 1, 2]])
        targets = targets.repeat(ROWS, 1)[:ROWS]
    elif loss == "binary_cross_entropy":
        targets = (flat[:, 0] > flat[:, 1]).long()
    else:
        targets = flat[:, :3].argmax(1)
    return Part(inputs.to(dtype), targets, np.arange(ROWS))


def outputs_for(loss: str) -> int:
    if loss == "binary_cross_entropy" or LOSSES.find(loss).facts["task"] == "regression":
        return 1
    return 3


def trained(engine: str, build: Callable[[], nn.Module], loss: Spec, dtype: torch.dtype, **changes):
    """Network, losses of all steps, and records of 50 steps."""
    torch.manual_seed(5)
    network = build().to(dtype)
    objective = Supervised(LOSSES.build(loss))
    name = loss if isinstance(loss, str) else loss["name"]
    part = changes.pop("part", None) or part_for(name, dtype)
    settings = {
        "batch_size": BATCH, "epochs": EPOCHS, "validation": None, "optimizer": "adam", "schedule": "cosine",
        "learning_rate": 0.01, "weight_decay": 0.0, **changes,
    }  # fmt: skip
    records = Records(None)
    outcome = train(
        make_job(network=network, objective=objective, part=part, engine=engine, **settings), records
    )
    assert outcome.engine == engine
    return network, records


def assert_equal(build, loss, dtype, **changes):
    plain, by_autograd = trained("autograd", build, loss, dtype, **dict(changes))
    dense, by_rules = trained("dense", build, loss, dtype, **dict(changes))
    bound = TOLERANCE[dtype]
    expected, found = by_autograd.steps["loss"], by_rules.steps["loss"]
    assert len(expected) >= 50 or changes.get("accumulate", 1) > 1
    assert found == pytest.approx(expected, rel=bound, abs=bound * 1e-2)
    before = dict(plain.state_dict())
    for key, value in dense.state_dict().items():
        size = float(before[key].double().norm()) or 1.0
        assert float((value.double() - before[key].double()).norm()) <= bound * size, key
    for one, other in zip(by_autograd.epochs, by_rules.epochs, strict=True):
        assert one["train"].keys() == other["train"].keys()


def hidden(activation: Spec = "relu", outputs: int = 3, **settings) -> Callable[[], nn.Module]:
    return lambda: mlp(6, outputs, hidden=[12, 8], activation=activation, **settings)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_gives_the_losses_and_weights_of_autograd(activation, dtype):
    assert_equal(hidden(activation), "cross_entropy", dtype)


SETTINGS = [
    {"name": "leaky_relu", "negative_slope": 0.2},
    {"name": "elu", "alpha": 0.5},
    {"name": "gelu", "approximate": "tanh"},
    {"name": "swish", "beta": 1.7},
    {"name": "swish", "learnable": True},
    {"name": "prelu", "num_parameters": 1},
    {"name": "sigmoid", "steepness": 2.0},
    {"name": "softplus", "beta": 2.0},
    {"name": "softmax", "temperature": 2.0},
    {"name": "maxout", "pieces": 3},
]


@pytest.mark.parametrize("activation", SETTINGS, ids=str)
def test_settings_of_activations_are_read(activation):
    assert_equal(hidden(activation), "cross_entropy", torch.float64)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_gives_the_losses_and_weights_of_autograd(loss, dtype):
    settings, optimizer, outputs = {}, "adam", outputs_for(loss)
    if LOSSES.find(loss).facts["task"] == "verification":
        # Distances do not see the last bias: its gradient is rounding alone. It shall not begin at 0, where
        # rounding would be all of it, nor be moved by Adam, which would blow rounding up. No pair shall come
        # to lie on the margin, where the slope jumps.
        settings, optimizer, loss = {"bias_initializer": "normal"}, "sgd", {"name": loss, "margin": 20.0}
    assert_equal(hidden("tanh", outputs, **settings), loss, dtype, optimizer=optimizer)


LOSS_SETTINGS = [
    {"name": "cross_entropy", "label_smoothing": 0.1},
    {"name": "cross_entropy", "class_weights": [1.0, 2.0, 5.0]},
    {"name": "cross_entropy", "class_weights": [1.0, 2.0, 5.0], "label_smoothing": 0.2},
    {"name": "binary_cross_entropy", "class_weights": [1.0, 3.0]},
    {"name": "focal", "gamma": 1.5, "class_weights": [1.0, 2.0, 5.0]},
    {"name": "huber", "delta": 0.3},
    {"name": "hinge", "against": "all", "squared": True},
    {"name": "perceptron_criterion"},
]


@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("loss", LOSS_SETTINGS, ids=str)
def test_settings_of_losses_are_read(loss, accumulate):
    # class weights are kept in float32, and PyTorch takes them in the type of the outputs only
    dtype = torch.float32 if "class_weights" in loss else torch.float64
    assert_equal(hidden("tanh", outputs_for(loss["name"])), loss, dtype, accumulate=accumulate)


def test_probabilities_as_outputs():
    loss = {"name": "cross_entropy", "from_logits": False}
    assert_equal(lambda: nn.Sequential(nn.Linear(6, 3), nn.Softmax(1)), loss, torch.float64)
    loss = {"name": "binary_cross_entropy", "from_logits": False}
    assert_equal(lambda: nn.Sequential(nn.Linear(6, 1), nn.Sigmoid()), loss, torch.float64)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_shares_as_targets(accumulate):
    part = part_for("cross_entropy", torch.float64)
    shares = torch.softmax(part.inputs[:, :3], 1)
    part = Part(part.inputs, shares, part.rows)

    def build() -> nn.Module:
        return mlp(6, 3, hidden=[8], activation="tanh")

    for loss in ("cross_entropy", "kl_divergence"):
        runs = []
        for engine in ("autograd", "dense"):
            network, records = build_and_run(engine, build, loss, part, accumulate)
            runs.append((network, records))
        for one, other in zip(runs[0][0].parameters(), runs[1][0].parameters(), strict=True):
            assert torch.allclose(one, other, rtol=1e-10, atol=1e-12)
        assert runs[1][1].steps["loss"] == pytest.approx(runs[0][1].steps["loss"], rel=1e-10)


def build_and_run(engine, build, loss, part, accumulate):
    torch.manual_seed(5)
    network = build().double()
    objective = Supervised(LOSSES.build(loss))
    objective.meaning = None  # shares have no accuracy
    records = Records(None)
    train(
        make_job(network=network, objective=objective, part=part, engine=engine, batch_size=BATCH, epochs=5,
                 validation=None, weight_decay=0.0, accumulate=accumulate),
        records,
    )  # fmt: skip
    return network, records


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_moves_the_same(optimizer, dtype):
    changes = {"optimizer": optimizer, "learning_rate": OPTIMIZERS[optimizer].facts["learning_rate"]}
    assert_equal(hidden("tanh"), "cross_entropy", dtype, weight_decay=0.01, **changes)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_normalization_and_dropout_draw_and_keep_the_same(normalization, dropout, dtype):
    # Not Adam: it would blow up the rounding errors of a bias that batch norm takes off again.
    changes = {"optimizer": "momentum", "learning_rate": 0.05}
    build = hidden("relu", normalization=normalization, dropout=dropout)
    assert_equal(build, "cross_entropy", dtype, **changes)


CHANGES = {
    "accumulation": {"accumulate": 3},
    "clipping by length": {"clip_norm": 0.1},
    "clipping by value": {"clip_value": 0.01},
    "weight decay": {"optimizer": "adamw", "weight_decay": 0.1},
    "all at once": {"accumulate": 2, "clip_norm": 0.5, "optimizer": "adamw", "weight_decay": 0.1},
    "one row at a time": {"batch_size": 1, "epochs": 1},
    "plateau": {"schedule": "plateau"},
    "penalties": {"regularizers": ["l2", {"name": "l1", "strength": 1e-3}]},
    "noise and constraints": {
        "regularizers": ["input_noise", "weight_noise", {"name": "max_norm", "limit": 1}]
    },
    "adaptive clipping": {"clip_adaptive": 0.02},
}


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("change", CHANGES)
def test_what_the_loop_adds_is_the_same(change, dtype):
    assert_equal(hidden("relu"), "cross_entropy", dtype, **CHANGES[change])


@pytest.mark.parametrize("classes", [2, 3])
def test_the_perceptron_learns_by_the_same_rule(classes):
    part = part_for("perceptron_criterion", torch.float32)
    part = Part(part.inputs, part.targets.clamp_max(classes - 1), part.rows)
    settings = {
        "part": part,
        "optimizer": "sgd",
        "learning_rate": 1.0,
        "schedule": "constant",
        "batch_size": 1,
    }
    assert_equal(lambda: Perceptron(6, classes), "perceptron_criterion", torch.float32, **settings)


LINES: dict[str, Callable[[], nn.Module]] = {
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
    "normalized first": lambda: nn.Sequential(
        nn.BatchNorm1d(6, momentum=None), nn.Linear(6, 8), nn.ELU(), nn.Linear(8, 3)
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
    "rms norm": lambda: nn.Sequential(nn.Linear(6, 8), nn.RMSNorm(8), nn.Mish(), nn.Linear(8, 3)),
    "everything dropped": lambda: nn.Sequential(nn.Linear(6, 8), nn.Dropout(1.0), nn.Linear(8, 3)),
    "sigmoid after ReLU": lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Sigmoid(), nn.Linear(8, 3)),
    "many slopes": lambda: nn.Sequential(nn.Linear(6, 4), nn.PReLU(4), nn.Linear(4, 3)),
}


@pytest.mark.parametrize("line", LINES)
def test_lines_of_layers(line):
    assert_equal(LINES[line], "cross_entropy", torch.float64, optimizer="momentum", learning_rate=0.05)


def test_pictures_are_flattened_in_any_memory_format():
    part = part_for("cross_entropy", torch.float32, (2, 3, 4))
    strided = Part(part.inputs.contiguous(memory_format=torch.channels_last), part.targets, part.rows)
    for each in (part, strided):
        assert_equal(lambda: mlp((2, 3, 4), 3, hidden=[8]), "cross_entropy", torch.float32, part=each)


@pytest.mark.parametrize("frozen", ["linear1", "linear2", "output", "norm1"])
def test_frozen_layers_stay_and_the_others_learn(frozen):
    def build() -> nn.Module:
        network = mlp(6, 3, hidden=[8, 8], activation="tanh", normalization="layer")
        network.get_submodule(frozen).requires_grad_(False)
        return network

    assert_equal(build, "cross_entropy", torch.float64)


def test_common_networks_end_with_the_very_same_bits():
    # No promise, but what makes the two engines interchangeable in practice: the kernels are the same.
    build = hidden("relu", dropout=0.2)
    plain, by_autograd = trained("autograd", build, "cross_entropy", torch.float32)
    dense, by_rules = trained("dense", build, "cross_entropy", torch.float32)
    for key, value in plain.state_dict().items():
        assert torch.equal(value, dense.state_dict()[key]), key
    assert by_autograd.epochs == by_rules.epochs
    assert by_autograd.steps == by_rules.steps
