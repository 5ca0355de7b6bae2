import pytest
import torch

from glasshouse.core.errors import SettingError
from glasshouse.layers import LAYERS, BatchNorm
from glasshouse.layers.batch_norm import BatchNormRule
from glasshouse.testing import Case, check_card, check_forward, check_rule, close


def lively(module):
    """Give scale, shift and running statistics numbers that are not their first ones."""
    generator = torch.Generator().manual_seed(3)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
        assert name


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_batch_norm(training, numbers):
    check_rule(
        LAYERS["batch_norm"],
        [
            Case({"x": numbers(5, 3)}, {"num_features": 3}, training, prepare=lively),
            Case({"x": numbers(2, 3, 4)}, {"num_features": 3, "epsilon": 0.1}, training, prepare=lively),
            Case(
                {"x": numbers(2, 2, 3, 2)},
                {"num_features": 2, "dimensions": 2, "affine": False},
                training,
                prepare=lively,
            ),
        ],
    )


def test_running_statistics_are_pytorchs(numbers):
    layer = BatchNorm(3, momentum=0.25).double()
    lively_layer = BatchNorm(3, momentum=0.25).double()
    with torch.no_grad():
        lively(layer)
        lively_layer.load_state_dict(layer.state_dict())
    x = numbers(6, 3)
    rule, own = BatchNormRule.of(layer)
    _, saved = rule.forward({"x": x, **{name: each.detach().clone() for name, each in own.items()}})
    lively_layer(x)
    for name, tensor in rule.running(saved).items():
        close(name, tensor, getattr(lively_layer, name))


def test_the_three_paths_of_the_gradient_have_names(numbers):
    rule, own = BatchNormRule.of(BatchNorm(2).double())
    x, dy = numbers(4, 2), numbers(4, 2)
    _, saved = rule.forward({"x": x, **{name: each.detach() for name, each in own.items()}})
    expression = rule.expand_gradient(saved, {"y": dy}, "x", (1, 0))
    names = {step.name for step in expression.steps()}
    assert {"direct", "through_mean", "through_variance"} <= names


def test_layer_norm(numbers):
    check_rule(
        LAYERS["layer_norm"],
        [
            Case({"x": numbers(4, 5)}, {"normalized_shape": 5}, prepare=lively),
            Case({"x": numbers(1, 5)}, {"normalized_shape": 5, "affine": False}),
            Case({"x": numbers(2, 3, 4)}, {"normalized_shape": [3, 4]}, prepare=lively),
            Case({"x": numbers(2, 3, 4)}, {"normalized_shape": 4, "bias": False}, prepare=lively),
            Case({"x": numbers(0, 4)}, {"normalized_shape": 4}),
        ],
    )


def test_group_norm(numbers):
    check_rule(
        LAYERS["group_norm"],
        [
            Case({"x": numbers(3, 4)}, {"num_groups": 2, "num_channels": 4}, prepare=lively),
            Case({"x": numbers(1, 4, 2, 3)}, {"num_groups": 4, "num_channels": 4}, prepare=lively),
            Case({"x": numbers(2, 4, 3)}, {"num_groups": 1, "num_channels": 4, "affine": False}),
            Case({"x": numbers(0, 4)}, {"num_groups": 2, "num_channels": 4}),
        ],
    )


def test_rms_norm(numbers):
    check_rule(
        LAYERS["rms_norm"],
        [
            Case({"x": numbers(4, 5)}, {"normalized_shape": 5}, prepare=lively),
            Case({"x": numbers(1, 2, 3)}, {"normalized_shape": [2, 3], "affine": False}),
            Case({"x": numbers(0, 4)}, {"normalized_shape": 4}),
        ],
    )


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm", "group_norm", "rms_norm", "dropout"])
def test_cards(name):
    check_card(LAYERS[name])


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("batch_norm", {"num_features": 0}, "num_features = 0"),
        ("batch_norm", {"num_features": 2, "epsilon": 0}, "epsilon = 0"),
        ("batch_norm", {"num_features": 2, "momentum": 1.5}, "momentum = 1.5"),
        ("batch_norm", {"num_features": 2, "dimensions": 4}, "dimensions = 4"),
        ("layer_norm", {"normalized_shape": []}, "normalized_shape"),
        ("rms_norm", {"normalized_shape": [3, 0]}, "normalized_shape = 0"),
        ("group_norm", {"num_groups": 3, "num_channels": 4}, "divide the channels: 1, 2, 4"),
        ("dropout", {"probability": -0.1}, "probability = -0.1"),
        ("dropout", {"probability": 1.0}, "probability = 1.0"),
    ],
)
def test_refused_settings(name, settings, said):
    with pytest.raises(SettingError, match=said):
        LAYERS[name].build(**settings)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("batch_norm", {"num_features": 6}),
        ("layer_norm", {"normalized_shape": [6]}),
        ("group_norm", {"num_groups": 2, "num_channels": 6}),
    ],
)
def test_norms_of_numbers_that_differ_in_bfloat16(name, settings, numbers):
    check_forward(LAYERS[name], Case({"x": numbers(8, 6)}, settings), torch.bfloat16)
