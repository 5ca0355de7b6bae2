"""Transposed convolution of series: every number lays its kernel onto a longer series; overlaps add up."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes
from glasshouse.layers.transposed_convolution_checks import (
    products,
    transposed_fits,
    transposed_settings,
)
from glasshouse.layers.transposed_convolution_rule import TransposedConvolution


class ConvTranspose1d(nn.ConvTranspose1d):
    r"""``torch.nn.ConvTranspose1d`` whose refusals show the arithmetic.

    .. math:: y_{n,o,u} = b_o + \sum_{c} \sum_{i,j:\, s i + d j - p = u} W_{c,o,j}\, x_{n,c,i}

    A convolution with the same settings makes a series as long as x out of one as long as y; this is what
    that convolution does to gradients.

    Shapes: x (N, in_channels, L), weight (in_channels, out_channels / groups, k), bias (out_channels), y (N,
    out_channels, L') with the size of :func:`~glasshouse.layers.sizes.transposed_size`. One series may come
    without the axis N.

    Args:
        in_channels: Channels that go in, at least 1.
        out_channels: Channels that come out, at least 1.
        kernel_size: Size of the kernel, at least 1.
        stride: How far apart neighbours lay their kernels, at least 1: by so much the series grows.
        padding: What is cut off from both ends of the output, from 0.
        output_padding: How much longer the output is at its far end, from 0 to below the larger of stride
            and dilation.
        groups: Divides both numbers of channels.
        bias: Whether a learnt number is added to each output channel.
        dilation: Distance of neighbours within the kernel, at least 1.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x has other channels or the padding leaves nothing.

    Source:
        Zeiler, Krishnan, Taylor and Fergus 2010, Deconvolutional networks; Dumoulin and Visin 2016,
        arXiv 1603.07285.

    Example:
        >>> ConvTranspose1d(8, 3, 4, stride=2, padding=1)(torch.ones(1, 8, 16)).shape
        torch.Size([1, 3, 32])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes = 3,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
    ) -> None:
        kernel, strides, cut, longer, dilations = transposed_settings(
            (in_channels, out_channels),
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            dilation,
            axes=1,
        )
        super().__init__(
            in_channels,
            out_channels,
            kernel,  # type: ignore[arg-type]
            strides,  # type: ignore[arg-type]
            cut,  # type: ignore[arg-type]
            longer,  # type: ignore[arg-type]
            groups,
            bias,
            dilations,  # type: ignore[arg-type]
        )

    def forward(self, x: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        """(N, C, L) to (N, O, L')."""
        transposed_fits(x, self, 1)
        return super().forward(x, output_size)

    def multiply_accumulates(self, output: torch.Tensor) -> int:
        """How many products are added up for one sample: every input times its kernel.

        Args:
            output: What came out.
        """
        return products(self, output)


CONCEPT = Concept(
    name="conv_transpose1d",
    kind="layer",
    summary="Every number of a series lays its kernel onto a longer one; where kernels overlap they add up.",
    build=ConvTranspose1d,
    aliases=("transposed_convolution1d",),
    equation=r"y_{n,o,u} = b_o + \sum_{c} \sum_{i,j:\, s i + d j - p = u} W_{c,o,j}\, x_{n,c,i}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_o \sum_j W_{c,o,j} "
        r"\frac{\partial L}{\partial y_{n,o,s i + d j - p}},\; "
        r"\frac{\partial L}{\partial W_{c,o,j}} = \sum_{n,i} "
        r"\frac{\partial L}{\partial y_{n,o,s i + d j - p}} x_{n,c,i},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_{n,u} \frac{\partial L}{\partial y_{n,o,u}}"
    ),
    symbols={
        "x": "inputs (N, in_channels, L)",
        "W": "kernels (in_channels, out_channels / groups, k)",
        "b": "biases (out_channels)",
        "u": "place in the output",
        "i": "place in the input",
        "j": "place in the kernel, 0 to k - 1",
        "s": "stride, from 1",
        "d": "dilation, from 1",
        "p": "what is cut off from the output's ends, from 0",
        "y": "outputs (N, out_channels, L')",
    },
    when="To make series longer with learnt weights: decoders and generators of sound and signals.",
    pitfalls=(
        "Where the stride does not divide the kernel, some places get more overlaps than others: a ripple.",
        "It does not undo a convolution: its connections run the other way round, it is not the inverse.",
        "Padding makes the output shorter here.",
    ),
    conventions=(
        "The weight is stored as (in, out / groups, k), the other way round than in a convolution.",
        "Output sizes: layers.sizes (transposed_size).",
    ),
    source=(
        "Zeiler, Krishnan, Taylor and Fergus 2010, Deconvolutional networks; Dumoulin and Visin 2016, "
        "arXiv 1603.07285."
    ),
    rule=TransposedConvolution.of,
    worked=worked_forward(
        ConvTranspose1d,
        TransposedConvolution.of,
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": 3, "stride": 2},
        inputs={"x": [[[1.0, 2.0]]]},
        parameters={"weight": [[[1.0, 0.5, -1.0]]], "bias": [0.25]},
        at=(0, 0, 2),
    ),
)
