"""Initializers: PyTorch's numbers, the variances of the papers, and what becomes of signals in deep nets."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.initializers import INITIALIZERS
from glasshouse.initializers.truncated_normal import share_left
from glasshouse.models import MODELS
from glasshouse.testing import check_card

FAN_OUT, FAN_IN = 300, 500
NORMAL, UNIFORM = 3.0, 1.8
"""Kurtosis: how heavy the tails are, which decides how far a sample's variance strays."""

WIDENED = 0.1 / share_left(1.5)
init = nn.init
VARIANCES = [
    ("glorot_uniform", 2 / (FAN_IN + FAN_OUT), UNIFORM, init.xavier_uniform_),
    (
        {"name": "glorot_uniform", "gain": 3},
        18 / (FAN_IN + FAN_OUT),
        UNIFORM,
        partial(init.xavier_uniform_, gain=3),
    ),
    ("glorot_normal", 2 / (FAN_IN + FAN_OUT), NORMAL, init.xavier_normal_),
    (
        {"name": "glorot_normal", "gain": "tanh"},
        25 / 9 * 2 / (FAN_IN + FAN_OUT),
        NORMAL,
        partial(init.xavier_normal_, gain=5 / 3),
    ),
    ("he_uniform", 2 / FAN_IN, UNIFORM, partial(init.kaiming_uniform_, nonlinearity="relu")),
    (
        {"name": "he_uniform", "negative_slope": math.sqrt(5)},
        1 / (3 * FAN_IN),
        UNIFORM,
        partial(init.kaiming_uniform_, a=math.sqrt(5)),
    ),
    ("he_normal", 2 / FAN_IN, NORMAL, partial(init.kaiming_normal_, nonlinearity="relu")),
    (
        {"name": "he_normal", "mode": "fan_out"},
        2 / FAN_OUT,
        NORMAL,
        partial(init.kaiming_normal_, nonlinearity="relu", mode="fan_out"),
    ),
    ("lecun_uniform", 1 / FAN_IN, UNIFORM, partial(init.kaiming_uniform_, nonlinearity="linear")),
    ("lecun_normal", 1 / FAN_IN, NORMAL, partial(init.kaiming_normal_, nonlinearity="linear")),
    (
        {"name": "lecun_normal", "mode": "fan_out"},
        1 / FAN_OUT,
        NORMAL,
        partial(init.kaiming_normal_, nonlinearity="linear", mode="fan_out"),
    ),
    ("normal", 0.01**2, NORMAL, partial(init.normal_, std=0.01)),
    ("uniform", 0.05**2 / 3, UNIFORM, partial(init.uniform_, a=-0.05, b=0.05)),
    # Cut normals have lighter tails, so the bound for normal ones holds.
    (
        "truncated_normal",
        (0.02 * share_left(2.0)) ** 2,
        NORMAL,
        partial(init.trunc_normal_, std=0.02, a=-0.04, b=0.04),
    ),
    (
        {"name": "truncated_normal", "standard_deviation": 0.1, "cut": 1.5, "widened": True},
        0.1**2,
        NORMAL,
        partial(init.trunc_normal_, std=WIDENED, a=-1.5 * WIDENED, b=1.5 * WIDENED),
    ),
]
names = [str(each[0]) for each in VARIANCES]


def fill(spec, seed=0, shape=(FAN_OUT, FAN_IN)):
    tensor = torch.empty(shape, dtype=torch.float64)
    INITIALIZERS.build(spec)(tensor, torch.Generator().manual_seed(seed))
    return tensor


@pytest.mark.parametrize(("spec", "variance", "kurtosis", "pytorchs"), VARIANCES, ids=names)
def test_the_variance_is_that_of_the_paper(spec, variance, kurtosis, pytorchs):
    # The variance of N numbers strays from the true one by a standard error of sqrt((kurtosis - 1) / N) of
    # it, their mean from 0 by sqrt(variance / N); beyond 4.9 of them lies one sample in a million.
    tensor = fill(spec)
    size = tensor.numel()
    error = math.sqrt((kurtosis - 1) / size)
    assert float(tensor.var()) == pytest.approx(variance, rel=4.9 * error)
    assert abs(float(tensor.mean())) < 4.9 * math.sqrt(variance / size)


@pytest.mark.parametrize(("spec", "variance", "kurtosis", "pytorchs"), VARIANCES, ids=names)
@pytest.mark.parametrize("shape", [(4, 7), (6, 3, 5), (8, 2, 3, 3)], ids=str)
def test_the_numbers_are_pytorchs(spec, variance, kurtosis, pytorchs, shape):
    theirs = torch.empty(shape, dtype=torch.float64)
    pytorchs(theirs, generator=torch.Generator().manual_seed(5))
    assert torch.equal(fill(spec, 5, shape), theirs)


@pytest.mark.parametrize("gain", [1.0, 0.5, "relu"])
@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (8, 2, 3, 3)], ids=str)
def test_orthogonal_is_pytorchs_and_orthonormal_times_the_gain(shape, gain):
    tensor = fill({"name": "orthogonal", "gain": gain}, 5, shape)
    factor = math.sqrt(2) if gain == "relu" else gain
    theirs = torch.empty(shape, dtype=torch.float64)
    init.orthogonal_(theirs, gain=factor, generator=torch.Generator().manual_seed(5))
    assert torch.equal(tensor, theirs)
    matrix = tensor.flatten(1)
    narrow = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    assert torch.allclose(
        narrow @ narrow.T, factor**2 * torch.eye(len(narrow), dtype=torch.float64), atol=1e-12
    )


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_only_the_generator_is_drawn_from(name):
    state = torch.get_rng_state()
    assert torch.equal(fill(name, shape=(6, 5)), fill(name, shape=(6, 5)))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_cards(name):
    check_card(INITIALIZERS[name])
    assert INITIALIZERS[name].conventions


def test_the_worked_bound_is_that_of_the_formula():
    shown = INITIALIZERS["glorot_uniform"].worked()
    assert shown.given == "n_in = 5, n_out = 3"
    assert shown.computed == pytest.approx(math.sqrt(6 / 8), rel=1e-12)


def test_uniform_bounds_are_reached_and_not_passed():
    for name, bound in (
        ("glorot_uniform", math.sqrt(6 / (FAN_IN + FAN_OUT))),
        ("he_uniform", math.sqrt(6 / FAN_IN)),
        ("lecun_uniform", math.sqrt(3 / FAN_IN)),
        ("uniform", 0.05),
    ):
        assert 0.999 * bound < float(fill(name).abs().max()) <= bound


def test_the_truncated_normal_is_cut_where_it_says():
    assert 0.0399 < float(fill("truncated_normal").abs().max()) <= 0.04
    # By numerical integration of x^2 times the density over the middle.
    x = torch.linspace(-1.5, 1.5, 100_001, dtype=torch.float64)
    density = torch.exp(-x * x / 2)
    spread = torch.trapezoid(x * x * density, x) / torch.trapezoid(density, x)
    assert share_left(1.5) == pytest.approx(math.sqrt(float(spread)), rel=1e-8)


LAYERS, WIDTH = 20, 512
STRAY = 4 * math.sqrt(5 * LAYERS / WIDTH)
"""One ReLU layer of n units strays from its mean square by a relative variance of 5 / n: four standard errors
of the logarithm after all layers."""


def through_layers(initializer, activation=torch.relu):
    """Mean squares of a signal after each layer, and of the gradient by the input of each, in that order."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, WIDTH, generator=generator).requires_grad_()
    signals = [x]
    for _ in range(LAYERS):
        weight = torch.empty(WIDTH, WIDTH)
        initializer(weight, generator)
        signals.append(activation(signals[-1] @ weight.T))
    down = torch.randn(64, WIDTH, generator=generator)
    gradients = torch.autograd.grad(signals[-1], signals[:-1], down)
    squares = [float(each.detach().square().mean()) for each in signals]
    return squares, [float(each.square().mean()) for each in gradients]


@pytest.mark.parametrize("name", ["he_normal", "he_uniform"])
def test_he_keeps_signals_and_gradients_level_through_20_relu_layers(name):
    signals, gradients = through_layers(INITIALIZERS.build(name))
    assert all(abs(math.log(each / signals[0])) < STRAY for each in signals)
    assert all(abs(math.log(each / gradients[-1])) < STRAY for each in gradients)


@pytest.mark.parametrize("name", ["glorot_normal", "glorot_uniform", "lecun_normal"])
def test_others_halve_both_at_every_relu_layer(name):
    signals, gradients = through_layers(INITIALIZERS.build(name))
    halved = LAYERS * math.log(0.5)
    assert math.log(signals[-1] / signals[0]) == pytest.approx(halved, abs=STRAY)
    assert math.log(gradients[0] / gradients[-1]) == pytest.approx(halved - math.log(0.5), abs=STRAY)
    assert signals[-1] < signals[0] * 1e-5


def test_glorot_with_tanhs_gain_keeps_tanh_alive_where_a_small_size_kills_it():
    signals, _ = through_layers(gh.initializers.GlorotNormal(gain="tanh"), activation=torch.tanh)
    assert 0.1 < signals[20] < 1
    signals, _ = through_layers(gh.initializers.Normal(standard_deviation=0.01), activation=torch.tanh)
    assert signals[20] < 1e-20


def test_orthogonal_keeps_lengths_through_a_deep_linear_stack_exactly():
    signals, _ = through_layers(gh.initializers.Orthogonal(), activation=lambda each: each)
    assert signals[20] == pytest.approx(signals[0], rel=1e-4)


def trained(initializer, activation):
    """The weights into and out of four hidden units after 20 steps."""
    torch.manual_seed(0)
    network = MODELS.build(
        "mlp", inputs=3, outputs=2, hidden=[4], activation=activation, initializer=initializer
    )
    inputs = torch.randn(30, 3)
    targets = (inputs.sum(1) > 0).long()
    optimizer = gh.optimizers.Adam(network.parameters(), learning_rate=0.05)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs), targets).backward()
        optimizer.step()
    return network.linear1.weight.detach(), network.output.weight.detach()


@pytest.mark.parametrize("start", ["zeros", {"name": "constant", "value": 0.3}], ids=str)
def test_units_that_start_alike_stay_alike_however_long_they_train(start):
    into, out = trained(start, "sigmoid")
    assert float(into.abs().max()) > 0.01, "the weights have not moved at all"
    assert torch.allclose(into, into[:1].expand_as(into), atol=1e-6)
    assert torch.allclose(out, out[:, :1].expand_as(out), atol=1e-6)
    into, _ = trained("glorot_uniform", "sigmoid")
    assert not torch.allclose(into, into[:1].expand_as(into), atol=0.1)


def test_from_zeros_nothing_moves_under_relu_but_the_last_bias():
    into, out = trained("zeros", "relu")
    assert not into.any()
    assert not out.any()


# Biases.


@pytest.mark.parametrize("shape", [(3,), (1,)], ids=str)
def test_log_odds_answer_the_shares_of_the_classes(shape):
    bias = torch.empty(shape, dtype=torch.float64)
    if shape == (1,):
        gh.initializers.LogOdds([30, 10])(bias)
        assert float(torch.sigmoid(bias)) == pytest.approx(0.25, rel=1e-12)
    else:
        gh.initializers.LogOdds([0.5, 0.3, 0.2])(bias)
        assert torch.softmax(bias, 0).tolist() == pytest.approx([0.5, 0.3, 0.2], rel=1e-12)
    gh.initializers.LogOdds()(bias)
    assert float(bias[0]) == pytest.approx(-math.log(shape[0]))


def test_log_odds_make_the_first_loss_the_entropy_of_the_classes():
    shares = torch.tensor([0.9, 0.1])
    network = MODELS.build(
        {"name": "mlp", "bias_initializer": {"name": "log_odds", "shares": shares.tolist()}},
        inputs=4,
        outputs=2,
    )
    targets = torch.tensor([0] * 9 + [1])
    loss = nn.functional.cross_entropy(network(torch.zeros(10, 4)), targets)
    assert float(loss.detach()) == pytest.approx(float(-(shares * shares.log()).sum()), rel=1e-5)
    assert not network.linear1.bias.any()


def test_biases_start_as_their_initializer_says():
    image = {"classes": 3, "channels": 1, "size": (8, 8)}
    for spec, sizes in (("mlp", {"inputs": 4, "outputs": 3}), ("cnn", image)):
        network = MODELS.build(
            {"name": spec, "bias_initializer": {"name": "constant", "value": 0.1}}, **sizes
        )
        biases = [each.bias for each in network.modules() if isinstance(each, (nn.Linear, nn.Conv2d))]
        assert all(bool((bias == 0.1).all()) for bias in biases if bias is not None)
        assert not MODELS.build(spec, **sizes).output.bias.any()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "normal", "standard_deviation": -1}, "standard_deviation = -1"),
        ({"name": "normal", "mean": math.inf}, "mean = inf"),
        ({"name": "uniform", "bound": 0}, "bound = 0"),
        ({"name": "truncated_normal", "cut": 0}, "cut = 0"),
        ({"name": "constant", "value": math.nan}, "value = nan"),
        ({"name": "glorot_uniform", "gain": "tanhh"}, "did you mean 'tanh'"),
        ({"name": "glorot_normal", "gain": 0}, "gain = 0"),
        ({"name": "orthogonal", "gain": -1}, "gain = -1"),
        ({"name": "he_normal", "mode": "fan_avg"}, "one of 'fan_in', 'fan_out'"),
        ({"name": "he_uniform", "negative_slope": math.nan}, "negative_slope = nan"),
        ({"name": "lecun_normal", "mode": "fan"}, "mode = 'fan'"),
        ({"name": "log_odds", "shares": [1.0]}, "at least two numbers above 0"),
        ({"name": "log_odds", "shares": [1.0, 0.0]}, r"shares\[1\] = 0.0"),
    ],
    ids=str,
)
def test_refused_settings(spec, said):
    with pytest.raises(SettingError, match=said):
        INITIALIZERS.build(spec)


def test_what_goes_by_fans_refuses_biases():
    for name in ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "orthogonal"):
        with pytest.raises(ModelError, match=r"shape \(3,\)(.|\n)*start a bias with zeros"):
            INITIALIZERS.build(name)(torch.empty(3))
    with pytest.raises(ModelError, match=r"shape \(4,\) for the shares of 2 classes"):
        gh.initializers.LogOdds([1, 2])(torch.empty(4))


def test_every_activation_names_an_initializer_that_exists():
    for concept in ACTIVATIONS.values():
        assert concept.facts["initializer"] in INITIALIZERS


def test_class_like_names_build_the_same():
    for name in gh.initializers.__all__:
        if name not in ("INITIALIZERS", "Initializer"):
            assert getattr(gh.initializers, name) in {concept.build for concept in INITIALIZERS.values()}
