"""Convolution of pictures: a small kernel slides over them and adds up what it sees through its weights."""

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


class Conv2d(nn.Conv2d):
    r"""``torch.nn.Conv2d`` with asymmetric and TensorFlow's padding, whose refusals show the arithmetic.

    .. math:: y_{n,o,i} = b_o + \sum_{c} \sum_{j} W_{o,c,j}\, x_{n,c,s i + d j - p}

    with pairs ``i`` and ``j``: row and column.

    Shapes: x (N, in_channels, H, W), weight (out_channels, in_channels / groups, k, k), bias (out_channels),
    y (N, out_channels, H', W') with the sizes of :func:`~glasshouse.layers.sizes.convolution_size`. One
    picture may come without the axis N.

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
        LeCun, Boser, Denker, Henderson, Howard, Hubbard and Jackel 1989, Handwritten digit recognition with a
        back-propagation network.

    Example:
        >>> Conv2d(3, 8, 3, padding="same")(torch.ones(1, 3, 32, 32)).shape
        torch.Size([1, 8, 32, 32])
        >>> Conv2d(3, 8, 3, stride=2, padding="tensorflow_same")(torch.ones(1, 3, 7, 7)).shape
        torch.Size([1, 8, 4, 4])
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
            (in_channels, out_channels), kernel_size, stride, dilation, groups, padding, axes=2
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
        """(N, C, H, W) to (N, O, H', W')."""
        return super().forward(checked_and_padded(x, self, self.settings))

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return described(self, self.settings)


CONCEPT = Concept(
    name="conv2d",
    kind="layer",
    summary="A small kernel slides over a picture; every output is what it sees, weighted and added up.",
    build=Conv2d,
    aliases=("convolution", "conv", "convolution2d"),
    equation=r"y_{n,o,i} = b_o + \sum_{c} \sum_{j} W_{o,c,j}\, x_{n,c,s i + d j - p}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,u}} = \sum_o \sum_{i,j:\, s i + d j - p = u} W_{o,c,j} "
        r"\frac{\partial L}{\partial y_{n,o,i}},\; "
        r"\frac{\partial L}{\partial W_{o,c,j}} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}} "
        r"x_{n,c,s i + d j - p},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}}"
    ),
    symbols={
        "x": "inputs (N, in_channels, H, W)",
        "W": "kernels (out_channels, in_channels / groups, k, k)",
        "b": "biases (out_channels)",
        "i": "row and column in the output",
        "j": "row and column in the kernel, 0 to k - 1",
        "s": "stride, from 1",
        "d": "dilation, from 1",
        "p": "padding before the input, from 0",
        "y": "feature maps (N, out_channels, H', W')",
    },
    when="On pictures, and wherever a pattern means the same at every place.",
    pitfalls=(
        "A bias before batch normalization does nothing: bias = false saves it.",
        "What a stride does not reach at the far edge is never seen; layers.sizes shows how many places.",
        "Zeros of the padding are dark edges to the kernel: features near the border are weaker.",
    ),
    conventions=(
        "The kernel is not flipped: it is what mathematics calls a cross-correlation, in PyTorch, TensorFlow "
        "and Keras alike. With a learnt kernel there is no difference but in how it is drawn.",
        "padding = 'same' puts an odd zero after the input. PyTorch refuses it with a stride; TensorFlow and "
        "Keras give ceil(n / s) numbers and pad unevenly: that is 'tensorflow_same' here.",
        "PyTorch stores kernels as (out, in, height, width) and pictures as (N, C, H, W); TensorFlow as "
        "(height, width, in, out) and (N, H, W, C).",
        "Output sizes: layers.sizes. What a place sees: layers.receptive_fields. How many numbers are "
        "learnt: layers.parameter_counts.",
    ),
    source=(
        "LeCun, Boser, Denker, Henderson, Howard, Hubbard and Jackel 1989, Handwritten digit recognition "
        "with a back-propagation network; Dumoulin and Visin 2016, arXiv 1603.07285 (arithmetic)."
    ),
    rule=rule_of,
    worked=worked_forward(
        Conv2d,
        rule_of,
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": 2, "padding": 1},
        inputs={"x": [[[[1.0, 2.0], [3.0, 4.0]]]]},
        parameters={"weight": [[[[1.0, 0.5], [-1.0, 2.0]]]], "bias": [0.25]},
        at=(0, 0, 0, 1),
    ),
)
