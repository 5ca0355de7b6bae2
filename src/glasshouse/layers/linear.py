"""Linear layer: every output is a weighted sum of all inputs, plus a bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, total
from glasshouse.core.rule import Forward, Rule, Tensors, places
from glasshouse.core.worked import worked_forward


def linear(in_features: int, out_features: int, bias: bool = True) -> nn.Linear:
    r"""A fully connected layer.

    .. math:: y_{no} = \sum_i x_{ni} W_{oi} + b_o

    Shapes: x (..., in_features), W (out_features, in_features), b (out_features), y (..., out_features).

    Args:
        in_features: Numbers per sample that go in, at least 1.
        out_features: Numbers per sample that come out, at least 1.
        bias: Whether a learnt number is added to each output.

    Raises:
        SettingError: A size is not a whole number from 1.

    Source:
        McCulloch and Pitts 1943; Rosenblatt 1958, The perceptron.

    Example:
        >>> linear(3, 2)(torch.ones(5, 3)).shape
        torch.Size([5, 2])
    """
    whole_number("in_features", in_features, at_least=1)
    whole_number("out_features", out_features, at_least=1)
    return nn.Linear(in_features, out_features, bias)


@dataclass(frozen=True)
class LinearRule(Rule):
    """``y = x W' + b``, for one layer or for a population of them.

    A population has a leading axis K on everything: x (K, N, I), weight (K, O, I), bias (K, O), y (K, N, O).
    """

    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")

    def forward(self, values: Tensors) -> Forward:
        """``y = x W' + b``."""
        x, weight = values["x"], values["weight"]
        y = x @ weight.mT
        if "bias" in values:
            y = y + _beside(values["bias"], weight)
        return Forward({"y": y}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = dy W``, ``dW = dy' x``, ``db = sum of dy over the samples``."""
        x, weight, dy = saved["x"], saved["weight"], gradients["y"]
        result = {"x": dy @ weight}
        if weight.dim() == 2:  # without a population every leading axis of x counts samples
            x, dy = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        result["weight"] = dy.mT @ x
        if "bias" in saved:
            result["bias"] = dy.sum(-2)
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The inputs of that sample times the weights of that unit, added up, plus the bias."""
        x, weight = saved["x"], saved["weight"]
        *sample, unit = index
        member = sample[:1] if weight.dim() == 3 else []
        terms: list[Expression] = [
            leaf("weight", weight, (*member, unit, i)) * leaf("x", x, (*sample, i))
            for i in range(x.shape[-1])
        ]
        if "bias" in saved:
            terms.append(leaf("bias", saved["bias"], (*member, unit)))
        return total(terms)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For an input the units that it feeds, for a weight the samples that it served."""
        x, weight, dy = saved["x"], saved["weight"], gradients["y"]
        if name == "x":
            *sample, i = index
            member = sample[:1] if weight.dim() == 3 else []
            return total(
                [
                    leaf("dy", dy, (*sample, o)) * leaf("weight", weight, (*member, o, i))
                    for o in range(dy.shape[-1])
                ]
            )
        member = list(index[:1]) if weight.dim() == 3 else []
        unit = index[len(member)]
        samples = [(*member, *place) for place in places(x.shape[len(member) : -1])]
        if name == "bias":
            return total([leaf("dy", dy, (*sample, unit)) for sample in samples])
        i = index[-1]
        return total([leaf("dy", dy, (*sample, unit)) * leaf("x", x, (*sample, i)) for sample in samples])

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.Linear``."""
        parameters = {"weight": module.weight}
        if module.bias is not None:
            parameters["bias"] = module.bias
        return cls(), parameters


def _beside(bias: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """One bias for all samples: with a population, its axis comes before the samples."""
    return bias.unsqueeze(-2) if weight.dim() == 3 else bias


CONCEPT = Concept(
    name="linear",
    kind="layer",
    summary="Every output is a weighted sum of all inputs, plus a bias.",
    build=linear,
    aliases=("dense", "fully_connected", "affine"),
    equation=r"y_o = \sum_i W_{oi} x_i + b_o",
    derivative=(
        r"\frac{\partial L}{\partial x_i} = \sum_o W_{oi} \frac{\partial L}{\partial y_o},\; "
        r"\frac{\partial L}{\partial W_{oi}} = \sum_n \frac{\partial L}{\partial y_{no}} x_{ni},\; "
        r"\frac{\partial L}{\partial b_o} = \sum_n \frac{\partial L}{\partial y_{no}}"
    ),
    symbols={
        "x": "inputs (N, in_features)",
        "W": "weights (out_features, in_features): one row for each unit",
        "b": "biases (out_features)",
        "y": "outputs (N, out_features)",
    },
    when="On tables, and as the last layers of nearly every network.",
    pitfalls=(
        "Without an activation between them, two linear layers are one.",
        "It has in_features x out_features weights: on a large picture that is most of the network.",
    ),
    conventions=("PyTorch stores one row per unit and computes x W'; Keras stores one column per unit.",),
    source="McCulloch and Pitts 1943; Rosenblatt 1958, The perceptron.",
    rule=LinearRule.of,
    worked=worked_forward(
        linear,
        LinearRule.of,
        settings={"in_features": 3, "out_features": 1},
        inputs={"x": [[0.8, 0.6, 0.4]]},
        parameters={"weight": [[0.1, 0.3, -0.2]], "bias": [0.35]},
        at=(0, 0),
    ),
)
