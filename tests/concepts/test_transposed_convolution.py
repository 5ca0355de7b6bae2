import pytest
import torch
from hypothesis import given, settings, strategies
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from glasshouse.layers.convolution_rule import rule_of
from glasshouse.layers.sizes import transposed_size
from glasshouse.layers.transposed_convolution_rule import TransposedConvolution
from glasshouse.testing import Case, check_card, check_rule, close

CHANNELS = {"in_channels": 2, "out_channels": 4}

PICTURES = [
    {"kernel_size": 3},
    {"kernel_size": 4, "stride": 2, "padding": 1},
    {"kernel_size": 2, "stride": 3, "output_padding": 2},
    {"kernel_size": [2, 3], "stride": [2, 1], "padding": [1, 2], "groups": 2, "dilation": [1, 2]},
    {"kernel_size": 3, "dilation": 3, "padding": 2, "output_padding": 2, "bias": False},
    {"kernel_size": 1, "stride": 3, "groups": 2},
]


@pytest.mark.parametrize("settings", PICTURES, ids=str)
def test_pictures(settings, numbers):
    check_rule(
        LAYERS["conv_transpose2d"],
        [Case({"x": numbers(*shape)}, {**CHANNELS, **settings}) for shape in ((2, 2, 3, 2), (0, 2, 3, 4))],
    )


def test_series_batches_of_one_and_inputs_without_batch(numbers):
    check_rule(
        LAYERS["conv_transpose1d"],
        [
            Case({"x": numbers(2, 2, 4)}, {**CHANNELS, "stride": 2, "padding": 1, "output_padding": 1}),
            Case({"x": numbers(1, 2, 1)}, {**CHANNELS, "kernel_size": 2, "groups": 2}),
            Case({"x": numbers(2, 4)}, {**CHANNELS, "kernel_size": 2, "stride": 3}),
        ],
    )
    check_rule(LAYERS["conv_transpose2d"], [Case({"x": numbers(2, 3, 2)}, {**CHANNELS, "stride": 2})])


@pytest.mark.parametrize("name", ["conv_transpose1d", "conv_transpose2d"])
def test_cards(name):
    check_card(LAYERS[name])


@settings(max_examples=60, deadline=None)
@given(
    strategies.integers(1, 7),
    strategies.integers(1, 4),
    strategies.integers(1, 3),
    strategies.integers(0, 2),
    strategies.integers(1, 3),
    strategies.integers(0, 2),
)
def test_it_is_the_adjoint_of_the_convolution_with_the_same_weight(
    n, kernel, stride, padding, dilation, more
):
    q = min(more, stride - 1)
    torch.manual_seed(0)
    up = ConvTranspose1d(4, 2, kernel, stride, padding, q, groups=2, bias=False, dilation=dilation).double()
    down = Conv1d(2, 4, kernel, stride, padding, dilation, groups=2, bias=False).double()
    down.weight.data.copy_(up.weight.data)
    y = torch.randn(1, 4, n, dtype=torch.float64)
    length = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + q
    if length < 1:
        with pytest.raises(ModelError, match="expected: at least 1 number in the output"):
            up(y)
        return
    assert transposed_size(n, kernel, stride, padding, dilation, q).size == length
    x = torch.randn(1, 2, length, dtype=torch.float64)
    assert down(x).shape == y.shape
    assert up(y).shape == x.shape
    close("<conv x, y>", (down(x) * y).sum().detach(), (x * up(y)).sum().detach())


def test_its_forward_pass_is_the_backward_pass_of_a_convolution_rule(numbers):
    down, own = rule_of(Conv2d(3, 2, 3, 2, 1, bias=False).double())
    weight, x, dy = own["weight"].detach(), numbers(2, 3, 7, 5), numbers(2, 2, 4, 3)
    up = TransposedConvolution((2, 2), (1, 1), (1, 1), 1, (0, 0))
    saved = down.forward({"x": x, "weight": weight}).saved
    back = down.backward(saved, {"y": dy})["x"]
    close("y", up.forward({"x": dy, "weight": weight}).outputs["y"], back)


def test_the_rule_reads_pytorchs_own_layer(numbers):
    module = nn.ConvTranspose1d(2, 3, 3, 2, 1, 1).double()
    rule, own = TransposedConvolution.of(module)
    x = numbers(2, 2, 4)
    y = rule.forward({"x": x, **{name: each.detach() for name, each in own.items()}}).outputs["y"]
    close("y", y, module(x).detach())


def test_where_kernels_overlap_their_numbers_are_added_up():
    rule = TransposedConvolution((1,), (0,), (1,), 1, (0,))
    values = {"x": torch.tensor([[[1.0, 2.0]]]), "weight": torch.tensor([[[3.0, 4.0]]])}
    outputs, saved = rule.forward(values)
    assert outputs["y"].flatten().tolist() == [3.0, 10.0, 8.0]
    assert rule.expand(saved, "y", (0, 0, 1)).text() == "3·2 + 4·1"


def test_a_place_that_no_kernel_reaches_holds_the_bias_alone():
    layer = ConvTranspose1d(1, 1, 1, stride=3).double()
    rule, own = TransposedConvolution.of(layer)
    values = {"x": torch.ones(1, 1, 2).double(), **{name: each.detach() for name, each in own.items()}}
    outputs, saved = rule.forward(values)
    assert rule.expand(saved, "y", (0, 0, 1)).symbols() == "bias[0]"
    assert outputs["y"][0, 0, 1] == own["bias"][0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"output_padding": 2, "stride": 2}, "output_padding = 2 with stride = 2 and dilation = 1\n"),
        ({"output_padding": 1}, "less than the larger of both: 0 to 0"),
        ({"stride": 0}, "stride = 0\n  expected: a whole number from 1"),
        ({"dilation": 0}, "dilation = 0"),
        ({"padding": -1}, "padding = -1\n  expected: a whole number from 0"),
        ({"groups": 3}, "groups = 3 with in_channels = 2\n  expected: a divisor of in_channels"),
        ({"kernel_size": [1, 2, 3]}, "2 of them: one for each axis"),
    ],
    ids=str,
)
def test_refused_settings(given, said):
    with pytest.raises(SettingError) as refusal:
        ConvTranspose2d(**{**CHANNELS, **given})
    assert said in str(refusal.value)


def test_refused_inputs():
    layer = ConvTranspose2d(2, 4, 1, padding=2)
    with pytest.raises(ModelError) as refusal:
        layer(torch.ones(1, 2, 4, 9))
    assert "(4 − 1)·1 − 2·2 + 1 + 0 = 0\n  expected: at least 1 number in the output" in str(refusal.value)
    with pytest.raises(ModelError, match="received 3 channels"):
        layer(torch.ones(1, 3, 9, 9))


def test_its_cost_is_every_input_times_its_kernel():
    layer = ConvTranspose2d(4, 6, (3, 2), 2, 1, 1, groups=2)
    output = layer(torch.ones(1, 4, 5, 7))
    assert layer.multiply_accumulates(output) == (5 * 7) * 4 * (6 // 2) * (3 * 2)
