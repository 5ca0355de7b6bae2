"""Dreaming: what is to rise rises, in octaves of the right sizes, the same by seed; nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import nn

from glasshouse.attribution import deconvolve, dream, layer_output, maximise
from glasshouse.attribution.activation_maximization import blurred
from glasshouse.attribution.dream import (
    Ascent,
    climb,
    guided_by,
    half_squares,
    octave_sizes,
    resized,
    unit_mean,
)
from glasshouse.attribution.layer_output import telling_layer
from glasshouse.core.errors import ModelError, SettingError, UnknownNameError
from glasshouse.models import cnn, googlenet, mlp

SHORT = Ascent(octaves=2, steps=4, jitter=3)


@pytest.fixture
def network():
    """A small untrained network."""
    torch.manual_seed(0)
    return cnn(classes=3, size=(16, 16), widths=[4, 8]).eval()


@pytest.fixture
def picture():
    """A picture larger than the network was made for."""
    return torch.rand(1, 24, 30, generator=torch.Generator().manual_seed(1))


def seen(network, layer, picture):
    with torch.no_grad():
        return layer_output(network, layer, picture[None])


@pytest.mark.parametrize("layer", ["conv1", "activation1", "conv2", "pool1"])
def test_the_activations_of_the_layer_rise(network, picture, layer):
    found = dream(network, picture, layer, SHORT)
    before, after = (float(half_squares(seen(network, layer, each))) for each in (picture, found.picture))
    assert after > 1.05 * before
    assert found.scores[-1][-1] == pytest.approx(after, rel=1e-5)
    assert all(climbed[-1] > climbed[0] for climbed in found.scores)


def test_one_unit_rises_where_one_is_chosen(network, picture):
    found = dream(network, picture, "conv2", SHORT, score=unit_mean(5))
    assert float(seen(network, "conv2", found.picture)[0, 5].mean()) > float(
        seen(network, "conv2", picture)[0, 5].mean()
    )


def test_a_guide_is_come_closer_to(network, picture):
    guide = seen(network, "conv2", torch.rand(1, 20, 20, generator=torch.Generator().manual_seed(9)))
    score = guided_by(guide)
    found = dream(network, picture, "conv2", SHORT, score=score)
    assert float(score(seen(network, "conv2", found.picture))) > float(score(seen(network, "conv2", picture)))


def test_the_guides_slope_is_its_best_matching_feature():
    # dst.diff of the published program: at every place the guide feature with the largest product.
    torch.manual_seed(0)
    x, y = torch.randn(1, 3, 2, 2, requires_grad=True), torch.randn(1, 3, 4, 1)
    guided_by(y)(x).backward()
    features = y[0].reshape(3, -1)
    best = (x.detach()[0].reshape(3, -1).T @ features).argmax(dim=1)
    assert torch.allclose(x.grad[0].reshape(3, -1), features[:, best])


def test_one_step_is_the_one_that_the_source_takes(network, picture):
    # x += step * g / mean|g| with g the gradient of half the squares, rolled by the jitter and back.
    low, high = torch.tensor(-9.0), torch.tensor(9.0)
    ascent = Ascent(steps=1, step=0.01, jitter=2)
    chance = torch.Generator().manual_seed(4)
    x = picture[None]
    ours, _ = climb(
        lambda rows: half_squares(layer_output(network, "conv2", rows)), x, ascent, (low, high), chance
    )
    again = torch.Generator().manual_seed(4)
    shift = [int(torch.randint(-2, 3, (), generator=again)) for _ in range(2)]
    rolled = torch.roll(x, shift, dims=(2, 3)).requires_grad_(True)
    activations = layer_output(network, "conv2", rolled)
    (slope,) = torch.autograd.grad(activations, rolled, activations.detach())
    expected = torch.roll(
        rolled.detach() + 0.01 * 18 * slope / slope.abs().mean(), [-each for each in shift], dims=(2, 3)
    )
    assert torch.allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "ascent", "expected"),
    [
        ((224, 224), Ascent(), [(81, 81), (114, 114), (160, 160), (224, 224)]),
        ((100, 60), Ascent(octaves=3, scale=2.0), [(25, 15), (50, 30), (100, 60)]),
        ((9, 9), Ascent(octaves=1), [(9, 9)]),
    ],
)
def test_octaves_have_the_sizes_of_repeated_rounding(size, ascent, expected):
    assert octave_sizes(size, ascent) == expected


def test_octaves_that_end_in_nothing_are_refused():
    with pytest.raises(SettingError, match="4 octaves of a picture of 8 x 8 pixels"):
        octave_sizes((8, 8), Ascent())


def test_pictures_are_enlarged_as_scipy_zooms_them():
    picture = np.random.default_rng(0).random((5, 7))
    expected = ndimage.zoom(picture, (9 / 5, 12 / 7), order=1)
    ours = resized(torch.from_numpy(picture)[None, None], (9, 12))[0, 0]
    assert ours.numpy() == pytest.approx(expected, abs=1e-12)


def test_the_same_seed_dreams_the_same_and_another_another(network, picture):
    one, other = (dream(network, picture, "conv2", SHORT).picture for _ in range(2))
    assert torch.equal(one, other)
    changed = dream(network, picture, "conv2", Ascent(octaves=2, steps=4, jitter=3, seed=1)).picture
    assert not torch.equal(one, changed)


def test_network_mode_gradients_and_chance_stay_as_they_are(network, picture):
    network.train()
    before = {name: each.clone() for name, each in network.state_dict().items()}
    state = torch.get_rng_state()
    dream(network, picture, "conv2", SHORT)
    maximise(network, (1, 16, 16), unit=1, ascent=Ascent(octaves=1, steps=2))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(each.grad is None for each in network.parameters())
    assert torch.equal(state, torch.get_rng_state())
    assert not any(module._forward_hooks for module in network.modules())


def test_levels_are_not_left(network, picture):
    low, high = torch.full((1, 1, 1), 0.2), torch.full((1, 1, 1), 0.7)
    found = dream(network, picture, "conv2", Ascent(octaves=1, steps=5, step=0.2), levels=(low, high))
    assert 0.2 <= float(found.picture.min()) <= float(found.picture.max()) <= 0.7 + 1e-6


def test_hooks_are_gone_after_an_error_too(network):
    with pytest.raises(ModelError, match="does not come to layer 'conv2'"):
        layer_output(network, "conv2", torch.zeros(1, 3, 8, 8))
    assert not any(module._forward_hooks for module in network.modules())


def test_what_lies_behind_the_layer_does_not_run(network):
    network.output.forward = None  # would fail if it were called
    assert layer_output(network, "conv1", torch.zeros(1, 1, 5, 5)).shape == (1, 4, 5, 5)


def test_a_misspelt_layer_is_named(network, picture):
    with pytest.raises(UnknownNameError, match="conv2"):
        dream(network, picture, "conv22", SHORT)


def test_a_dead_layer_is_told(picture):
    dead = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    nn.init.constant_(dead[0].bias, -100.0)
    with pytest.raises(ModelError, match="the gradient is zero everywhere"):
        dream(dead, picture, "1", SHORT)


def test_a_unit_that_is_not_there_is_told(network, picture):
    with pytest.raises(SettingError, match="unit = 8 of a layer with 8"):
        dream(network, picture, "conv2", SHORT, score=unit_mean(8))


@pytest.mark.parametrize(
    "settings", [{"octaves": 0}, {"scale": 1.0}, {"steps": 0}, {"step": 0.0}, {"jitter": -1}]
)
def test_settings_of_the_ascent_are_checked(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        Ascent(**settings)


def test_googlenet_dreams_of_its_famous_layer():
    assert telling_layer(googlenet(classes=3, size=(79, 79), width=0.05)) == "inception_4c"
    with pytest.raises(ModelError, match="without convolutions"):
        telling_layer(mlp(4, 3))


def test_a_block_of_googlenet_can_be_dreamt_of():
    torch.manual_seed(0)
    network = googlenet(classes=3, size=(64, 64), width=0.05)
    found = dream(network, torch.rand(3, 70, 64), "inception_4c", Ascent(octaves=1, steps=2))
    assert found.scores[0][-1] > found.scores[0][0]


@pytest.mark.parametrize("layer", [None, "conv2"])
def test_a_unit_drawn_from_noise_is_excited(network, layer):
    found = maximise(network, (1, 16, 16), unit=2, layer=layer, ascent=Ascent(octaves=3, steps=6, jitter=1))
    noise = torch.randn(1, 16, 16, generator=torch.Generator().manual_seed(5)) * 0.05 + 0.5
    given = network(torch.stack([noise, found.picture])) if layer is None else None
    values = (
        given[:, 2]
        if given is not None
        else [seen(network, layer, e)[0, 2].mean() for e in (noise, found.picture)]
    )
    assert float(values[1]) > float(values[0])
    assert found.scores[-1][-1] > found.scores[0][0]


def test_blurring_is_that_of_scipy():
    picture = np.random.default_rng(0).random((9, 11))
    expected = ndimage.gaussian_filter(picture, 0.7, mode="nearest", radius=2)
    ours = blurred(torch.from_numpy(picture)[None, None], 0.7)[0, 0]
    assert ours.numpy() == pytest.approx(expected, abs=1e-12)


class Rectified(torch.autograd.Function):
    """A ReLU whose way back rectifies the signal, whatever the pass was: the deconvolution's."""

    @staticmethod
    def forward(_context, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(_context, signal):
        return signal.clamp(min=0)


def literally(network, picture, unit):
    """The projection by autograd, with another rule for ReLU; biases do not matter to gradients."""
    x = picture[None].clone().requires_grad_(True)
    y = x
    for module in network:
        y = Rectified.apply(y) if isinstance(module, nn.ReLU) else module(y)
    own = y[0, unit]
    strongest = own.flatten().argmax()
    kept = torch.zeros_like(y)
    kept[0, unit].view(-1)[strongest] = own.flatten()[strongest].detach()
    return torch.autograd.grad(y, x, kept)[0][0]


CHAINS = {
    "zfnet": lambda: nn.Sequential(
        nn.Conv2d(1, 3, 5, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1),
        nn.Conv2d(3, 4, 2), nn.ReLU(), nn.MaxPool2d(2, 2),
    ),
    "batch norm and groups": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, groups=2, dilation=2),
        nn.AvgPool2d(2), nn.ReLU(), nn.Dropout(0.5),
    ),
    "dense": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(),
        nn.LazyLinear(5), nn.ReLU(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_deconvolution_is_the_literal_one(chain):
    torch.manual_seed(3)
    network, picture = CHAINS[chain](), torch.randn(1, 17, 20)
    network.train()(picture[None].repeat(4, 1, 1, 1) + torch.randn(4, 1, 17, 20))  # statistics, lazy shapes
    network.eval()
    last = str(len(network) - 1)
    for unit in range(2):
        found = deconvolve(network, picture, last, unit)
        assert torch.allclose(found.picture, literally(network, picture, unit), atol=1e-5)


def test_without_relu_a_projection_is_the_gradient_times_the_activation():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 3, 3), nn.MaxPool2d(2), nn.Conv2d(3, 2, 2))
    x = torch.randn(1, 2, 10, 10, requires_grad=True)
    y = network(x)[0, 1]
    (slope,) = torch.autograd.grad(y.max(), x)
    found = deconvolve(network, x.detach()[0], "2", 1)
    assert torch.allclose(found.picture, slope[0] * float(y.detach().max()), atol=1e-5)
    assert found.value == pytest.approx(float(y.detach().max()))


def test_a_projection_stays_within_the_receptive_field():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 2, 3))
    found = deconvolve(network, torch.rand(1, 12, 12), "2", 0)
    row, column = found.place
    top, bottom, left, right = found.field
    assert row <= top < bottom <= row + 5
    assert column <= left < right <= column + 5


def test_overlapping_windows_add_up():
    network = nn.Sequential(nn.MaxPool2d(3, 1), nn.Conv2d(1, 1, 2, bias=False))
    nn.init.ones_(network[1].weight)
    picture = torch.zeros(1, 4, 4)
    picture[0, 1, 1] = 5.0  # the maximum of all four windows
    assert float(deconvolve(network, picture, "1", 0).picture[0, 1, 1]) == 4 * 20.0


@pytest.mark.parametrize(
    ("network", "layer", "said"),
    [
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.GELU()), "1", "layer '1' is a GELU"),
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding="same")), "0", "padding = 'same'"),
    ],
)
def test_what_cannot_be_undone_is_named(network, layer, said):
    with pytest.raises(ModelError, match=said):
        deconvolve(network, torch.rand(1, 6, 6), layer, 0)


def test_a_network_that_branches_is_refused():
    with pytest.raises(ModelError, match="is a Inception, whose layers do not stand in a line"):
        deconvolve(googlenet(classes=2, size=(64, 64), width=0.05), torch.rand(3, 64, 64), "inception_4c", 0)


def test_the_models_in_a_line_are_projected_through(network):
    picture = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(2))
    found = deconvolve(network, picture, "output", 1)
    assert found.picture.shape == (1, 16, 16)
    assert found.place == ()
    assert found.value == pytest.approx(float(network(picture[None])[0, 1]), rel=1e-5)
    assert bool(F.relu(found.picture).sum() > 0)
