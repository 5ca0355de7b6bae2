"""Readers of activation functions: the rules are those of ``glasshouse.activations``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS, Sigmoid, Softmax, Swish
from glasshouse.core import arithmetic as a
from glasshouse.core.arithmetic import choose, leaf, named
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.explain.operations.layer_calls import by_card
from glasshouse.explain.operations.plain import one, reading
from glasshouse.explain.operations.reduction import Reduction
from glasshouse.explain.reading import Call, Reader, Reading


def activation(name: str, build: Callable[..., Any]) -> Reader:
    """The reader of an activation through the module with its settings.

    Args:
        name: The concept's name.
        build: Makes the module out of the settings of the call.
    """

    def reader(call: Call, input: torch.Tensor, *settings: Any, **keywords: Any) -> Reading | None:
        keywords = {key: each for key, each in keywords.items() if key != "inplace" and each is not None}
        return by_card(ACTIVATIONS, name, build(*settings, **keywords), x=input)

    return reader


def prelu(call: Call, input: torch.Tensor, weight: torch.Tensor) -> Reading | None:
    """The leaky ReLU whose slope is learnt."""
    return by_card(ACTIVATIONS, "prelu", nn.PReLU(weight.numel()), x=input, a=weight)


def softmax(
    call: Call, input: torch.Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Reading | None:
    """Shares along one axis."""
    if dim is None or dtype is not None or not input.dim():
        return None
    return by_card(ACTIVATIONS, "softmax", Softmax(axis=dim), x=input)


@dataclass(frozen=True)
class LogSoftmax(Rule):
    """``y = x - ln(sum of e^x)`` along one axis.

    Args:
        axis: The axis.
    """

    axis: int

    def forward(self, values: Tensors) -> Forward:
        """The logarithm of the softmax, without overflow."""
        y = torch.log_softmax(values["x"], self.axis)
        return Forward({"y": y}, {**values, "y": y})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = dy - softmax(x) sum of dy``."""
        dy = gradients["y"]
        return {"x": dy - torch.exp(saved["y"]) * dy.sum(self.axis, keepdim=True)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The number less the logarithm of all."""
        own = leaf("x", saved["x"], index)
        normalizer = Reduction("log_sum_exp", (self.axis,), True).expand(
            saved, "y", self._group(saved["x"], index)
        )
        return wrap(own - normalizer)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """Its gradient less its share of the sum of all."""
        dy, place = gradients["y"], tuple(index)
        along = [(*place[: self.axis], each, *place[self.axis + 1 :]) for each in range(dy.shape[self.axis])]
        share = named("p", a.exp(leaf("y", saved["y"], place)), place)
        return wrap(leaf("dy", dy, place) - share * total([leaf("dy", dy, at) for at in along]))

    def _group(self, x: torch.Tensor, index: Sequence[int]) -> tuple[int, ...]:
        return tuple(0 if axis == self.axis else at for axis, at in enumerate(index))


def log_softmax(
    call: Call, input: torch.Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Reading | None:
    """Logarithms of shares along one axis."""
    if dim is None or dtype is not None or not input.dim():
        return None
    return Reading(LogSoftmax(dim % input.dim()), {"x": input}, formula=r"y_i = x_i - \ln \sum_j e^{x_j}")


def threshold(call: Call, input: torch.Tensor, threshold: float, value: float, inplace: bool = False) -> Any:
    """X above the threshold, a constant below."""
    return reading(
        lambda x, bend, below: choose(x > bend, x, below),
        {"x": lambda x, bend: choose(x > bend, 1.0, 0.0)},
        r"y = x \text{ if } x > \theta \text{ else } v",
        x=input,
        bend=threshold,
        below=value,
    )


def hardsigmoid(call: Call, input: torch.Tensor, inplace: bool = False) -> Reading:
    """Three straight lines; PyTorch's kernel has the slope 1/6 in float32, whatever the type of x."""
    sixth = float(torch.tensor(1 / 6, dtype=torch.float32))
    return reading(
        lambda x: choose(x < -3, 0.0, choose(x > 3, 1.0, x / 6 + 0.5)),
        {"x": lambda x, sixth: choose(x > -3, choose(x < 3, sixth, 0.0), 0.0)},
        ACTIVATIONS["hard_sigmoid"].equation,
        x=input,
        sixth=sixth,
    )


def celu(call: Call, input: torch.Tensor, alpha: float = 1.0, inplace: bool = False) -> Reading:
    """The exponential linear unit with a continuous slope.

    PyTorch's backward pass takes alpha in float32 where it divides by it, whatever the type of x.
    """
    rounded = float(torch.tensor(alpha, dtype=torch.float32))
    return reading(
        lambda x, alpha: choose(x > 0, x, alpha * (a.exp(x / alpha) - 1)),
        {"x": lambda x, alpha, rounded: choose(x > 0, 1.0, alpha / rounded * a.exp(x / rounded))},
        r"y = \max(0, x) + \min(0, \alpha (e^{x / \alpha} - 1))",
        x=input,
        alpha=alpha,
        rounded=rounded,
    )


def softshrink(call: Call, input: torch.Tensor, lambd: float = 0.5) -> Reading:
    """X moved towards 0, and 0 in between."""
    return reading(
        lambda x, bend: choose(x > bend, x - bend, choose(x < -bend, x + bend, 0.0)),
        {"x": lambda x, bend: choose(x > bend, 1.0, choose(x < -bend, 1.0, 0.0))},
        r"y = \operatorname{sign}(x) \max(|x| - \lambda, 0)",
        x=input,
        bend=lambd,
    )


def hardshrink(call: Call, input: torch.Tensor, lambd: float = 0.5) -> Reading:
    """X where it is far enough from 0, else 0."""
    return reading(
        lambda x, bend: choose(a.absolute(x) > bend, x, 0.0),
        {"x": lambda x, bend: choose(a.absolute(x) > bend, 1.0, 0.0)},
        r"y = x \text{ if } |x| > \lambda \text{ else } 0",
        x=input,
        bend=lambd,
    )


def _gelu(approximate: str = "none") -> nn.GELU:
    return nn.GELU(approximate)


ACTIVATION_CALLS: dict[str, Reader] = {
    "relu": activation("relu", nn.ReLU),
    "relu6": activation("relu6", nn.ReLU6),
    "sigmoid": activation("sigmoid", Sigmoid),
    "tanh": activation("tanh", nn.Tanh),
    "leaky_relu": activation("leaky_relu", nn.LeakyReLU),
    "elu": activation("elu", nn.ELU),
    "selu": activation("selu", nn.SELU),
    "gelu": activation("gelu", _gelu),
    "silu": activation("swish", Swish),
    "mish": activation("mish", nn.Mish),
    "softplus": activation("softplus", nn.Softplus),
    "softsign": activation("softsign", nn.Softsign),
    "hardtanh": activation("hard_tanh", nn.Hardtanh),
    "hardsigmoid": hardsigmoid,
    "hardswish": activation("hard_swish", nn.Hardswish),
    "prelu": prelu,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "threshold": threshold,
    "celu": celu,
    "softshrink": softshrink,
    "hardshrink": hardshrink,
    "logsigmoid": one(lambda x: -a.softplus(-x), lambda x: 1 - a.sigmoid(x), r"y = \ln \frac{1}{1 + e^{-x}}"),
    "log_sigmoid": one(
        lambda x: -a.softplus(-x), lambda x: 1 - a.sigmoid(x), r"y = \ln \frac{1}{1 + e^{-x}}"
    ),
    "tanhshrink": one(lambda x: x - a.tanh(x), lambda x: a.tanh(x) ** 2, r"y = x - \tanh x"),
}
"""The reader of each activation function, by its name."""
