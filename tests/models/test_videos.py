"""Networks for videos: what they see, and that order matters to them."""

from __future__ import annotations

import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import ModelError
from glasshouse.models import build_model


def videos(rows=3):
    return torch.randn(rows, 6, 2, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["lrcn", "cnn3d"])
def test_the_order_of_the_frames_matters(name):
    network = build_model(name, (6, 2, 8, 8), 3, seed=0).eval()
    x = videos()
    assert network(x).shape == (3, 3)
    assert not torch.allclose(network(x), network(x.flip(1)), atol=1e-5)


def test_an_encoder_sees_every_frame_alike():
    network = build_model("lrcn", (6, 2, 8, 8), 3, seed=0).eval()
    x = videos()
    one_by_one = torch.stack([network.encoder(x[:, step]) for step in range(6)], dim=1)
    last = network.recurrent(one_by_one)[0][:, -1]
    assert torch.allclose(network(x), network.output(last), atol=1e-6)


def test_a_convolution_over_time_is_the_sum_over_frames_of_convolutions():
    network = build_model("cnn3d", (6, 2, 8, 8), 3, seed=0).eval()
    x = videos()
    found = network.conv1(network.channels_first(x))
    weight = network.conv1.weight
    padded = torch.cat([torch.zeros_like(x[:, :1]), x, torch.zeros_like(x[:, :1])], dim=1)
    by_hand = [
        sum(torch.nn.functional.conv2d(padded[:, step + at], weight[:, :, at], padding=1) for at in range(3))
        for step in range(6)
    ]
    assert torch.allclose(found, torch.stack(by_hand, dim=2), atol=1e-5)


@pytest.mark.parametrize("name", ["lrcn", "cnn3d"])
def test_rows_that_are_no_videos_are_refused(name):
    with pytest.raises(ModelError, match=rf"model '{name}' on rows of shape \(1, 8, 8\)") as caught:
        build_model(name, (1, 8, 8), 3, seed=0)
    assert "built-in 'motions'" in caught.value.fix
    with pytest.raises(ModelError, match="stages for frames of 3 x 3 pixels"):
        build_model(name, (4, 1, 3, 3), 3, seed=0)


def test_a_network_over_time_is_explained_number_by_number():
    network = build_model({"name": "lrcn", "widths": [2], "features": 3, "units": 2}, (3, 1, 4, 4), 2, seed=0)
    x = torch.randn(1, 3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    explanation = gh.explain(network.eval(), x, torch.tensor([1]), "cross_entropy")
    assert set(explanation.badges) == {"checked"}
