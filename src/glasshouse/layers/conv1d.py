"""Convolution of series: a small kernel slides along time and adds up what it sees through its weights."""

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


class Conv1d(nn.Conv1d):
    r"""``torch.nn.Conv1d`` with causal and asymmetric padding, whose refusals show the arithmetic.

    .. math:: y_{n,o,i} = b_o + \sum_{c} \sum_{j=0}^{k-1} W_{o,c,j}\, x_{n,c,s i + d j - p}

    Shapes: x (N, in_channels, L), weight (out_channels, in_channels / groups, k), bias (out_channels), y
    (N, out_channels, L') with the size of :func:`~glasshouse.layers.sizes.convolution_size`. One series may
    come without the axis N.

    Args:
        in_channels: Channels that go in, at least 1.
        out_channels: Channels that come out, at least 1.
        kernel_size: Size of the kernel, at least 1.
        stride: Step of the kernel, at least 1.
        padding: ``"valid"`` (none), ``"same"`` (as many come out as go in; stride 1 only, an odd zero goes
            after), ``"causal"`` (all of it before, so that no output sees a later input),
            ``"tensorflow_same"`` (ceil(n / stride) come out), a number from 0, or a list with one pair
            (before, after).
        dilation: Distance of neighbours within the kernel, at least 1.
        groups: Divides both numbers of channels; each group of outputs sees its group of inputs.
        bias: Whether a learnt number is added to each output channel.
        padding_mode: What the padding is filled with: ``"zeros"``, ``"reflect"``, ``"replicate"`` or
            ``"circular"``.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x has other channels or the kernel is larger than the padded x.

    Source:
        Waibel, Hanazawa, Hinton, Shikano and Lang 1989, Phoneme recognition using time-delay neural networks.

    Example:
        >>> Conv1d(1, 4, 3, dilation=2, padding="causal")(torch.ones(1, 1, 20)).shape
        torch.Size([1, 4, 20])
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
            (in_channels, out_channels), kernel_size, stride, dilation, groups, padding, axes=1
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
        """(N, C, L) to (N, O, L')."""
        return super().forward(checked_and_padded(x, self, self.settings))

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return described(self, self.settings)


CONCEPT = Concept(
    name="conv1d",
    kind="layer",
    summary="A small kernel slides along a series; every output is what it sees, weighted and added up.",
    build=Conv1d,
    aliases=("convolution1d", "temporal_convolution", "causal_convolution"),
    equation=r"y_{n,o,i} = b_o + \sum_{c} \sum_{j=0}^{k-1} W_{o,c,j}\, x_{n,c,s i + d j - p}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,c,u}} = \sum_o \sum_{i,j:\, s i + d j - p = u} W_{o,c,j} "
        r"\frac{\partial L}{\partial y_{n,o,i}},\; "
        r"\frac{\partial L}{\partial W_{o,c,j}} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}} "
        r"x_{n,c,s i + d j - p},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}}"
    ),
    symbols={
        "x": "inputs (N, in_channels, L)",
        "W": "kernels (out_channels, in_channels / groups, k)",
        "b": "biases (out_channels)",
        "i": "place in the output",
        "j": "place in the kernel, 0 to k - 1",
        "s": "stride, from 1",
        "d": "dilation, from 1",
        "p": "padding before the input, from 0",
        "y": "outputs (N, out_channels, L')",
    },
    when="On series, sound and text, for patterns that may occur at any time.",
    pitfalls=(
        "In forecasting, padding on both sides lets an output see later inputs: use padding = 'causal'.",
        "It sees no further than its kernel; layers.receptive_fields shows how far a stack of them sees.",
        "Channels come before time: (N, C, L), where recurrent layers often take (N, L, C).",
    ),
    conventions=(
        "The kernel is not flipped: it is what mathematics and signal processing call a cross-correlation.",
        "padding = 'same' puts an odd zero after the input. PyTorch refuses it with a stride; TensorFlow and "
        "Keras give ceil(n / s) numbers and pad unevenly: that is 'tensorflow_same' here.",
        "padding = 'causal' is Keras's word; PyTorch has none for it and needs the padding before the layer.",
        "Output sizes: layers.sizes. How many numbers are learnt: layers.parameter_counts.",
    ),
    source=(
        "Waibel, Hanazawa, Hinton, Shikano and Lang 1989, Phoneme recognition using time-delay neural "
        "networks; van den Oord et al. 2016, WaveNet, arXiv 1609.03499 (causal, dilated)."
    ),
    rule=rule_of,
    worked=worked_forward(
        Conv1d,
        rule_of,
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": 3, "stride": 2},
        inputs={"x": [[[1.0, 2.0, 3.0, 4.0, 5.0]]]},
        parameters={"weight": [[[0.5, -1.0, 2.0]]], "bias": [0.1]},
        at=(0, 0, 1),
    ),
)
