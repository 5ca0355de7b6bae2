"""Transposed convolution of pictures: every number lays its kernel onto a larger map, and overlaps add up."""

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


class ConvTranspose2d(nn.ConvTranspose2d):
    r"""``torch.nn.ConvTranspose2d`` whose refusals show the arithmetic.

    .. math:: y_{n,o,u} = b_o + \sum_{c} \sum_{i,j:\, s i + d j - p = u} W_{c,o,j}\, x_{n,c,i}

    with pairs ``i``, ``j`` and ``u``: row and column. A convolution with the same settings makes a map of the
    size of x out of one of the size of y; this is what that convolution does to gradients.

    Shapes: x (N, in_channels, H, W), weight (in_channels, out_channels / groups, k, k), bias (out_channels),
    y (N, out_channels, H', W') with the sizes of :func:`~glasshouse.layers.sizes.transposed_size`. One
    picture may come without the axis N.

    Args:
        in_channels: Channels that go in, at least 1.
        out_channels: Channels that come out, at least 1.
        kernel_size: Size of the kernel, at least 1; one number, or one for each axis.
        stride: How far apart neighbours lay their kernels, at least 1: by so much the map grows.
        padding: What is cut off from both ends of the output, from 0.
        output_padding: How much longer the output is at its far ends, from 0 to below the larger of stride
            and dilation.
        groups: Divides both numbers of channels.
        bias: Whether a learnt number is added to each map.
        dilation: Distance of neighbours within the kernel, at least 1.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x has other channels or the padding leaves nothing.

    Source:
        Zeiler, Krishnan, Taylor and Fergus 2010, Deconvolutional networks; Dumoulin and Visin 2016,
        arXiv 1603.07285.

    Example:
        >>> ConvTranspose2d(8, 3, 4, stride=2, padding=1)(torch.ones(1, 8, 16, 16)).shape
        torch.Size([1, 3, 32, 32])
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
            axes=2,
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
        """(N, C, H, W) to (N, O, H', W')."""
        transposed_fits(x, self, 2)
        return super().forward(x, output_size)

    def multiply_accumulates(self, output: torch.Tensor) -> int:
        """How many products are added up for one sample: every input times its kernel.

        Args:
            output: What came out.
        """
        return products(self, output)


CONCEPT = Concept(
    name="conv_transpose2d",
    kind="layer",
    summary="Every number of a map lays its kernel onto a larger map; where kernels overlap they add up.",
    build=ConvTranspose2d,
    aliases=("transposed_convolution", "deconvolution", "fractionally_strided_convolution"),
    equation=r"y_{n,o,u} = b_o + \sum_{c} \sum_{i,j:\, s i + d j - p = u} W_{c,o,j}\, x_{n,c,i}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,i}} = \sum_o \sum_j W_{c,o,j} "
        r"\frac{\partial L}{\partial y_{n,o,s i + d j - p}},\; "
        r"\frac{\partial L}{\partial W_{c,o,j}} = \sum_{n,i} "
        r"\frac{\partial L}{\partial y_{n,o,s i + d j - p}} x_{n,c,i},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_{n,u} \frac{\partial L}{\partial y_{n,o,u}}"
    ),
    symbols={
        "x": "inputs (N, in_channels, H, W)",
        "W": "kernels (in_channels, out_channels / groups, k, k)",
        "b": "biases (out_channels)",
        "u": "row and column in the output",
        "i": "row and column in the input",
        "j": "row and column in the kernel, 0 to k - 1",
        "s": "stride, from 1",
        "d": "dilation, from 1",
        "p": "what is cut off from the output's ends, from 0",
        "y": "outputs (N, out_channels, H', W')",
    },
    when="To grow maps with learnt weights: decoders, generators, segmentation.",
    pitfalls=(
        "Where the stride does not divide the kernel, some places get more overlaps than others: a "
        "checkerboard. Choose such as kernel 4 with stride 2, or upsample and convolve.",
        "It does not undo a convolution: its connections run the other way round, it is not the inverse.",
        "Padding makes the output smaller here.",
    ),
    conventions=(
        "Called deconvolution in papers of ZFNet and segmentation; in signal processing that word means the "
        "inverse.",
        "output_padding cuts less off the far end, or adds places that the bias alone reaches: it chooses "
        "among the sizes that a strided convolution brings to one (PyTorch). Keras's padding = 'same' gives "
        "n times s.",
        "The weight is stored as (in, out / groups, ...), the other way round than in a convolution.",
        "Output sizes: layers.sizes (transposed_size).",
    ),
    source=(
        "Zeiler, Krishnan, Taylor and Fergus 2010, Deconvolutional networks; Dumoulin and Visin 2016, "
        "arXiv 1603.07285."
    ),
    rule=TransposedConvolution.of,
    worked=worked_forward(
        ConvTranspose2d,
        TransposedConvolution.of,
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": [1, 3], "stride": 2},
        inputs={"x": [[[[1.0, 2.0]]]]},
        parameters={"weight": [[[[1.0, 0.5, -1.0]]]], "bias": [0.25]},
        at=(0, 0, 0, 2),
    ),
)
