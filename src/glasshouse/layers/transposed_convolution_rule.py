"""The rule of transposed convolutions: what a convolution does to gradients, done to inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, total
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.layers.convolution_padding import Amounts, padded, unpadded
from glasshouse.layers.convolution_rule import Convolution, Place
from glasshouse.layers.convolution_windows import fold, unfold
from glasshouse.layers.sizes import transposed_size


@dataclass(frozen=True)
class TransposedConvolution(Rule):
    """Every number of the input lays its kernel onto the output; where kernels overlap they add up.

    ``y[n, o, s i + d j - p] += W[c, o, j] x[n, c, i]`` for every ``c``, ``i`` and ``j``; then ``b[o]`` is
    added. It is the backward pass of a convolution with the same weight, and its backward pass is that
    convolution.

    Args:
        stride: Distance at which neighbours of the input lay their kernels, along each axis.
        padding: What is cut off from both ends of each axis of the output.
        dilation: Distance of neighbours within the kernel, along each axis.
        groups: Into how many groups the channels are divided.
        output_padding: How much longer the output is at its far end, along each axis.
    """

    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")
    stride: Place
    padding: Place
    dilation: Place
    groups: int = 1
    output_padding: Place = ()

    @property
    def twin(self) -> Convolution:
        """The convolution whose backward pass this is: it makes x out of y."""
        return Convolution(self.stride, self._cut, self.dilation, self.groups)

    @property
    def _cut(self) -> Amounts:
        return tuple((each, each) for each in self.padding)

    def forward(self, values: Tensors) -> Forward:
        """``W' x``, laid onto the output and added up."""
        weight, twin = values["weight"], self.twin
        x = values["x"] if twin.has_samples(values["x"]) else values["x"].unsqueeze(0)
        kernel, sizes = weight.shape[2:], x.shape[2:]
        grouped = x.reshape(len(x), self.groups, x.shape[1] // self.groups, math.prod(sizes))
        laid = (self._rows(weight).mT @ grouped).reshape(
            len(x), self.groups * weight.shape[1], *kernel, *sizes
        )
        whole = [size + 2 * cut for size, cut in zip(self._sizes(sizes, kernel), self.padding, strict=True)]
        y = unpadded(fold(laid, whole, self.stride, self.dilation), self._cut)
        if "bias" in values:
            y = y + values["bias"].reshape(-1, *(1 for _ in sizes))
        return Forward({"y": y if twin.has_samples(values["x"]) else y[0]}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = W columns of dy`` (a convolution), ``dW = x columns'``, ``db = sum of dy``."""
        weight, twin = saved["weight"], self.twin
        batched = twin.has_samples(saved["x"])
        x, dy = (t if batched else t.unsqueeze(0) for t in (saved["x"], gradients["y"]))
        windows = unfold(padded(dy, self._cut), weight.shape[2:], self.stride, self.dilation)
        # An output padding as long as the stride leaves room for windows that belong to no input.
        for axis, size in enumerate(x.shape[2:], start=windows.dim() - twin.axes):
            windows = windows.narrow(axis, 0, size)
        places = math.prod(x.shape[2:])
        columns = windows.reshape(len(x), self.groups, math.prod(weight.shape[1:]), places)
        grouped = x.reshape(len(x), self.groups, x.shape[1] // self.groups, places)
        result = {
            "x": (self._rows(weight) @ columns).reshape(saved["x"].shape),
            "weight": (grouped @ columns.mT).sum(0).reshape(weight.shape),
        }
        if "bias" in saved:
            result["bias"] = dy.sum([0, *range(2, dy.dim())])
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The inputs whose kernels reach this place, each times the weight that lies on it, plus the bias."""
        x, weight = saved["x"], saved["weight"]
        reach = self.twin.saw(self._shape(x, weight), weight.shape, x.shape, tuple(index))
        terms: list[Expression] = [leaf("weight", weight, by) * leaf("x", x, at) for at, by in reach]
        if "bias" in saved:
            terms.append(leaf("bias", saved["bias"], (index[-1 - self.twin.axes],)))
        return total(terms)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For x the places onto which it laid its kernel, for a weight all inputs, for a bias all outputs.

        What was cut off from the output has no gradient and is left out.
        """
        x, weight, dy, place = saved["x"], saved["weight"], gradients["y"], tuple(index)
        if name == "x":
            laid = self.twin.window(dy.shape, weight.shape, place)
            return total(
                [leaf("dy", dy, on) * leaf("weight", weight, by) for by, on in laid if on is not None]
            )
        if name == "weight":
            served = self.twin.served(dy.shape, weight.shape, x.shape, place)
            return total([leaf("dy", dy, on) * leaf("x", x, at) for at, on in served])
        return total([leaf("dy", dy, at) for at in self.twin.of_channel(dy.shape, place[0])])

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.ConvTranspose1d``, ``2d`` or ``3d``."""
        settings = (module.stride, module.padding, module.dilation, module.output_padding)
        stride, padding, dilation, output_padding = map(tuple, settings)
        parameters = {"weight": module.weight, "bias": module.bias}
        return cls(stride, padding, dilation, module.groups, output_padding), {
            name: tensor for name, tensor in parameters.items() if tensor is not None
        }

    def _rows(self, weight: torch.Tensor) -> torch.Tensor:
        """(G, C / G, O / G times kernel)."""
        return weight.reshape(self.groups, len(weight) // self.groups, math.prod(weight.shape[1:]))

    def _sizes(self, sizes: Sequence[int], kernel: Sequence[int]) -> list[int]:
        settings = zip(
            sizes, kernel, self.stride, self.padding, self.dilation, self.output_padding, strict=True
        )
        return [transposed_size(*each).size for each in settings]

    def _shape(self, x: torch.Tensor, weight: torch.Tensor) -> list[int]:
        axes = self.twin.axes
        sizes = self._sizes(x.shape[-axes:], weight.shape[2:])
        return [*x.shape[: -axes - 1], self.groups * weight.shape[1], *sizes]
