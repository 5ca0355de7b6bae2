import pytest
import torch

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, DepthwiseSeparable
from glasshouse.layers.depthwise_separable import DepthwiseSeparableRule
from glasshouse.layers.parameter_counts import convolution_parameters
from glasshouse.layers.sizes import same_padding
from glasshouse.testing import Case, check_card, check_rule, close

CHANNELS = {"in_channels": 2, "out_channels": 3}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2, "padding": "tensorflow_same"},
        {"kernel_size": [2, 3], "padding": [[1, 0], [2, 0]], "bias": False},
    ],
    ids=str,
)
def test_pictures(settings, numbers):
    check_rule(
        LAYERS["depthwise_separable"],
        [
            Case({"x": numbers(*shape)}, {**CHANNELS, **settings})
            for shape in ((2, 2, 3, 4), (0, 2, 3, 4), (2, 3, 4))
        ],
    )


def test_series_and_volumes(numbers):
    check_rule(
        LAYERS["depthwise_separable"],
        [
            Case({"x": numbers(2, 2, 5)}, {**CHANNELS, "dimensions": 1, "padding": "causal"}),
            Case({"x": numbers(1, 2, 2, 2, 3)}, {**CHANNELS, "dimensions": 3, "kernel_size": 2}),
        ],
    )


def test_card():
    check_card(LAYERS["depthwise_separable"])


def test_it_has_as_many_weights_as_its_two_parts_and_far_fewer_than_a_full_convolution():
    layer = DepthwiseSeparable(32, 64, 3, bias=False)
    depthwise = convolution_parameters(32, 32, (3, 3), groups=32, bias=False).count
    pointwise = convolution_parameters(32, 64, (1, 1), bias=False).count
    full = convolution_parameters(32, 64, (3, 3), bias=False).count
    assert sum(each.numel() for each in layer.parameters()) == depthwise + pointwise == 288 + 2048
    assert (depthwise + pointwise) / full == pytest.approx(1 / 64 + 1 / 9)


def test_sizes_are_those_of_tensorflows_same():
    y = DepthwiseSeparable(2, 5, 3, 2, "tensorflow_same")(torch.ones(1, 2, 7, 10))
    assert y.shape == (1, 5, same_padding(7, 3, 2).size, same_padding(10, 3, 2).size) == (1, 5, 4, 5)


def test_it_is_a_full_convolution_whose_kernels_are_products(numbers):
    layer = DepthwiseSeparable(2, 3, 3, padding="valid").double()
    depthwise, pointwise = layer.depthwise.weight.detach(), layer.pointwise.weight.detach()
    x = numbers(1, 2, 4, 4)
    kernels = pointwise * depthwise.transpose(0, 1)
    full = torch.nn.functional.conv2d(x, kernels, layer.pointwise.bias.detach())
    close("y", layer(x).detach(), full)


def test_what_lies_between_the_parts_has_a_name(numbers):
    rule, own = DepthwiseSeparableRule.of(DepthwiseSeparable(2, 3, padding="same").double())
    _, saved = rule.forward({"x": numbers(1, 2, 3, 3), **{k: v.detach() for k, v in own.items()}})
    expression = rule.expand(saved, "y", (0, 1, 2, 0))
    assert [step.name for step in expression.steps()] == ["h[0,0,2,0]", "h[0,1,2,0]"]
    gradient = rule.expand_gradient(saved, {"y": numbers(1, 3, 3, 3)}, "depthwise", (1, 0, 1, 1))
    assert {step.name.split("[")[0] for step in gradient.steps()} == {"dh"}


def test_refusals():
    with pytest.raises(SettingError, match="dimensions = 4"):
        DepthwiseSeparable(2, 3, dimensions=4)
    with pytest.raises(SettingError, match="stride = 0"):
        DepthwiseSeparable(2, 3, stride=0)
    with pytest.raises(ModelError, match="received 3 channels"):
        DepthwiseSeparable(2, 3)(torch.ones(1, 3, 5, 5))
