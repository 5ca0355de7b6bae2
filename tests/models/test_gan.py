"""Adversarial networks: sizes, shapes, first weights, and what is refused."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.models import autoencoder, dcgan, gan, ledger, variational_autoencoder
from glasshouse.models.latent_codes import draw, great_circle


def numbers(module):
    return sum(each.numel() for each in module.parameters())


def by_the_paper(channels, width, latent, start, halvings):
    """Parameters of both halves, counted by hand: kernels of 4 x 4, two numbers for each normed channel."""
    depths = [width * 2**stage for stage in range(halvings)]
    generator = latent * depths[-1] * start**2 + 2 * depths[-1]
    discriminator = channels * depths[0] * 16 + depths[-1] * start**2
    for shallow, deep in pairwise(depths):
        generator += 16 * shallow * deep + 2 * shallow
        discriminator += 16 * shallow * deep + 2 * deep
    return generator + 16 * depths[0] * channels, discriminator


@pytest.mark.parametrize(
    ("side", "start", "halvings"), [(64, 4, 4), (32, 4, 3), (28, 7, 2), (8, 4, 1)], ids=str
)
@pytest.mark.parametrize(("channels", "width", "latent"), [(3, 64, 100), (1, 5, 7)], ids=str)
def test_dcgan_has_the_parameters_counted_by_hand(side, start, halvings, channels, width, latent):
    network = dcgan(channels, (side, side), latent=latent, filters=width)
    expected = by_the_paper(channels, width, latent, start, halvings)
    assert (numbers(network.generator), numbers(network.discriminator)) == expected


def test_dcgan_of_64_pixels_has_the_published_size():
    network = dcgan(3, (64, 64))
    assert (numbers(network.generator), numbers(network.discriminator)) == (3_576_704, 2_765_568)


@pytest.mark.parametrize("size", [(64, 64), (28, 28), (16, 24)])
def test_dcgan_makes_pictures_of_the_size_asked_for_with_levels_from_0_to_1(size):
    network = dcgan(3, size, latent=6, filters=4)
    made = network.sample(2, torch.Generator().manual_seed(0))
    assert made.shape == (2, 3, *size)
    assert 0 <= float(made.detach().min()) <= float(made.detach().max()) <= 1
    assert network(made).shape == (2, 1)


def test_first_weights_of_dcgan_are_normal_with_a_deviation_of_002():
    torch.manual_seed(0)
    network = dcgan(3, (32, 32), filters=32)
    kernels = [
        module.weight.detach().flatten()
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))
    ]
    assert float(torch.cat(kernels).std()) == pytest.approx(0.02, rel=0.01)
    scales = torch.cat(
        [each.weight.detach() for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    )
    assert float(scales.mean()) == pytest.approx(1.0, abs=0.01)
    assert float(scales.std()) == pytest.approx(0.02, rel=0.2)


@pytest.mark.parametrize("size", [(27, 27), (28, 27), (6, 6)])
def test_pictures_that_cannot_be_halved_are_refused(size):
    with pytest.raises(ModelError, match=f"pictures of {size[0]} x {size[1]} pixels"):
        dcgan(1, size)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"normalization": "layer"}, "normalization = 'layer'"),
        ({"discriminator_normalization": "group"}, "discriminator_normalization = 'group'"),
        ({"latent": 0}, "latent = 0"),
        ({"filters": 1.5}, "filters = 1.5"),
    ],
)
def test_settings_of_dcgan_are_checked(settings, said):
    with pytest.raises(SettingError, match=said):
        dcgan(1, (8, 8), **settings)


def test_layer_norm_of_the_discriminator_judges_every_picture_alone():
    network = dcgan(1, (16, 16), filters=4, discriminator_normalization="layer").train()
    pictures = torch.rand(5, 1, 16, 16)
    alone = torch.cat([network(each[None]) for each in pictures])
    assert torch.allclose(network(pictures), alone, atol=1e-5)


def test_a_dense_one_takes_rows_and_pictures():
    rows, pictures = gan(3, latent=2), gan((1, 4, 5))
    assert (rows.decode(torch.zeros(2, 2)).shape, rows(torch.zeros(2, 3)).shape) == ((2, 3), (2, 1))
    made = pictures.sample(3).detach()
    assert made.shape == (3, 1, 4, 5)
    assert 0 <= float(made.min()) <= float(made.max()) <= 1
    assert (gan(2).latent, gan(784).latent) == (2, 64)


def test_a_tour_passes_through_every_layer_of_both_halves():
    network = dcgan(1, (8, 8), filters=4)
    rows = ledger(network, torch.zeros(1, 1, 8, 8))
    assert sum(row.parameters for row in rows) == numbers(network)
    assert rows[0].name.startswith("generator")


def test_the_same_seed_draws_the_same_rows_and_leaves_chance_alone():
    network = gan(3)
    state = torch.get_rng_state()
    one, other = draw(network, 4, seed=1), draw(network, 4, seed=1)
    assert torch.equal(one, other)
    assert not torch.equal(one, draw(network, 4, seed=2))
    assert torch.equal(state, torch.get_rng_state())
    assert network.training  # as it was


def test_rows_are_drawn_in_evaluation_mode():
    network = gan(3, normalization="batch")
    with torch.no_grad():
        network.sample(64)  # so that the running statistics are not those of a new network
    alone = draw(network, 5, seed=0)[:2]
    assert torch.allclose(alone, draw(network, 2, seed=0), atol=1e-6)


def test_a_variational_autoencoder_draws_and_goes_ways_too():
    network = variational_autoencoder(4, code=3)
    assert draw(network, 2).shape == (2, 4)
    assert draw(network, 2, steps=5).shape == (10, 4)


def test_a_network_that_makes_nothing_says_so():
    with pytest.raises(
        ModelError, match="an Autoencoder, which makes no rows|a Autoencoder, which makes no rows"
    ):
        draw(autoencoder(4), 1)


def test_a_great_circle_keeps_the_length_of_its_ends():
    generator = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 6, 9, generator=generator)
    one, other = one / one.norm(dim=1, keepdim=True), other / other.norm(dim=1, keepdim=True)
    way = great_circle(one, other, 7)
    assert torch.allclose(way.norm(dim=2), torch.ones(6, 7), atol=1e-5)
    assert torch.allclose(way[:, 0], one, atol=1e-6)
    assert torch.allclose(way[:, -1], other, atol=1e-6)
    angles = torch.arccos((way[:, 1:] * way[:, :-1]).sum(dim=2).clamp(-1, 1))
    assert torch.allclose(angles, angles[:, :1].expand_as(angles), atol=2e-3)  # steps of one size


def test_a_way_between_codes_of_one_direction_is_straight():
    code = torch.tensor([[1.0, 2.0]])
    way = great_circle(code, 3 * code, 3)
    assert torch.allclose(way[0, 1], 2 * code[0])
    assert math.isfinite(float(great_circle(torch.zeros(1, 2), code, 3).sum()))
