"""Convolution of volumes and videos: a small kernel slides over three axes and adds up what it sees."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.convolution_checks import (
    checked_and_padded,
    convolution_settings,
    described,
    padding_mode_of,
)
from glasshouse.layers.convolution_padding import PaddingSetting
from glasshouse.layers.convolution_rule import rule_of
from glasshouse.layers.pooling_checks import Sizes


class Conv3d(nn.Conv3d):
    r"""``torch.nn.Conv3d`` with asymmetric and TensorFlow's padding, whose refusals show the arithmetic.

    .. math:: y_{n,o,i} = b_o + \sum_{c} \sum_{j} W_{o,c,j}\, x_{n,c,s i + d j - p}

    with triples ``i`` and ``j``: depth (or time), row and column.

    Shapes: x (N, in_channels, D, H, W), weight (out_channels, in_channels / groups, k, k, k), bias
    (out_channels), y (N, out_channels, D', H', W') with the sizes of
    :func:`~glasshouse.layers.sizes.convolution_size`. One volume may come without the axis N.

    Args:
        in_channels: Channels that go in, at least 1.
        out_channels: Channels that come out (feature maps), at least 1.
        kernel_size: Size of the kernel, at least 1; one number, or one for each axis.
        stride: Step of the kernel, at least 1.
        padding: ``"valid"`` (none), ``"same"`` (as many come out as go in; stride 1 only, an odd zero goes
            after), ``"tensorflow_same"`` (ceil(n / stride) come out), a number from 0, one for each axis, or
            a pair (before, after) for each axis.
        dilation: Distance of neighbours within the kernel, at least 1.
        groups: Divides both numbers of channels; each group of outputs sees its group of inputs. As many
            groups as channels make a depthwise convolution.
        bias: Whether a learnt number is added to each map.
        padding_mode: What the padding is filled with: ``"zeros"``, ``"reflect"``, ``"replicate"`` or
            ``"circular"``.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x has other channels or the kernel is larger than the padded x.

    Source:
        Ji, Xu, Yang and Yu 2010, 3D convolutional neural networks for human action recognition.

    Example:
        >>> Conv3d(1, 2, (1, 3, 3), padding="same")(torch.ones(1, 1, 4, 8, 8)).shape
        torch.Size([1, 2, 4, 8, 8])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes = 3,
        stride: Sizes = 1,
        padding: PaddingSetting = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        given = convolution_settings(
            (in_channels, out_channels), kernel_size, stride, dilation, groups, padding, axes=3
        )
        super().__init__(
            in_channels,
            out_channels,
            given.kernel_size,  # type: ignore[arg-type]
            given.stride,  # type: ignore[arg-type]
            given.symmetric or 0,  # type: ignore[arg-type]
            given.dilation,  # type: ignore[arg-type]
            groups,
            bias,
            padding_mode_of(padding_mode),  # type: ignore[arg-type]
        )
        self.settings = given

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, D, H, W) to (N, O, D', H', W')."""
        return super().forward(checked_and_padded(x, self, self.settings))

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return described(self, self.settings)


CONCEPT = Concept(
    name="conv3d",
    kind="layer",
    summary="A small kernel slides over a volume or a video; every output is what it sees, weighted.",
    build=Conv3d,
    aliases=("convolution3d",),
    equation=r"y_{n,o,i} = b_o + \sum_{c} \sum_{j} W_{o,c,j}\, x_{n,c,s i + d j - p}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,u}} = \sum_o \sum_{i,j:\, s i + d j - p = u} W_{o,c,j} "
        r"\frac{\partial L}{\partial y_{n,o,i}},\; "
        r"\frac{\partial L}{\partial W_{o,c,j}} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}} "
        r"x_{n,c,s i + d j - p},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}}"
    ),
    symbols={
        "x": "inputs (N, in_channels, D, H, W); in a video D is time",
        "W": "kernels (out_channels, in_channels / groups, k, k, k)",
        "b": "biases (out_channels)",
        "i": "depth, row and column in the output",
        "j": "depth, row and column in the kernel, 0 to k - 1",
        "s": "stride, from 1",
        "d": "dilation, from 1",
        "p": "padding before the input, from 0",
        "y": "feature maps (N, out_channels, D', H', W')",
    },
    when="On scans of bodies and materials, and on short videos.",
    pitfalls=(
        "A 3 x 3 x 3 kernel has three times the weights of a 3 x 3 one and slides over far more places.",
        "Memory goes with the volume: small batches and early strides are the rule.",
    ),
    conventions=(
        "The kernel is not flipped, as in conv2d.",
        "Output sizes: layers.sizes. How many numbers are learnt: layers.parameter_counts.",
    ),
    source="Ji, Xu, Yang and Yu 2010, 3D convolutional neural networks for human action recognition.",
    rule=rule_of,
    worked=worked_forward(
        Conv3d,
        rule_of,
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": [2, 1, 2]},
        inputs={"x": [[[[[1.0, 2.0]], [[3.0, 4.0]]]]]},
        parameters={"weight": [[[[[1.0, 0.5]], [[-1.0, 2.0]]]]], "bias": [0.25]},
        at=(0, 0, 0, 0, 0),
    ),
)
