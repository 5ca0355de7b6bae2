"""U-Net: the paper's network to the unit, the same arithmetic written out, and every size that fits."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.models import build_model, ledger, unet
from glasshouse.models.unet import beside

# Figure 1 of the paper: maps and sides behind every block, and the output.
FIGURE = {
    "down1.conv2": (64, 568, 568),
    "pool1": (64, 284, 284),
    "down2.conv2": (128, 280, 280),
    "pool2": (128, 140, 140),
    "down3.conv2": (256, 136, 136),
    "pool3": (256, 68, 68),
    "down4.conv2": (512, 64, 64),
    "pool4": (512, 32, 32),
    "bottom.conv2": (1024, 28, 28),
    "up4": (512, 56, 56),
    "merge4.conv2": (512, 52, 52),
    "up3": (256, 104, 104),
    "merge3.conv2": (256, 100, 100),
    "up2": (128, 200, 200),
    "merge2.conv2": (128, 196, 196),
    "up1": (64, 392, 392),
    "merge1.conv2": (64, 388, 388),
    "output": (2, 388, 388),
}


def meta(**given):
    with torch.device("meta"):
        return unet(**given)


def counted(width, depth, channels, classes):
    """Parameters by the paper's rule: c_l = width 2^l, 3x3 pairs, 2x2 up, 1x1 at the end, all with biases."""
    maps = [width * 2**level for level in range(depth + 1)]

    def conv(before, after, side):
        return before * after * side * side + after

    total = sum(conv(a, b, 3) + conv(b, b, 3) for a, b in zip([channels, *maps], maps, strict=False))
    for low, high in zip(maps[1:], maps[:-1], strict=True):
        total += conv(low, high, 2) + conv(low, high, 3) + conv(high, high, 3)
    return total + conv(width, classes, 1)


def test_the_defaults_are_the_network_of_figure_1():
    rows = {row.name: row for row in ledger(meta(), torch.empty(1, 1, 572, 572, device="meta"))}
    assert {name: rows[name].output_shape for name in FIGURE} == FIGURE
    convolutions = [row for row in rows.values() if row.kind.startswith("Conv")]
    assert len(convolutions) == 23
    assert sum(row.parameters for row in rows.values()) == counted(64, 4, 1, 2) == 31_030_658


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5))
def test_parameters_follow_the_channel_rule_at_any_width_and_depth(width, depth, channels, classes):
    network = meta(
        width=width / 64, depth=depth, channels=channels, classes=classes, size=(32, 32), padding="same"
    )
    assert sum(each.numel() for each in network.parameters()) == counted(width, depth, channels, classes)


def test_multiply_accumulates_are_those_of_the_figure():
    def conv(before, after, side):  # of the map that comes out
        return before * after * 9 * side * side

    down = [(1, 64, 570), (64, 64, 568), (64, 128, 282), (128, 128, 280), (128, 256, 138), (256, 256, 136)]
    down += [(256, 512, 66), (512, 512, 64), (512, 1024, 30), (1024, 1024, 28)]
    up = [(1024, 512, 54), (512, 512, 52), (512, 256, 102), (256, 256, 100), (256, 128, 198), (128, 128, 196)]
    up += [(128, 64, 390), (64, 64, 388)]
    total = sum(conv(*each) for each in down + up)
    total += sum(
        2 * maps * maps * 4 * side * side for maps, side in ((512, 28), (256, 52), (128, 100), (64, 196))
    )
    total += 64 * 2 * 388 * 388
    rows = ledger(meta(), torch.empty(1, 1, 572, 572, device="meta"))
    assert sum(row.macs for row in rows) == total


def literal(w, x, depth):
    """The forward pass as the paper's figure reads, on tensors that are given by name."""

    def pair(name, x):
        for place in (1, 2):
            x = F.conv2d(x, w[f"{name}.conv{place}.weight"], w[f"{name}.conv{place}.bias"])
            x = torch.where(x > 0, x, torch.zeros_like(x))
        return x

    handed = []
    for level in range(1, depth + 1):
        x = pair(f"down{level}", x)
        handed.append(x)
        x = torch.stack(
            [x[..., i::2, j::2][..., : x.shape[-2] // 2, : x.shape[-1] // 2] for i in (0, 1) for j in (0, 1)]
        )
        x = x.max(dim=0).values
    x = pair("bottom", x)
    for level in range(depth, 0, -1):
        kernel, bias = w[f"up{level}.weight"], w[f"up{level}.bias"]
        wide = x.new_zeros(len(x), kernel.shape[1], 2 * x.shape[-2], 2 * x.shape[-1])
        for i in (0, 1):
            for j in (0, 1):
                wide[..., i::2, j::2] = torch.einsum("nchw,cd->ndhw", x, kernel[..., i, j])
        x = wide + bias.view(-1, 1, 1)
        top = (handed[level - 1].shape[-2] - x.shape[-2]) // 2
        left = (handed[level - 1].shape[-1] - x.shape[-1]) // 2
        cut = handed[level - 1][..., top : top + x.shape[-2], left : left + x.shape[-1]]
        x = pair(f"merge{level}", torch.cat([cut, x], dim=1))
    return F.conv2d(x, w["output.weight"], w["output.bias"])


def test_its_numbers_are_those_of_the_figure_written_out():
    torch.manual_seed(0)
    network = unet(width=3 / 64, depth=2, size=(60, 52)).double()
    x = torch.randn(2, 1, 60, 52, dtype=torch.float64)
    assert torch.allclose(network(x), literal(dict(network.named_parameters()), x, 2), atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(st.integers(8, 40), st.integers(8, 40), st.integers(1, 3))
def test_with_padding_the_output_has_the_size_of_any_input(height, width, depth):
    network = unet(classes=3, size=(height, width), width=1 / 32, depth=depth, padding="same")
    assert network(torch.zeros(1, 1, height, width)).shape == (1, 3, height, width)


def test_the_zeros_beside_an_odd_side_stand_last():
    joined = beside(torch.ones(1, 1, 3, 2), torch.full((1, 1, 2, 2), 2.0))
    assert joined[0, 1].tolist() == [[2.0, 2.0], [2.0, 2.0], [0.0, 0.0]]


def test_maps_are_cut_around_their_centre():
    handed = torch.arange(16.0).view(1, 1, 4, 4)
    assert beside(handed, torch.zeros(1, 1, 2, 2))[0, 0].tolist() == [[5.0, 6.0], [9.0, 10.0]]


def test_a_network_that_adds_its_input_begins_near_it():
    network = unet(
        classes=3, channels=1, size=(8, 8), width=1 / 32, depth=1, padding="same", factor=2, residual=True
    )
    torch.nn.init.zeros_(network.output.weight)
    x = torch.rand(1, 1, 4, 4)
    larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(network(x), larger.expand(1, 3, 8, 8))


def test_built_by_name_for_an_experiment_it_takes_the_shape_of_the_data():
    spec = {"name": "u-net", "width": 1 / 16, "depth": 2, "padding": "same", "normalization": "batch"}
    network = build_model(spec, (3, 12, 20), 5, seed=0)
    assert network(torch.zeros(2, 3, 12, 20)).shape == (2, 5, 12, 20)
    assert network.down1.conv1.bias is None


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"size": (32, 32)}, ModelError, "a U-Net of depth 4 for pictures of 32 x 32 pixels without padding"),
        ({"size": (7, 9), "depth": 3, "padding": "same"}, ModelError, "pictures of at least 8 x 8 pixels"),
        ({"padding": "full"}, SettingError, "padding = 'full'"),
        ({"width": 0}, SettingError, "width = 0"),
        (
            {"channels": 3, "classes": 1, "size": (8, 8), "depth": 1, "padding": "same", "residual": True},
            ModelError,
            "residual = true with 3 channels in, 1 out and padding 'same'",
        ),
    ],
)
def test_what_cannot_be_built_says_why(given, error, words):
    with pytest.raises(error, match=words):
        meta(**given)


def test_the_smallest_picture_without_padding_is_the_smallest():
    assert meta(size=(188, 188))(torch.empty(1, 1, 188, 188, device="meta")).shape == (1, 2, 4, 4)
    with pytest.raises(ModelError):
        meta(size=(187, 188))
