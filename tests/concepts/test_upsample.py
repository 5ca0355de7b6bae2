import pytest
import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, Upsample
from glasshouse.layers.upsample import rule_of
from glasshouse.testing import Case, check_card, check_rule, close


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"scale_factor": [3, 1]},
        {"mode": "bilinear"},
        {"scale_factor": [1, 3], "mode": "bilinear"},
        {"mode": "bilinear", "align_corners": True},
        {"size": [7, 5], "mode": "bilinear"},
        {"size": [7, 5]},
        {"size": [2, 3]},
        {"size": [1, 7], "mode": "bilinear", "align_corners": True},
    ],
    ids=str,
)
def test_pictures(settings, numbers):
    check_rule(LAYERS["upsample"], [Case({"x": numbers(2, 2, 3, 4)}, settings)])
    check_rule(LAYERS["upsample"], [Case({"x": numbers(1, 1, 1, 2)}, settings)])


def test_series_volumes_and_empty_batches(numbers):
    check_rule(
        LAYERS["upsample"],
        [
            Case({"x": numbers(2, 2, 4)}, {"dimensions": 1, "mode": "linear", "scale_factor": 3}),
            Case({"x": numbers(1, 1, 2, 3, 2)}, {"dimensions": 3, "mode": "trilinear"}),
            Case({"x": numbers(1, 1, 2, 1, 2)}, {"dimensions": 3}),
            Case({"x": numbers(0, 2, 3, 4)}, {"mode": "nearest"}),
        ],
    )


def test_card():
    check_card(LAYERS["upsample"])


@pytest.mark.parametrize(
    "module",
    [
        nn.Upsample(scale_factor=(2.0, 1.5)),
        nn.Upsample(scale_factor=1.7, mode="bilinear"),
        nn.Upsample(size=5, mode="bilinear", align_corners=True),
    ],
    ids=str,
)
def test_the_rule_reads_pytorchs_own_layer_broken_factors_included(module, numbers):
    x = numbers(1, 2, 4, 6)
    rule, _ = rule_of(module)
    close("y", rule.forward({"x": x}).outputs["y"], module(x))


def test_the_shares_of_a_place_add_up_to_one():
    rule, _ = rule_of(Upsample(3, "bilinear"))
    close("y", rule.forward({"x": torch.ones(1, 1, 4, 5)}).outputs["y"], torch.ones(1, 1, 12, 15))


def test_a_place_between_four_numbers_is_written_with_their_shares():
    rule, _ = rule_of(Upsample(2, "bilinear"))
    saved = rule.forward({"x": torch.tensor([[[[1.0, 2.0], [3.0, 5.0]]]])}).saved
    assert rule.expand(saved, "y", (0, 0, 1, 2)).text() == (
        "0.75·0.25·1 + 0.75·0.75·2 + 0.25·0.25·3 + 0.25·0.75·5"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scale_factor": 0}, "scale_factor = 0\n  expected: a whole number from 1"),
        ({"scale_factor": 1.5}, "scale_factor = 1.5"),
        ({"scale_factor": 2, "size": 4}, "expected: one of them"),
        ({"mode": "linear"}, "expected: one of 'nearest', 'bilinear'"),
        ({"align_corners": True}, "align_corners = True with mode = 'nearest'"),
        ({"size": [0, 1]}, "size = 0"),
        ({"dimensions": 0}, "dimensions = 0"),
    ],
    ids=str,
)
def test_refused_settings(given, said):
    with pytest.raises(SettingError) as refusal:
        Upsample(**given)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "module",
    [
        nn.Upsample(scale_factor=2, mode="bicubic"),
        nn.Upsample(scale_factor=2),
        nn.Upsample(scale_factor=(2.0, 2.0), recompute_scale_factor=True),
    ],
    ids=str,
)
def test_the_rule_refuses_other_interpolations(module):
    with pytest.raises(SettingError, match="an upsampling layer with"):
        rule_of(module)


def test_refused_inputs():
    with pytest.raises(ModelError, match=r"expected: \(N, C, H, W\)"):
        Upsample(2)(torch.ones(1, 4, 4))
