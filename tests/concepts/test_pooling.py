import pytest
import torch
from torch.nn import functional as F

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LAYERS, L2Pool, MaxPool, MinPool, SumPool
from glasshouse.testing import Case, check_card, check_rule, close

SLIDING = ["max_pool", "average_pool", "sum_pool", "l2_pool", "min_pool"]
POOLS = [name for name in LAYERS if name.endswith("pool")]

SETTINGS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": [2, 3], "stride": [1, 2], "padding": [1, 0]},
]


@pytest.mark.parametrize("name", SLIDING)
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_sliding_windows_in_pictures(name, settings, numbers):
    check_rule(LAYERS[name], [Case({"x": numbers(2, 2, 5, 6)}, settings)])


@pytest.mark.parametrize("name", SLIDING)
def test_sliding_windows_in_series_volumes_and_batches_of_one_and_none(name, numbers):
    check_rule(
        LAYERS[name],
        [
            Case({"x": numbers(1, 2, 7)}, {"kernel_size": 3, "stride": 2, "dimensions": 1}),
            Case({"x": numbers(1, 1, 3, 2, 4)}, {"kernel_size": 2, "stride": 1, "dimensions": 3}),
            Case({"x": numbers(0, 2, 4, 4)}, {"kernel_size": 2}),
        ],
    )


def test_max_and_average_with_the_settings_that_only_they_have(numbers):
    x = numbers(1, 2, 6, 5)
    check_rule(
        LAYERS["max_pool"],
        [
            Case({"x": x}, {"kernel_size": 2, "dilation": 2, "stride": 1}),
            Case({"x": x}, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil": True}),
        ],
    )
    check_rule(
        LAYERS["average_pool"],
        [
            Case({"x": x}, {"kernel_size": 3, "stride": 2, "padding": 1, "count_padding": False}),
            Case({"x": x}, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil": True}),
            Case({"x": x}, {"kernel_size": 2, "ceil": True, "count_padding": False}),
        ],
    )


@pytest.mark.parametrize("name", ["adaptive_average_pool", "adaptive_max_pool"])
def test_adaptive_windows(name, numbers):
    check_rule(
        LAYERS[name],
        [
            Case({"x": numbers(2, 2, 5, 6)}, {"output_size": [3, 4]}),
            Case({"x": numbers(1, 1, 3, 4)}, {"output_size": 5}),
            Case({"x": numbers(1, 2, 7)}, {"output_size": 2, "dimensions": 1}),
        ],
    )


@pytest.mark.parametrize("name", ["global_average_pool", "global_max_pool"])
def test_global_windows(name, numbers):
    check_rule(
        LAYERS[name],
        [
            Case({"x": numbers(2, 3, 2, 3)}),
            Case({"x": numbers(1, 2, 4)}, {"dimensions": 1}),
            Case({"x": numbers(0, 2, 4, 4)}),
        ],
    )


@pytest.mark.parametrize("name", ["max_pool", "adaptive_max_pool", "global_max_pool"])
def test_of_equal_largest_numbers_the_first_gets_the_gradient(name):
    settings = {"max_pool": {"kernel_size": 2, "stride": 1}, "adaptive_max_pool": {"output_size": 2}}
    x = torch.tensor([[[[1.0, 2.0, 2.0], [2.0, 2.0, 0.0], [2.0, 2.0, 2.0]]]])
    check_rule(LAYERS[name], [Case({"x": x}, settings.get(name, {}), smooth=False)])


def test_of_equal_smallest_numbers_the_first_gets_the_gradient():
    x = torch.tensor([[[[5.0, 2.0, 2.0], [2.0, 2.0, 4.0], [2.0, 2.0, 2.0]]]])
    check_rule(LAYERS["min_pool"], [Case({"x": x}, {"kernel_size": 2, "stride": 1}, smooth=False)])


def test_min_pooling_is_the_other_side_of_max_pooling(numbers):
    x = numbers(1, 2, 6, 5)
    close("y", MinPool(3, 2, 1)(x), -MaxPool(3, 2, 1)(-x))


def test_a_padded_window_of_positive_numbers_has_a_positive_minimum():
    check_rule(
        LAYERS["min_pool"],
        [Case({"x": torch.ones(1, 1, 2, 2)}, {"kernel_size": 3, "padding": 1, "stride": 1}, smooth=False)],
    )


def test_a_padded_window_of_negative_numbers_has_a_negative_maximum():
    check_rule(
        LAYERS["max_pool"],
        [Case({"x": -torch.ones(1, 1, 2, 2)}, {"kernel_size": 3, "padding": 1, "stride": 1}, smooth=False)],
    )


def test_a_window_of_zeros_passes_no_gradient_through_l2_pooling():
    x = torch.tensor([[[[0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 4.0]]]], requires_grad=True)
    y = L2Pool(2)(x)
    y.sum().backward()
    assert y.flatten().tolist() == [0.0, 5.0]
    assert x.grad.flatten().tolist() == pytest.approx([0, 0, 0.6, 0, 0, 0, 0, 0.8])
    check_rule(LAYERS["l2_pool"], [Case({"x": x.detach()}, smooth=False)])


def test_sum_and_l2_are_what_pytorch_calls_lp_pooling(numbers):
    x = numbers(2, 3, 6, 6)
    close("l2", L2Pool(2)(x), F.lp_pool2d(x, 2.0, 2))
    close("sum of magnitudes", SumPool(3, 2)(x.abs()), F.lp_pool2d(x.abs(), 1.0, 3, 2))


@pytest.mark.parametrize("name", POOLS)
def test_cards(name):
    check_card(LAYERS[name])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kernel_size": 0}, "kernel_size = 0"),
        ({"stride": 0}, "stride = 0"),
        ({"kernel_size": 2, "padding": 2}, "at most half of the window: 0 to 1"),
        ({"padding": -1}, "padding = -1"),
        ({"dimensions": 4}, "dimensions = 4"),
        ({"kernel_size": [2, 2, 2]}, "2 of them: one for each axis"),
    ],
)
def test_refused_settings(settings, said):
    for name in SLIDING:
        with pytest.raises(SettingError, match=said.replace("[", r"\[")):
            LAYERS[name].build(**settings)


@pytest.mark.parametrize("name", SLIDING)
def test_a_window_larger_than_the_picture_is_refused_with_the_arithmetic(name):
    layer = LAYERS[name].build(kernel_size=5)
    with pytest.raises(ModelError, match=r"3 \+ 2·0 − 5"):
        layer(torch.ones(1, 1, 3, 3))
    with pytest.raises(ModelError, match=r"\(N, C, H, W\)"):
        layer(torch.ones(1, 7))


def test_global_pooling_refuses_other_axes():
    with pytest.raises(ModelError, match=r"\(N, C, H, W\)"):
        LAYERS["global_average_pool"].build()(torch.ones(2, 5))


def test_pooling_layers_print_their_settings():
    assert repr(MaxPool(2)).startswith("MaxPool2d(kernel_size=(2, 2)")
    assert repr(SumPool(2)) == "SumPool(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0))"
