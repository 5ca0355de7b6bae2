"""Layers that move numbers and compute nothing: flatten, pad, pixel shuffle."""

import numpy as np
import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, Flatten, Pad, PixelShuffle
from glasshouse.layers.flatten import FlattenRule
from glasshouse.testing import Case, check_card, check_forward, check_rule, close

NUMPY = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def test_flatten(numbers):
    check_rule(
        LAYERS["flatten"],
        [
            Case({"x": numbers(2, 3, 2, 2)}),
            Case({"x": numbers(1, 3)}),
            Case({"x": numbers(0, 3, 2)}),
            Case({"x": numbers(2, 3, 2, 2)}, {"start_dim": 0}),
            Case({"x": numbers(2, 3, 2, 2)}, {"start_dim": -3, "end_dim": -2}),
            Case({"x": numbers(2, 3, 2, 2)}, {"start_dim": 2, "end_dim": 2}),
        ],
    )


@pytest.mark.parametrize("mode", NUMPY)
def test_pad(mode, numbers):
    given = {"padding_mode": mode}
    check_rule(
        LAYERS["pad"],
        [
            Case({"x": numbers(2, 2, 3, 4)}, {**given, "padding": [2, 1]}),
            Case({"x": numbers(2, 3, 4)}, {**given, "padding": [[1, 0], [0, 3]]}),
            Case({"x": numbers(0, 2, 3, 4)}, given),
            Case({"x": numbers(1, 2, 4)}, {**given, "padding": [[3, 2]], "dimensions": 1}),
            Case({"x": numbers(1, 1, 2, 2, 3)}, {**given, "dimensions": 3}),
        ],
    )


@pytest.mark.parametrize("mode", NUMPY)
def test_modes_are_numpys_under_other_names(mode, numbers):
    x = numbers(1, 1, 4, 5)
    mine = Pad([[1, 2], [3, 0]], mode)(x)[0, 0]
    close("y", mine, torch.tensor(np.pad(x[0, 0].numpy(), ((1, 2), (3, 0)), mode=NUMPY[mode])))


def test_pixel_shuffle(numbers):
    check_rule(
        LAYERS["pixel_shuffle"],
        [
            Case({"x": numbers(2, 8, 2, 3)}, {"upscale_factor": 2}),
            Case({"x": numbers(9, 1, 2)}, {"upscale_factor": 3}),
            Case({"x": numbers(1, 2, 2, 2)}, {"upscale_factor": 1}),
        ],
    )


def test_pixel_shuffle_of_an_empty_batch(numbers):
    # PyTorch's own backward pass fails on it (2.13): the shapes stand in for autograd.
    check_forward(LAYERS["pixel_shuffle"], Case({"x": numbers(0, 4, 2, 2)}))
    rule, _ = LAYERS["pixel_shuffle"].rule(PixelShuffle(2))
    saved = rule.forward({"x": numbers(0, 4, 2, 2)}).saved
    assert rule.backward(saved, {"y": numbers(0, 1, 4, 4)})["x"].shape == (0, 4, 2, 2)


@pytest.mark.parametrize("name", ["flatten", "pad", "pixel_shuffle"])
def test_cards(name):
    check_card(LAYERS[name])


def test_an_output_says_where_its_number_came_from(numbers):
    rule, _ = FlattenRule.of(nn.Flatten())
    saved = rule.forward({"x": numbers(2, 3, 2, 2)}).saved
    assert rule.expand(saved, "y", (1, 7)).symbols() == "x[1,1,1,1]"


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Flatten(2, 1), "end_dim = 1 with start_dim = 2"),
        (lambda: Flatten(1.5), "start_dim = 1.5"),
        (lambda: Pad("same"), "padding = 'same'\n  expected: numbers"),
        (lambda: Pad(-1), "padding = -1\n  expected: a whole number from 0"),
        (lambda: Pad(1, "mirror"), "one of 'zeros', 'reflect', 'replicate', 'circular'"),
        (lambda: Pad(dimensions=4), "dimensions = 4"),
        (lambda: PixelShuffle(0), "upscale_factor = 0"),
    ],
)
def test_refused_settings(build, said):
    with pytest.raises(SettingError) as refusal:
        build()
    assert said in str(refusal.value)


def test_refused_inputs():
    with pytest.raises(ModelError, match="channels that 2·2 = 4 divides"):
        PixelShuffle(2)(torch.ones(1, 6, 2, 2))
    with pytest.raises(ModelError, match="at most 1 places on a side"):
        Pad(2, "reflect")(torch.ones(1, 1, 2, 5))
    with pytest.raises(ModelError, match=r"\(N, C, H, W\)"):
        Pad(1)(torch.ones(3, 3))
