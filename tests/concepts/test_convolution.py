import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies
from scipy.signal import convolve, correlate
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, Conv1d, Conv1x1, Conv2d, Conv3d, Linear
from glasshouse.layers.convolution_padding import MODES
from glasshouse.layers.convolution_rule import rule_of
from glasshouse.layers.parameter_counts import convolution_parameters
from glasshouse.layers.receptive_fields import receptive_field
from glasshouse.layers.sizes import convolution_size, same_padding
from glasshouse.testing import Case, check_card, check_rule, close

CHANNELS = {"in_channels": 2, "out_channels": 4}

PICTURES = [
    {"kernel_size": 3},
    {"kernel_size": 2, "stride": 2},
    {"kernel_size": [2, 3], "stride": [2, 1], "dilation": [1, 2], "padding": [0, 2]},
    {"kernel_size": 3, "stride": 2, "padding": 1, "groups": 2},
    {"kernel_size": 3, "padding": "same", "bias": False},
    {"kernel_size": 4, "padding": "same"},
    {"kernel_size": [3, 2], "padding": [[0, 2], [1, 0]], "groups": 2},
    {"kernel_size": 3, "stride": 2, "padding": "tensorflow_same"},
    {"kernel_size": 1, "stride": 3},
    {"kernel_size": [5, 6]},
]


@pytest.mark.parametrize("settings", PICTURES, ids=str)
def test_pictures(settings, numbers):
    check_rule(LAYERS["conv2d"], [Case({"x": numbers(2, 2, 5, 6)}, {**CHANNELS, **settings})])


def test_batches_of_one_and_none_and_a_picture_without_batch(numbers):
    for shape in ((1, 2, 4, 3), (0, 2, 4, 3), (2, 4, 3)):
        check_rule(
            LAYERS["conv2d"],
            [
                Case({"x": numbers(*shape)}, {**CHANNELS, "kernel_size": 2, "groups": 2}),
                Case({"x": numbers(*shape)}, {**CHANNELS, "padding": [[1, 0], [0, 1]]}),
            ],
        )


@pytest.mark.parametrize("mode", MODES)
def test_what_the_padding_is_filled_with(mode, numbers):
    given = {**CHANNELS, "padding_mode": mode}
    check_rule(
        LAYERS["conv2d"],
        [
            Case({"x": numbers(1, 2, 4, 5)}, {**given, "kernel_size": 3, "padding": 2}),
            Case({"x": numbers(1, 2, 4, 5)}, {**given, "kernel_size": 4, "padding": "same"}),
            Case({"x": numbers(2, 4, 5)}, {**given, "kernel_size": 2, "padding": [[1, 0], [0, 3]]}),
        ],
    )
    check_rule(
        LAYERS["conv1d"],
        [Case({"x": numbers(2, 2, 6)}, {**given, "padding": "causal", "dilation": 2, "stride": 2})],
    )


def test_series_and_volumes(numbers):
    check_rule(
        LAYERS["conv1d"],
        [
            Case({"x": numbers(2, 2, 7)}, {**CHANNELS, "kernel_size": 3, "stride": 3}),
            Case({"x": numbers(2, 2, 7)}, {**CHANNELS, "kernel_size": 2, "padding": "causal"}),
            Case({"x": numbers(2, 7)}, {**CHANNELS, "kernel_size": 4, "padding": "same", "groups": 2}),
            Case({"x": numbers(2, 2, 7)}, {**CHANNELS, "padding": [[2, 1]], "stride": 2}),
        ],
    )
    check_rule(
        LAYERS["conv3d"],
        [
            Case({"x": numbers(2, 2, 3, 2, 4)}, {**CHANNELS, "kernel_size": [2, 1, 3], "stride": [1, 2, 1]}),
            Case({"x": numbers(2, 3, 2, 4)}, {**CHANNELS, "kernel_size": 2, "padding": "same", "groups": 2}),
        ],
    )


def test_one_by_one(numbers):
    check_rule(
        LAYERS["conv1x1"],
        [
            Case({"x": numbers(2, 2, 3, 4)}, CHANNELS),
            Case({"x": numbers(2, 2, 3, 4)}, {**CHANNELS, "stride": 2, "groups": 2, "bias": False}),
        ],
    )


def test_one_by_one_is_a_linear_layer_at_every_place(numbers):
    convolution, linear = Conv1x1(3, 5).double(), Linear(3, 5).double()
    with torch.no_grad():
        linear.weight.copy_(convolution.weight[:, :, 0, 0])
        linear.bias.copy_(convolution.bias)
    x = numbers(2, 3, 4, 4)
    close("y", convolution(x).detach(), linear(x.movedim(1, -1)).movedim(-1, 1).detach())


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d", "conv1x1"])
def test_cards(name):
    check_card(LAYERS[name])


def test_it_is_scipys_correlation_and_its_convolution_with_the_kernel_flipped(numbers):
    layer = Conv2d(2, 1, (3, 2), bias=False).double()
    x, w = numbers(2, 5, 6), layer.weight.detach()[0]
    rule, own = rule_of(layer)
    y = rule.forward({"x": x, "weight": own["weight"].detach()}).outputs["y"][0]
    maps = [(x[c].numpy(), w[c].numpy()) for c in range(2)]
    close("correlate", y, torch.tensor(sum(correlate(a, b, mode="valid") for a, b in maps)))
    close("convolve", y, torch.tensor(sum(convolve(a, np.flip(b), mode="valid") for a, b in maps)))


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv1d(2, 4, 4, padding="same", dilation=3),
        nn.Conv1d(2, 2, 3, padding="valid", stride=2, bias=False),
        nn.Conv1d(2, 4, 4, padding="same", padding_mode="circular"),
        nn.Conv1d(2, 4, 3, padding=2, padding_mode="reflect", groups=2),
    ],
    ids=str,
)
def test_the_rule_reads_pytorchs_own_layers_and_ours_are_the_same(module, numbers):
    module = module.double()
    x = numbers(2, 2, 11)
    rule, own = rule_of(module)
    y = rule.forward({"x": x, **{name: each.detach() for name, each in own.items()}}).outputs["y"]
    close("rule", y, module(x).detach())
    names = ("kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
    ours = Conv1d(
        2,
        module.out_channels,
        bias=module.bias is not None,
        **{name: getattr(module, name) for name in names},
    )
    ours.double().load_state_dict(module.state_dict())
    close("ours", ours(x).detach(), module(x).detach())


def test_causal_outputs_do_not_see_later_inputs(numbers):
    layer = Conv1d(1, 1, 3, dilation=2, padding="causal").double()
    x = numbers(1, 1, 9).requires_grad_()
    y = layer(x)
    assert y.shape == x.shape
    for i in range(9):
        (seen,) = torch.autograd.grad(y[0, 0, i], x, retain_graph=True)
        assert seen[0, 0].nonzero().flatten().tolist() == [j for j in (i - 4, i - 2, i) if j >= 0]


def test_same_in_tensorflow_pads_unevenly_and_gives_the_size_by_the_stride(numbers):
    x = numbers(1, 1, 8, 7)
    layer = Conv2d(1, 1, 3, stride=2, padding="tensorflow_same").double()
    plain = nn.Conv2d(1, 1, 3, stride=2).double()
    plain.load_state_dict(layer.state_dict())
    assert (same_padding(8, 3, 2).before, same_padding(8, 3, 2).after) == (0, 1)
    close("y", layer(x).detach(), plain(nn.functional.pad(x, (1, 1, 0, 1))).detach())
    assert layer(x).shape[2:] == (4, 4)


def size_or_refusal(work):
    try:
        return work()
    except ModelError as refusal:
        return str(refusal)


@settings(max_examples=60, deadline=None)
@given(
    strategies.integers(1, 12),
    strategies.integers(1, 4),
    strategies.integers(1, 4),
    strategies.tuples(strategies.integers(0, 3), strategies.integers(0, 3)),
    strategies.integers(1, 3),
)
def test_what_comes_out_is_as_long_as_the_arithmetic_of_sizes_says(n, kernel, stride, padding, dilation):
    layer = Conv1d(1, 1, kernel, stride, [list(padding)], dilation)
    received = size_or_refusal(lambda: layer(torch.ones(1, 1, n)).shape[-1])
    assert received == size_or_refusal(lambda: convolution_size(n, kernel, stride, padding, dilation).size)


def test_the_gradient_of_one_output_reaches_as_far_as_the_receptive_field(numbers):
    stack = [(3, 1, 2), (2, 2, 1), (3, 1, 1)]
    layers = [Conv1d(1, 1, k, stride=s, dilation=d) for k, s, d in stack]
    x = numbers(1, 1, 40).requires_grad_()
    y = nn.Sequential(*layers).double()(x)
    y[0, 0, 3].backward()
    seen = x.grad[0, 0].nonzero().flatten()
    field = receptive_field(stack)[-1]
    assert int(seen[-1] - seen[0]) + 1 == field.size
    assert (int(seen[-1]) + int(seen[0])) / 2 == field.start + 3 * field.jump


def test_its_parameters_are_as_many_as_counted():
    layer = Conv3d(4, 6, (3, 1, 2), groups=2)
    counted = convolution_parameters(4, 6, (3, 1, 2), groups=2).count
    assert sum(each.numel() for each in layer.parameters()) == counted


def test_the_window_is_written_whole_with_its_zeros_and_gradients_without_them():
    rule, _ = rule_of(nn.Conv1d(1, 1, 3, padding=1))
    values = {"x": torch.tensor([[[1.0, 2.0]]]), "weight": torch.tensor([[[3.0, 4.0, 5.0]]])}
    saved = rule.forward({**values, "bias": torch.tensor([6.0])}).saved
    assert rule.expand(saved, "y", (0, 0, 0)).text() == "3·0 + 4·1 + 5·2 + 6"
    assert rule.expand(saved, "y", (0, 0, 0)).symbols() == (
        "weight[0,0,0]·padding + weight[0,0,1]·x[0,0,0] + weight[0,0,2]·x[0,0,1] + bias[0]"
    )
    dy = {"y": torch.tensor([[[10.0, 20.0]]])}
    assert rule.expand_gradient(saved, dy, "weight", (0, 0, 0)).text() == "20·1"
    assert rule.expand_gradient(saved, dy, "x", (0, 0, 0)).symbols() == (
        "dy[0,0,1]·weight[0,0,0] + dy[0,0,0]·weight[0,0,1]"
    )
    assert rule.expand_gradient(saved, dy, "bias", (0,)).text() == "10 + 20"


def test_a_number_that_no_window_reaches_has_the_gradient_zero(numbers):
    rule, own = rule_of(Conv1d(1, 1, 2, stride=2).double())
    saved = rule.forward({"x": numbers(1, 1, 5), **{k: v.detach() for k, v in own.items()}}).saved
    dy = {"y": numbers(1, 1, 2)}
    assert rule.expand_gradient(saved, dy, "x", (0, 0, 4)).value == 0
    assert rule.backward(saved, dy)["x"][0, 0, 4] == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stride": 0}, "stride = 0\n  expected: a whole number from 1"),
        ({"dilation": 0}, "dilation = 0\n  expected: a whole number from 1"),
        ({"kernel_size": 0}, "kernel_size = 0"),
        ({"kernel_size": [3, 3, 3]}, "2 of them: one for each axis"),
        ({"padding": -1}, "padding = -1\n  expected: a whole number from 0"),
        ({"padding": [[0, -1], [0, 0]]}, "padding = -1"),
        ({"padding": [[0, 1]]}, "2 pairs (before, after)"),
        ({"padding": [1, [0, 1]]}, "a pair: before and after"),
        ({"padding": "sane"}, "did you mean 'same'?"),
        ({"padding": "causal"}, "padding = 'causal' with 2 axes\n  expected: a series"),
        ({"padding": "same", "stride": 2}, "fix: set padding = 'tensorflow_same' for ceil(n / stride)"),
        ({"groups": 3}, "groups = 3 with in_channels = 2\n  expected: a divisor of in_channels"),
        ({"groups": 2, "out_channels": 3}, "groups = 2 with out_channels = 3"),
        ({"in_channels": 0}, "in_channels = 0"),
        ({"padding_mode": "reflection"}, "did you mean 'reflect'?"),
    ],
    ids=str,
)
def test_refused_settings(given, said):
    with pytest.raises(SettingError) as refusal:
        Conv2d(**{**CHANNELS, **given})
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "shape", "said"),
    [
        ({"kernel_size": 5, "padding": 1}, (1, 2, 2, 9), "2 + 2·1 − 5 = -1"),
        ({"kernel_size": 3, "dilation": 2}, (1, 2, 9, 4), "a kernel that spans 5 on an input of 4"),
        ({}, (1, 3, 5, 5), "received 3 channels: x of shape (1, 3, 5, 5)\n  expected: (N, 2, H, W)"),
        ({}, (1, 5, 5, 2), "fix: move the channels before the other axes: x.movedim(-1, 1)"),
        ({}, (5, 5), "Conv2d received x of shape (5, 5)\n  expected: (N, 2, H, W)"),
        ({"padding": 3, "padding_mode": "reflect"}, (1, 2, 3, 9), "at most 2 places on a side"),
        ({"padding": 4, "padding_mode": "circular"}, (1, 2, 3, 9), "at most 3 places on a side: once around"),
    ],
    ids=str,
)
def test_refused_inputs(given, shape, said):
    layer = Conv2d(**{**CHANNELS, **given})
    with pytest.raises(ModelError) as refusal:
        layer(torch.ones(shape))
    assert said in str(refusal.value)


def test_layers_print_their_settings():
    assert repr(Conv2d(3, 8, 3)) == "Conv2d(3, 8, kernel_size=(3, 3))"
    assert repr(Conv1d(2, 4, 2, padding="causal", groups=2, bias=False, padding_mode="replicate")) == (
        "Conv1d(2, 4, kernel_size=(2,), padding=(1+0), groups=2, bias=False, padding_mode='replicate')"
    )
    assert repr(Conv2d(1, 2, 3, 2, "tensorflow_same", 2)) == (
        "Conv2d(1, 2, kernel_size=(3, 3), stride=(2, 2), padding=tensorflow_same, dilation=(2, 2))"
    )


@pytest.mark.parametrize("padding", ["tensorflow_same", [[0, 1], [2, 0]], 1], ids=str)
def test_layers_can_be_exported_with_a_free_batch_size(padding, numbers):
    layer = Conv2d(2, 3, 3, 2, padding).double().eval()
    free = {"x": {0: torch.export.Dim("batch")}}
    exported = torch.export.export(layer, (numbers(3, 2, 8, 7),), dynamic_shapes=free).module()
    more = numbers(5, 2, 8, 7)
    close("y", exported(more).detach(), layer(more).detach())
