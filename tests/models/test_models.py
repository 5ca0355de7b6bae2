"""Networks: exact counts, shapes at odd sizes, and settings that are refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import linear_model
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import ModelError, SettingError, UnknownNameError
from glasshouse.losses import PerceptronCriterion
from glasshouse.models import MODELS, Perceptron, build_model, cnn, ledger, lenet5, mlp
from glasshouse.models.lenet5 import CONNECTIONS, DistanceToCode, Subsampling, TableConvolution


def parameters(network):
    return sum(each.numel() for each in network.parameters())


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 9), max_size=4),
    st.integers(1, 7),
    st.integers(1, 4),
    st.sampled_from(list(ACTIVATIONS)),
)
def test_an_mlp_has_the_parameters_of_the_formula(hidden, inputs, outputs, activation):
    pieces = 2 if activation == "maxout" else 1
    sizes = [inputs, *hidden, outputs]
    expected = sum((a * b + b) * pieces for a, b in itertools.pairwise(sizes))
    expected -= (pieces - 1) * (sizes[-2] + 1) * outputs
    extra = len(hidden) if activation == "prelu" else 0
    network = mlp(inputs, outputs, hidden=hidden, activation=activation)
    assert parameters(network) == expected + extra
    assert network(torch.zeros(3, inputs)).shape == (3, outputs)


def test_an_mlp_flattens_pictures():
    assert mlp((1, 8, 8), 10, hidden=[5])(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


# Parameters by layer as published (LeCun et al. 1998, section II-B) and multiply-accumulates by derivation.
OF_1998 = {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48120, "F6": 10164, "output": 0}
MODERN = {"C1": 156, "S2": 0, "C3": 2416, "S4": 0, "C5": 48120, "F6": 10164, "output": 850}
SHAPES = {
    "C1": (6, 28, 28),
    "S2": (6, 14, 14),
    "C3": (16, 10, 10),
    "S4": (16, 5, 5),
    "C5": (120, 1, 1),
    "F6": (84,),
}


@pytest.mark.parametrize(
    ("variant", "by_layer", "total", "macs"),
    [("1998", OF_1998, 60_000, 328_096), ("modern", MODERN, 61_706, 416_520)],
)
def test_lenet5_is_the_published_network_to_the_unit(variant, by_layer, total, macs):
    rows = {
        row.name: row for row in ledger(lenet5(size=(32, 32), variant=variant), torch.zeros(1, 1, 32, 32))
    }
    assert {name: rows[name].parameters for name in by_layer} == by_layer
    assert {name: rows[name].output_shape for name in SHAPES} == SHAPES
    assert sum(row.parameters for row in rows.values()) == total
    assert sum(row.macs for row in rows.values()) == macs


def test_the_connection_table_is_that_of_the_paper():
    assert sum(map(len, CONNECTIONS)) == 60
    seen = [sum(into in row for row in CONNECTIONS) for into in range(6)]
    assert seen == [10] * 6  # every map of S2 feeds ten maps of C3
    assert [len(row) for row in CONNECTIONS] == [3] * 6 + [4] * 9 + [6]


def test_a_table_convolution_is_the_sum_over_its_connections():
    torch.manual_seed(0)
    layer = TableConvolution(CONNECTIONS, 5)
    x = torch.randn(2, 6, 9, 9)
    expected = torch.zeros(2, 16, 5, 5)
    place = 0
    for out, row in enumerate(CONNECTIONS):
        expected[:, out] = layer.bias[out]
        for into in row:
            expected[:, out] += F.conv2d(x[:, into : into + 1], layer.weight[place][None, None])[:, 0]
            place += 1
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_subsampling_adds_four_neighbours():
    layer = Subsampling(1)
    x = torch.arange(16.0).view(1, 1, 4, 4)
    expected = (
        layer.weight * torch.tensor([[0 + 1 + 4 + 5, 2 + 3 + 6 + 7], [8 + 9 + 12 + 13, 10 + 11 + 14 + 15]])
        + layer.bias
    )
    assert torch.allclose(layer(x)[0, 0], expected.float())


def test_the_output_of_1998_prefers_the_nearest_drawn_digit():
    layer = DistanceToCode(10)
    assert layer.codes.abs().eq(1).all()
    assert torch.equal(layer(layer.codes).argmax(1), torch.arange(10))
    assert float(layer(layer.codes).diagonal().abs().max()) == 0.0
    assert torch.equal(DistanceToCode(3).codes, DistanceToCode(3).codes)


@settings(deadline=None, max_examples=25)
@given(st.integers(4, 40), st.integers(4, 40), st.integers(1, 3), st.sampled_from(["cnn", "lenet5", "1998"]))
def test_picture_networks_take_any_size_from_four_pixels(height, width, channels, which):
    make = {
        "cnn": cnn,
        "lenet5": lenet5,
        "1998": lambda **sizes: lenet5(variant="1998", **sizes),
    }[which]
    network = make(classes=3, channels=channels, size=(height, width)).eval()
    assert network(torch.zeros(2, channels, height, width)).shape == (2, 3)


def test_the_ledger_counts_shared_layers_once_and_changes_nothing():
    shared = nn.Linear(4, 4)
    network = nn.Sequential(shared, nn.Dropout(0.5), shared).train()
    state = torch.get_rng_state()
    rows = ledger(network, torch.zeros(1, 4))
    assert [row.parameters for row in rows] == [20, 0, 0]
    assert torch.equal(torch.get_rng_state(), state)
    assert network.training
    assert not shared._forward_hooks


def test_the_ledger_of_a_network_that_does_not_fit_says_so():
    with pytest.raises(ModelError, match=r"the network does not take a batch of shape \(1, 5\)"):
        ledger(nn.Linear(4, 2), torch.zeros(1, 5))


def test_building_by_name_depends_on_the_seed_alone():
    state = torch.get_rng_state()
    one, two, other = (build_model("mlp", (4,), 3, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one[0].weight, other[0].weight)


@pytest.mark.parametrize(
    ("spec", "shape", "error", "text"),
    [
        (
            "lenet6",
            (1, 28, 28),
            UnknownNameError,
            r"one of perceptron, mlp, stack, cnn, lenet5, alexnet, .*\n  fix: did you mean 'lenet5'",
        ),
        ("lenet5", (4,), ModelError, "model 'lenet5' on data with 4 features per row"),
        ({"name": "lenet5", "variant": "1997"}, (1, 28, 28), SettingError, "did you mean '1998'"),
        ({"name": "mlp", "hiden": [3]}, (4,), SettingError, "did you mean 'hidden'"),
        ({"name": "mlp", "hidden": [0]}, (4,), SettingError, r"hidden\[0\] = 0"),
        ({"name": "mlp", "dropout": 1.0}, (4,), SettingError, "dropout = 1.0"),
        ({"name": "mlp", "activation": "rellu"}, (4,), UnknownNameError, "did you mean"),
        ({"name": "mlp", "normalization": "group"}, (4,), SettingError, "normalization = 'group'"),
        (
            {"name": "cnn", "widths": [4, 4, 4, 4]},
            (1, 4, 4),
            ModelError,
            "4 stages for pictures of 4 x 4 pixels",
        ),
        ("perceptron", (4,), SettingError, "outputs = 1"),
    ],
    ids=str,
)
def test_what_cannot_be_built_is_refused_with_the_fix(spec, shape, error, text):
    with pytest.raises(error, match=text):
        build_model(spec, shape, 1 if spec == "perceptron" else 3, seed=0)


def test_he_weights_keep_the_size_of_signals_through_a_deep_relu_network():
    torch.manual_seed(0)
    network = mlp(256, 10, hidden=[256] * 20)
    signal = torch.randn(512, 256)
    with torch.no_grad():
        deep = network[:-1](signal)
    assert 0.2 < float(deep.square().mean()) / 0.5 < 5  # E[relu(x)^2] is half of E[x^2]


def rosenblatt(inputs, labels, epochs, rate=1.0):
    """The rule of 1958, literally: a threshold unit, changed by rate times the error times the input."""
    weights, bias = np.zeros(inputs.shape[1]), 0.0
    for _ in range(epochs):
        for x, t in zip(inputs, labels, strict=True):
            said = 1 if weights @ x + bias > 0 else 0
            weights, bias = weights + rate * (t - said) * x, bias + rate * (t - said)
    return weights, bias


def gradient_steps(network, inputs, labels, epochs, rate=1.0):
    loss = PerceptronCriterion()
    for _ in range(epochs):
        for x, t in zip(inputs, labels, strict=True):
            network.zero_grad()
            loss(network(x[None]), t[None]).backward()
            with torch.no_grad():
                for each in network.parameters():
                    each -= rate * each.grad


def separable(classes=2, rows=60):
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(classes, 2)) * 6
    labels = generator.integers(0, classes, rows)
    return centres[labels] + generator.normal(size=(rows, 2)), labels


def test_the_perceptron_learns_by_rosenblatts_rule_to_the_last_bit():
    inputs, labels = separable()
    weights, bias = rosenblatt(inputs, labels, epochs=3)
    network = Perceptron(2, 2).double()
    gradient_steps(network, torch.from_numpy(inputs), torch.from_numpy(labels), epochs=3)
    assert np.array_equal(network.linear.weight.detach().numpy()[0], weights)
    assert network.linear.bias.item() == bias


def test_the_perceptron_ends_where_scikit_learns_does():
    # Away from ties (which cannot occur once the weights are not zero) both follow the same rule.
    inputs, labels = separable()
    theirs = linear_model.Perceptron(shuffle=False, max_iter=5, tol=None)
    theirs.fit(inputs, labels, coef_init=np.array([[0.3, -0.2]]), intercept_init=np.array([0.1]))
    network = Perceptron(2, 2).double()
    with torch.no_grad():
        network.linear.weight.copy_(torch.tensor([[0.3, -0.2]]))
        network.linear.bias.fill_(0.1)
    gradient_steps(network, torch.from_numpy(inputs), torch.from_numpy(labels), epochs=5)
    assert np.allclose(network.linear.weight.detach().numpy(), theirs.coef_)
    assert np.allclose(network.linear.bias.detach().numpy(), theirs.intercept_)


def test_many_classes_follow_keslers_construction():
    inputs, labels = separable(classes=4, rows=120)
    weights, bias = np.zeros((4, 2)), np.zeros(4)
    for _ in range(2):
        for x, t in zip(inputs, labels, strict=True):
            winner = int(np.argmax(weights @ x + bias))
            if winner != t:
                weights[t] += x
                weights[winner] -= x
                bias[t] += 1
                bias[winner] -= 1
    network = Perceptron(2, 4).double()
    gradient_steps(network, torch.from_numpy(inputs), torch.from_numpy(labels), epochs=2)
    assert np.allclose(network.linear.weight.detach().numpy(), weights)
    assert np.allclose(network.linear.bias.detach().numpy(), bias)


def test_no_perceptron_solves_xor():
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    labels = torch.tensor([0, 1, 1, 0])
    network = Perceptron(2, 2)
    gradient_steps(network, corners, labels, epochs=200)
    assert int((network(corners).argmax(1) == labels).sum()) < 4


def test_every_model_is_listed_with_what_it_takes():
    for name, concept in MODELS.items():
        assert concept.facts["takes"] in ("vector", "image", "sequence", "video")
        if concept.facts["takes"] in ("sequence", "video"):
            continue  # tests/models/test_sequences.py, test_videos.py
        vector, smallest = concept.facts["takes"] == "vector", concept.facts.get("smallest")
        shape = (4,) if vector else (1, max(2, smallest), max(2, smallest))
        narrow = {"width": 0.125} if "width" in concept.settings() else {}
        outputs = 5 if concept.facts.get("gives") == "captioning" else 2  # with the marks of texts
        network = build_model({"name": name, **narrow}, shape, outputs, seed=0).eval()
        given = {"reconstruction": shape, "generation": (1,), "pictures": (2, 4, 4), "captioning": (12,)}
        given |= {"pictures": (2, 6, 6)} if name == "espcn" else {"boxes": (7, 1, 1)}
        expected = given.get(concept.facts.get("gives"), (2,))
        assert network(torch.zeros(2, *shape)).shape == (2, *expected)
        assert math.isfinite(parameters(network))
        if not vector and smallest > 1:
            too_small = (1, smallest - 1, smallest)
            with pytest.raises(ModelError, match=f"pictures of at least {smallest} x {smallest} pixels"):
                build_model({"name": name, **narrow}, too_small, 2, seed=0)
