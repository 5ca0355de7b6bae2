"""1x1 convolution: a linear layer on the channels, at every place alike."""

from __future__ import annotations

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.conv2d import Conv2d
from glasshouse.layers.convolution_rule import rule_of


def conv1x1(
    in_channels: int, out_channels: int, stride: int = 1, groups: int = 1, bias: bool = True
) -> Conv2d:
    r"""A convolution of pictures with a kernel of one place: it mixes channels and nothing else.

    .. math:: y_{n,o,i} = b_o + \sum_{c} W_{o,c}\, x_{n,c,s i}

    Shapes: x (N, in_channels, H, W), weight (out_channels, in_channels / groups, 1, 1), bias (out_channels),
    y (N, out_channels, H', W').

    Args:
        in_channels: Channels that go in, at least 1.
        out_channels: Channels that come out, at least 1.
        stride: Step, at least 1: with more than 1, places between are dropped.
        groups: Divides both numbers of channels.
        bias: Whether a learnt number is added to each map.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Lin, Chen and Yan 2013, Network in network, arXiv 1312.4400.

    Example:
        >>> import torch
        >>> conv1x1(64, 16)(torch.ones(1, 64, 8, 8)).shape
        torch.Size([1, 16, 8, 8])
    """
    return Conv2d(in_channels, out_channels, 1, stride, groups=groups, bias=bias)


CONCEPT = Concept(
    name="conv1x1",
    kind="layer",
    summary="A linear layer on the channels of a picture, at every place alike.",
    build=conv1x1,
    aliases=("1x1_convolution", "pointwise_convolution", "network_in_network"),
    equation=r"y_{n,o,i} = b_o + \sum_{c} W_{o,c}\, x_{n,c,s i}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,s i}} = \sum_o W_{o,c} \frac{\partial L}{\partial y_{n,o,i}},\; "
        r"\frac{\partial L}{\partial W_{o,c}} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}} "
        r"x_{n,c,s i},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}}"
    ),
    symbols={
        "x": "inputs (N, in_channels, H, W)",
        "W": "weights (out_channels, in_channels / groups, 1, 1)",
        "b": "biases (out_channels)",
        "i": "row and column in the output",
        "s": "stride, from 1",
        "y": "feature maps (N, out_channels, H', W')",
    },
    when=(
        "To change the number of channels cheaply: before expensive kernels (Inception, bottlenecks), on "
        "shortcuts (ResNet), after depthwise convolutions (MobileNet)."
    ),
    pitfalls=(
        "It sees one place alone: the receptive field does not grow.",
        "With stride 2 three places of four are never read.",
    ),
    conventions=("With stride 1 it equals a linear layer on the channels (layers.linear), place by place.",),
    source="Lin, Chen and Yan 2013, Network in network, arXiv 1312.4400.",
    rule=rule_of,
    worked=worked_forward(
        conv1x1,
        rule_of,
        settings={"in_channels": 2, "out_channels": 1},
        inputs={"x": [[[[1.0, 2.0]], [[3.0, 4.0]]]]},
        parameters={"weight": [[[[0.5]], [[-1.0]]]], "bias": [0.25]},
        at=(0, 0, 0, 1),
    ),
)
