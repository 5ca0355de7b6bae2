"""Networks as others write them, and the package's own: every gradient is autograd's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import glasshouse as gh
from glasshouse.losses import LOSSES
from glasshouse.models import MODELS
from tests.explain.autograd import assert_gradients, by_autograd, mean_square


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.shortcut, self.fc = nn.Conv2d(2, 4, 1), nn.Linear(4, 3)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += self.shortcut(x)
        return self.fc(F.adaptive_avg_pool2d(F.relu_(y), 1).flatten(1))


class Shared(nn.Module):
    """One layer three times, and its weight once more by hand."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        h = torch.tanh(self.layer(x))
        return self.layer(h) + self.layer(x) @ self.layer.weight.T


class InPlace(nn.Module):
    """Writes into tensors, into views of them, and reads both afterwards."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(2))

    def forward(self, x):
        x += 1  # what it was given
        y = x * 2
        view = y[:, :2]
        view.mul_(3)
        view.add_(self.w)
        other = y.view(-1)
        y[0] = 7.0
        y[1:, 3] = x[1:, 0] * self.w[0]
        return (y * view.sum()).sum() + other.pow(2).sum()


class Branching(nn.Module):
    """Which layer runs, and how often, depends on the numbers."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        layer = self.one if float(x.sum()) > 0 else self.other
        while float(x.norm()) < 6:
            x = x + F.softplus(layer(x))
        return x


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(4, 12)
        self.register_buffer("ahead", torch.ones(3, 3).triu(1).bool())

    def forward(self, x):
        q, k, v = self.project(x).chunk(3, -1)
        scores = (q @ k.transpose(-2, -1) / 2).masked_fill(self.ahead, float("-inf"))
        return x + scores.softmax(-1) @ v


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2 * ctx.saved_tensors[0]


class Own(nn.Module):
    """An operation with a backward pass of its own, which no tape sees."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(4))

    def forward(self, x):
        return Square.apply(x * self.w) + self.w


class Variational(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(4, 4), nn.Linear(2, 4)

    def forward(self, x):
        mean, log_variance = self.encoder(x).chunk(2, 1)
        code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(1)
        return F.binary_cross_entropy_with_logits(self.decoder(code), x.sigmoid()) + divergence.mean()


NETWORKS = {
    "residual": (Residual, (2, 2, 5, 5)),
    "shared weights": (Shared, (3, 4)),
    "in place": (InPlace, (3, 4)),
    "data-dependent": (Branching, (2, 4)),
    "attention": (Attention, (2, 3, 4)),
    "variational": (Variational, (3, 4)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_others(name):
    torch.manual_seed(1)
    build, shape = NETWORKS[name]
    net, x = build().double(), torch.randn(*shape, dtype=torch.float64)
    expected = by_autograd(net, x, mean_square)
    explanation = gh.explain(net, x, loss=mean_square)
    assert set(explanation.badges) <= {"checked", "no gradient"}
    assert_gradients(explanation, expected)


def test_an_operation_that_no_tape_sees_is_found_in_the_graph_of_autograd():
    torch.manual_seed(0)
    net, x = Own().double(), torch.randn(3, 4, dtype=torch.float64)
    expected = by_autograd(net, x, mean_square)
    explanation = gh.explain(net, x, loss=mean_square)
    assert [step.title for step in explanation.steps if step.badge == "autograd only"] == ["Square"]
    assert_gradients(explanation, expected)


TOKENS = torch.tensor([[2, 3, 4, 5], [6, 2, 3, 3]])
MODELS_TRIED = {
    "perceptron": ({"inputs": 4, "outputs": 3}, (3, 4)),
    "mlp": (
        {
            "inputs": 4,
            "outputs": 3,
            "hidden": [6, 5],
            "dropout": 0.3,
            "normalization": "batch",
            "activation": "swish",
        },
        (5, 4),
    ),
    "cnn": ({"size": (8, 8), "widths": [3, 4], "classes": 3}, (2, 1, 8, 8)),
    "lenet5": ({"classes": 3}, (1, 1, 28, 28)),
    "stack": (
        {"inputs": (2, 6), "outputs": 3, "layers": [{"name": "conv1d", "out_channels": 3}, "gelu"]},
        (2, 2, 6),
    ),
    "alexnet": ({"classes": 3, "size": (67, 67), "width": 0.04}, (1, 3, 67, 67)),
    "zfnet": ({"classes": 3, "size": (53, 53), "width": 0.04}, (1, 3, 53, 53)),
    **{
        name: ({"classes": 3, "size": (32, 32), "width": 0.04, "batch_norm": True}, (2, 3, 32, 32))
        for name in ("vgg11", "vgg13", "vgg16", "vgg19")
    },
    "googlenet": ({"classes": 3, "size": (31, 31), "width": 0.1}, (1, 3, 31, 31)),
    **{
        name: ({"classes": 3, "width": 0.05}, (2, 3, 33, 33))
        for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
    },
    **{
        f"cifar_resnet{depth}": ({"classes": 3, "width": 0.25}, (2, 3, 12, 12))
        for depth in (8, 14, 20, 32, 44, 56, 110)
    },
    "q_network": (
        {"inputs": 4, "outputs": 3, "hidden": [5], "centre": [0.5] * 4, "spread": [2.0] * 4},
        (3, 4),
    ),
    "actor_critic": (
        {"inputs": 4, "outputs": 3, "hidden": [5], "low": [-1, 0, -2], "high": [1, 3, 2]},
        (3, 4),
    ),
    "mobilenet": ({"classes": 3, "width": 0.1}, (2, 3, 33, 33)),
    "lrcn": (
        {"inputs": (3, 1, 6, 7), "outputs": 3, "widths": [2], "features": 3, "units": 2},
        (2, 3, 1, 6, 7),
    ),
    "cnn3d": ({"inputs": (3, 1, 6, 7), "outputs": 3, "widths": [2, 3]}, (2, 3, 1, 6, 7)),
    "autoencoder": ({"inputs": 5, "hidden": [4], "code": 2, "normalization": "batch"}, (4, 5)),
    "sparse_autoencoder": ({"inputs": 5, "code": 6}, (3, 5)),
    "denoising_autoencoder": ({"inputs": (1, 2, 3), "hidden": [7], "code": 4}, (3, 1, 2, 3)),
    "contractive_autoencoder": ({"inputs": 5, "code": 3}, (3, 5)),
    "convolutional_autoencoder": ({"size": (7, 8), "widths": [2, 3], "code": 3}, (2, 1, 7, 8)),
    "variational_autoencoder": ({"inputs": 5, "hidden": [4], "code": 2}, (3, 5)),
    "recurrent": ({"inputs": (4, 2), "outputs": 3, "units": 3, "layers": 2, "pooling": "max"}, (2, 4, 2)),
    "language_model": ({"inputs": (4,), "outputs": 7, "tokens": 7, "units": 3, "embedding": 2}, TOKENS),
    "transformer_decoder": (
        {"inputs": (4,), "outputs": 7, "tokens": 7, "width": 4, "heads": 2, "layers": 1},
        TOKENS,
    ),
    "transformer": ({"inputs": (4, 2), "outputs": 3, "width": 4, "heads": 2, "layers": 1}, (2, 4, 2)),
    "recurrent_autoencoder": ({"inputs": (4, 2), "units": 3, "code": 2}, (2, 4, 2)),
    "handwriting": ({"inputs": (4, 3), "components": 1, "units": 3}, (2, 4, 3)),
    "rbm": ({"inputs": 5, "hidden": 4, "visible": "binary"}, (3, 5)),
    "dbn": ({"inputs": 5, "hidden": [4, 3], "visible": "binary"}, (3, 5)),
    "gan": ({"inputs": 5, "generator": [4], "discriminator": [6, 3]}, (3, 5)),
    "unet": (
        {"size": (6, 7), "width": 1 / 32, "depth": 1, "padding": "same", "residual": True},
        (2, 1, 6, 7),
    ),
    "espcn": ({"classes": 2, "size": (3, 4), "factor": 1, "maps": [2]}, (2, 1, 3, 4)),
    "grid_detector": ({"classes": 2, "channels": 1, "size": (4, 6), "widths": [2]}, (2, 1, 4, 6)),
    "dcgan": ({"size": (8, 12), "filters": 3, "discriminator_normalization": "layer"}, (2, 1, 8, 12)),
}
REBUILDING = {name for name, each in MODELS.items() if each.facts.get("gives") == "reconstruction"}
"""Models whose target is the input."""


def tried(shape):
    """Inputs at random, or the tokens themselves."""
    return shape if isinstance(shape, torch.Tensor) else torch.randn(*shape, dtype=torch.float64)


WRITING = {name for name, each in MODELS.items() if each.facts.get("gives") in ("translation", "captioning")}
"""Models whose outputs are words, chosen one by one, which have no gradient."""


def test_no_model_of_the_package_is_forgotten():
    assert set(MODELS_TRIED) == set(MODELS) - WRITING


@pytest.mark.parametrize("name", MODELS_TRIED)
def test_the_models_of_the_package(name):
    torch.manual_seed(2)
    settings, shape = MODELS_TRIED[name]
    net, x = MODELS.build({"name": name, **settings}).double(), tried(shape)
    y = x if name in REBUILDING else torch.arange(len(x)) % 3
    if MODELS[name].facts.get("gives") in ("pictures", "boxes"):
        sides = net(x).shape[2:]
        y = torch.arange(len(x) * sides.numel()).view(len(x), *sides) % 2
    loss = "mse" if name in REBUILDING else "cross_entropy"
    if MODELS[name].facts.get("gives") == "generation":  # the discriminator is called with rows
        y, loss = torch.ones(len(x), dtype=torch.float64), "binary_cross_entropy"
    expected = by_autograd(net, x, lambda output: LOSSES.build(loss)(output, y))
    explanation = gh.explain(net, x, y, loss)
    assert set(explanation.badges) <= {"checked", "no gradient"}
    assert_gradients(explanation, expected)


def test_a_dueling_network_under_the_temporal_difference():
    torch.manual_seed(2)
    net = MODELS.build(
        {"name": "q_network", "inputs": 4, "outputs": 3, "hidden": [5], "dueling": True}
    ).double()
    x, y = torch.randn(3, 4).double(), torch.tensor([[0, 1.0], [2, -1.0], [1, 3.0]]).double()
    expected = by_autograd(net, x, lambda output: LOSSES.build("temporal_difference")(output, y))
    explanation = gh.explain(net, x, y, "temporal_difference")
    assert_gradients(explanation, expected)


def test_lenet_of_1998_with_its_connection_table():
    torch.manual_seed(3)
    net = MODELS.build({"name": "lenet5", "variant": "1998"}).double()
    x, y = torch.rand(1, 1, 28, 28, dtype=torch.float64), torch.tensor([4])
    expected = by_autograd(net, x, lambda output: F.cross_entropy(output, y))
    explanation = gh.explain(net, x, y)
    assert explanation.badges == {"checked": 32}
    assert_gradients(explanation, expected)


def test_fan_out_is_kept_part_by_part():
    torch.manual_seed(0)
    explanation = gh.explain(Shared().double(), torch.randn(3, 4).double(), loss=mean_square)
    gradient = explanation.gradient_at("layer.weight", (1, 2))
    assert len(gradient.parts) == 4
    assert sum(part.value for part in gradient.parts) == pytest.approx(gradient.value, rel=1e-12)
    for part in gradient.parts:
        assert f"dW1[1,2] [through {part.operation}, step {part.step}] = " in str(gradient)


def test_the_second_call_of_a_module_has_a_name_of_its_own():
    explanation = gh.explain(Shared().double(), torch.ones(1, 4).double(), loss=mean_square)
    calls = [explanation.find(name).producer for name in ("layer", "layer#2", "layer#3")]
    assert calls == sorted(set(calls))
