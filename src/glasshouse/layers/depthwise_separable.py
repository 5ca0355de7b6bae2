"""Depthwise separable convolution: every channel for itself in space, then the channels at every place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf, named
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, total
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.conv1d import Conv1d
from glasshouse.layers.conv2d import Conv2d
from glasshouse.layers.conv3d import Conv3d
from glasshouse.layers.convolution_padding import PaddingSetting
from glasshouse.layers.convolution_rule import Convolution, Place, rule_of
from glasshouse.layers.pooling_checks import LARGEST, Sizes

BY_DIMENSIONS: dict[int, type[Conv1d | Conv2d | Conv3d]] = {1: Conv1d, 2: Conv2d, 3: Conv3d}


class DepthwiseSeparable(nn.Module):
    r"""A depthwise convolution and a 1x1 convolution, with nothing between them.

    .. math::
        h_{n,c,i} = \sum_{j} D_{c,j}\, x_{n,c,s i + j - p}, \quad
        y_{n,o,i} = b_o + \sum_c P_{o,c}\, h_{n,c,i}

    Shapes: x (N, in_channels, H, W), depthwise weight D (in_channels, 1, k, k), pointwise weight P
    (out_channels, in_channels, 1, 1), bias b (out_channels), y (N, out_channels, H', W') with the sizes of
    :func:`~glasshouse.layers.sizes.convolution_size`; with other ``dimensions`` as many axes fewer or more.

    Args:
        in_channels: Channels that go in, at least 1.
        out_channels: Channels that come out, at least 1.
        kernel_size: Size of the depthwise kernel, at least 1.
        stride: Step of the depthwise kernel, at least 1.
        padding: Of the depthwise part, as in :class:`~glasshouse.layers.conv2d.Conv2d`.
        bias: Whether a learnt number is added to each map that comes out (the depthwise part has none).
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x has other channels or the kernel is larger than the padded x.

    Source:
        Sifre 2014, Rigid-motion scattering for image classification; Chollet 2016, Xception,
        arXiv 1610.02357; Howard et al. 2017, MobileNets, arXiv 1704.04861.

    Example:
        >>> layer = DepthwiseSeparable(32, 64, padding="same", bias=False)
        >>> sum(each.numel() for each in layer.parameters()), 32 * 9 + 32 * 64, 32 * 64 * 9
        (2336, 2336, 18432)
        >>> layer(torch.ones(1, 32, 8, 8)).shape
        torch.Size([1, 64, 8, 8])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes = 3,
        stride: Sizes = 1,
        padding: PaddingSetting = 0,
        bias: bool = True,
        dimensions: int = 2,
    ) -> None:
        super().__init__()
        kind = BY_DIMENSIONS[whole_number("dimensions", dimensions, at_least=1, at_most=LARGEST)]
        self.depthwise = kind(
            in_channels, in_channels, kernel_size, stride, padding, groups=in_channels, bias=False
        )
        self.pointwise = kind(in_channels, out_channels, 1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, O, H', W')."""
        y: torch.Tensor = self.pointwise(self.depthwise(x))
        return y


@dataclass(frozen=True)
class DepthwiseSeparableRule(Rule):
    """Two convolutions in a row; what lies between them is called h.

    Args:
        depthwise: The rule of the first: as many groups as channels.
        pointwise: The rule of the second: a kernel of one place.
    """

    parameters: ClassVar[tuple[str, ...]] = ("depthwise", "pointwise", "bias")
    depthwise: Convolution
    pointwise: Convolution

    def forward(self, values: Tensors) -> Forward:
        """``h = D x`` channel by channel, ``y = P h + b`` place by place."""
        first = self.depthwise.forward(self._first(values))
        h = first.outputs["y"]
        second = self.pointwise.forward(self._second({**values, "h": h}))
        return Forward(second.outputs, {**values, "h": h})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Back through the second, then through the first."""
        second = self.pointwise.backward(self._second(saved), gradients)
        first = self.depthwise.backward(self._first(saved), {"y": second["x"]})
        result = {"x": first["x"], "depthwise": first["weight"], "pointwise": second["weight"]}
        return {**result, "bias": second["bias"]} if "bias" in second else result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The channels of h at that place, each worked out from its window, times the pointwise weights."""
        h, pointwise = saved["h"], saved["pointwise"]
        terms: list[Expression] = []
        for by, at in self.pointwise.window(h.shape, pointwise.shape, tuple(index)):
            if at is not None:  # a kernel of one place needs no padding
                terms.append(leaf("pointwise", pointwise, by) * self._channel(saved, at))
        if "bias" in saved:
            terms.append(leaf("bias", saved["bias"], (index[-1 - self.pointwise.axes],)))
        return total(terms)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For x and the depthwise weights through ``dh``; for the others as in a 1x1 convolution."""
        x, depthwise, h, dy, place = saved["x"], saved["depthwise"], saved["h"], gradients["y"], tuple(index)
        if name == "bias":
            return total([leaf("dy", dy, at) for at in self.pointwise.of_channel(dy.shape, place[0])])
        if name == "pointwise":
            met = self.pointwise.served(h.shape, saved["pointwise"].shape, dy.shape, place)
            return total([leaf("dy", dy, at) * leaf("h", h, seen) for at, seen in met])
        if name == "x":
            saw = self.depthwise.saw(x.shape, depthwise.shape, h.shape, place)
            return total([self._gradient(saved, dy, at) * leaf("depthwise", depthwise, by) for at, by in saw])
        served = self.depthwise.served(x.shape, depthwise.shape, h.shape, place)
        return total([self._gradient(saved, dy, at) * leaf("x", x, seen) for at, seen in served])

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a :class:`DepthwiseSeparable`."""
        depthwise, first = rule_of(module.depthwise)
        pointwise, second = rule_of(module.pointwise)
        parameters = {"depthwise": first["weight"], "pointwise": second["weight"]}
        return cls(depthwise, pointwise), {
            **parameters,
            **({"bias": second["bias"]} if "bias" in second else {}),
        }

    def _first(self, values: Tensors) -> dict[str, torch.Tensor]:
        return {"x": values["x"], "weight": values["depthwise"]}

    def _second(self, values: Tensors) -> dict[str, torch.Tensor]:
        named_so = {"x": values["h"], "weight": values["pointwise"]}
        return {**named_so, "bias": values["bias"]} if "bias" in values else named_so

    def _channel(self, saved: Tensors, at: Place) -> Expression:
        seen = self.depthwise.window(saved["x"].shape, saved["depthwise"].shape, at)
        x, weight = saved["x"], saved["depthwise"]
        terms = [leaf("depthwise", weight, by) * self.depthwise.number(x, place) for by, place in seen]
        channel: Expression = named("h", total(terms), at)
        return channel

    def _gradient(self, saved: Tensors, dy: torch.Tensor, at: Place) -> Expression:
        weight = saved["pointwise"]
        saw = self.pointwise.saw(saved["h"].shape, weight.shape, dy.shape, at)
        terms = [leaf("dy", dy, on) * leaf("pointwise", weight, by) for on, by in saw]
        gradient: Expression = named("dh", total(terms), at)
        return gradient


CONCEPT = Concept(
    name="depthwise_separable",
    kind="layer",
    summary="Every channel is convolved for itself, then a 1x1 convolution mixes the channels.",
    build=DepthwiseSeparable,
    aliases=("depthwise_separable_convolution", "separable_convolution", "depthwise_convolution"),
    equation=(
        r"h_{n,c,i} = \sum_{j} D_{c,j}\, x_{n,c,s i + j - p},\; "
        r"y_{n,o,i} = b_o + \sum_c P_{o,c}\, h_{n,c,i}"
    ),
    derivative=(
        r"\frac{\partial L}{\partial h_{n,c,i}} = \sum_o P_{o,c} \frac{\partial L}{\partial y_{n,o,i}},\; "
        r"\frac{\partial L}{\partial P_{o,c}} = \sum_{n,i} \frac{\partial L}{\partial y_{n,o,i}} "
        r"h_{n,c,i},\; \frac{\partial L}{\partial D_{c,j}} = \sum_{n,i} "
        r"\frac{\partial L}{\partial h_{n,c,i}} x_{n,c,s i + j - p}"
    ),
    symbols={
        "x": "inputs (N, in_channels, H, W)",
        "D": "depthwise kernels (in_channels, 1, k, k): one for each channel",
        "h": "what they make (N, in_channels, H', W')",
        "P": "pointwise weights (out_channels, in_channels, 1, 1)",
        "b": "biases (out_channels)",
        "i": "row and column in the output",
        "j": "row and column in the kernel, 0 to k - 1",
        "s": "stride, from 1",
        "p": "padding before the input, from 0",
        "y": "feature maps (N, out_channels, H', W')",
    },
    when="Where few weights and few multiplications matter: phones, small devices, many channels.",
    pitfalls=(
        "It has C (k² + O) weights instead of C O k²: with 3 x 3 kernels and many maps 8 to 9 times fewer, "
        "and it can do less.",
        "Fewer multiplications need not be faster: depthwise kernels wait for memory.",
    ),
    conventions=(
        "Nothing stands between the two parts here, as in Keras's SeparableConv2D and Xception; MobileNet "
        "puts batch normalization and ReLU after each of them (the network does that).",
        "Weights are counted by layers.parameter_counts, sizes by layers.sizes.",
    ),
    source=(
        "Sifre 2014, Rigid-motion scattering for image classification; Chollet 2016, Xception, "
        "arXiv 1610.02357; Howard et al. 2017, MobileNets, arXiv 1704.04861."
    ),
    rule=DepthwiseSeparableRule.of,
    worked=worked_forward(
        DepthwiseSeparable,
        DepthwiseSeparableRule.of,
        settings={"in_channels": 2, "out_channels": 1, "kernel_size": [1, 2], "padding": "valid"},
        inputs={"x": [[[[1.0, 2.0]], [[3.0, 4.0]]]]},
        parameters={
            "depthwise": [[[[1.0, 0.5]]], [[[-1.0, 2.0]]]],
            "pointwise": [[[[2.0]], [[0.1]]]],
            "bias": [0.25],
        },
        at=(0, 0, 0, 0),
    ),
)
