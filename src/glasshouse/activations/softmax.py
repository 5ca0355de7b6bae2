"""Softmax: numbers become shares of 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import exp, leaf, named
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.expression import Expression, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward


class Softmax(nn.Softmax):
    r"""Numbers become shares of 1; the largest takes most.

    .. math:: y_i = \frac{e^{x_i / T}}{\sum_j e^{x_j / T}}

    Shapes: any shape in, the same shape out; the shares along ``axis`` add up to 1.

    Args:
        temperature: T, above 0. Below 1 the largest takes more, above 1 the shares come closer together.
        axis: The axis along which the shares add up; 1 for pictures (N, C, H, W).

    Raises:
        SettingError: ``temperature`` is not above 0, or ``axis`` no whole number.

    Source:
        Bridle 1990, Probabilistic interpretation of feedforward classification network outputs; with a
        temperature Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network.

    Example:
        >>> [round(y, 4) for y in Softmax()(torch.tensor([2.0, 1.0, 0.1])).tolist()]
        [0.659, 0.2424, 0.0986]
    """

    def __init__(self, temperature: float = 1.0, axis: int = -1) -> None:
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise SettingError(
                f"axis = {axis!r}", expected="a whole number", fix="-1 takes the last axis, 1 the channels"
            )
        super().__init__(dim=axis)
        self.temperature = number("temperature", temperature, above=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        return super().forward(x if self.temperature == 1 else x / self.temperature)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"temperature={self.temperature:.5g}, axis={self.dim}"


@dataclass(frozen=True)
class SoftmaxRule(Rule):
    """``y = e^(x / T)`` over its sum along one axis.

    The largest number is taken off first, which changes no share and keeps the exponentials finite.

    Args:
        temperature: T.
        axis: The axis along which the shares add up.
    """

    temperature: float
    axis: int

    def forward(self, values: Tensors) -> Forward:
        """Exponentials over their sum."""
        x = values["x"]
        largest = x.amax(self.axis, keepdim=True) if x.numel() else x
        e = torch.exp((x - largest) / self.temperature)
        y = e / e.sum(self.axis, keepdim=True)
        return Forward({"y": y}, {**values, "y": y})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = y (dy - sum of dy y) / T``."""
        y, dy = saved["y"], gradients["y"]
        return {"x": y * (dy - (dy * y).sum(self.axis, keepdim=True)) / self.temperature}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """Its exponential over the sum of all."""
        x = saved["x"]
        along = self._along(x, index)
        largest = max(float(x[place]) for place in along)
        # Where e^x itself would overflow (or all vanish), the largest is taken off as in the forward pass.
        shift = largest if abs(largest) / self.temperature > 700 else 0.0

        def power(place: tuple[int, ...]) -> Any:
            number: Any = leaf("x", x, place)
            if shift:
                number = number - Number(shift, "max")
            return exp(number if self.temperature == 1 else number / self.temperature)

        return wrap(power(tuple(index)) / total([power(place) for place in along]))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """Its share times what its gradient is above the mean gradient."""
        place, dy = tuple(index), gradients["y"]
        share = {at: named("y", self.expand(saved, "y", at), at) for at in self._along(saved["x"], place)}
        mean = named("mean", total([leaf("dy", dy, at) * share[at] for at in share]))
        result = share[place] * (leaf("dy", dy, place) - mean)
        return wrap(result if self.temperature == 1 else result / self.temperature)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.Softmax`` with an axis, or ours."""
        return cls(getattr(module, "temperature", 1.0), module.dim), {}

    def _along(self, x: torch.Tensor, index: Sequence[int]) -> list[tuple[int, ...]]:
        axis = self.axis % x.dim()
        return [(*index[:axis], each, *index[axis + 1 :]) for each in range(x.shape[axis])]


CONCEPT = Concept(
    name="softmax",
    kind="activation",
    summary="Turns numbers into shares of 1, of which the largest number takes most.",
    build=Softmax,
    aliases=("normalized_exponential",),
    equation=r"y_i = \frac{e^{x_i / T}}{\sum_j e^{x_j / T}}",
    derivative=r"\frac{\partial y_i}{\partial x_j} = \frac{1}{T} y_i ([i = j] - y_j)",
    symbols={
        "x": "one number for each class",
        "y": "one share for each class, from 0 to 1; together 1",
        "T": "temperature, above 0; 1 unless set",
    },
    when="On the output of a classifier, and for the weights of attention.",
    pitfalls=(
        "Cross-entropy from logits contains it: with both, it is applied twice and learning stalls.",
        "Large shares are not certainty: calibrate them before they are trusted.",
        "Between hidden layers it makes all units compete and passes little gradient.",
    ),
    conventions=("The largest number is taken off before the exponential, here as in every library.",),
    source="Bridle 1990; with a temperature Hinton, Vinyals and Dean 2015, arXiv 1503.02531.",
    facts={"initializer": "glorot_uniform"},
    rule=SoftmaxRule.of,
    worked=worked_forward(Softmax, SoftmaxRule.of, inputs={"x": [2.0, 1.0, 0.1]}, at=(0,)),
)
