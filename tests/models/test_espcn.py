"""ESPCN: the paper's network to the unit, and pixels laid out by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from glasshouse.core.errors import ModelError
from glasshouse.models import espcn


def test_it_is_the_network_of_the_paper():
    """5-3-3 kernels, 64 and 32 maps, and r² maps at the end: section 3.2 of Shi et al. 2016."""
    network = espcn(factor=3)
    expected = (64 * 25 + 64) + (64 * 32 * 9 + 32) + (32 * 9 * 9 + 9)
    assert sum(each.numel() for each in network.parameters()) == expected == 22_729
    assert [type(each).__name__ for each in network] == [
        "Conv2d", "Tanh", "Conv2d", "Tanh", "Conv2d", "PixelShuffle",
    ]  # fmt: skip


def test_its_last_maps_are_laid_out_as_squares_of_pixels():
    torch.manual_seed(0)
    network = espcn(classes=2, channels=1, size=(4, 5), factor=2, maps=[3]).double()
    x = torch.randn(1, 1, 4, 5, dtype=torch.float64)
    maps = network.output(torch.tanh(network.conv1(x)))
    y = network(x)
    assert y.shape == (1, 2, 8, 10)
    for channel in range(2):
        for a in range(2):
            for b in range(2):
                assert torch.equal(y[0, channel, a::2, b::2], maps[0, 4 * channel + 2 * a + b])


def test_with_its_input_added_it_begins_as_bilinear_interpolation():
    network = espcn(classes=3, channels=1, size=(4, 4), factor=2, residual=True)
    x = torch.rand(2, 1, 4, 4)
    larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(network(x), larger.expand(2, 3, 8, 8))


def test_what_cannot_be_built_says_why():
    with pytest.raises(ModelError, match="residual = true with 3 channels in and 1 out"):
        espcn(channels=3, residual=True)
    with pytest.raises(ModelError, match=r"maps = \[\]"):
        espcn(maps=[])
