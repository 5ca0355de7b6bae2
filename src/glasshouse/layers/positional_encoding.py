"""Positional encoding: sines and cosines tell a network without recurrence where in a sequence it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import Function, leaf, named
from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, Number, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.recurrent_checks import check_input

sine = Function(torch.sin, math.sin, "sin({0})", r"\sin\left({0}\right)")
cosine = Function(torch.cos, math.cos, "cos({0})", r"\cos\left({0}\right)")


class PositionalEncoding(nn.Module):
    r"""Adds fixed waves to the numbers of each step, one pair of features for each wavelength.

    .. math::
        y_{t,2i} = x_{t,2i} + \sin\!\left(\frac{t}{B^{2i/D}}\right), \quad
        y_{t,2i+1} = x_{t,2i+1} + \cos\!\left(\frac{t}{B^{2i/D}}\right)

    Wavelengths grow from 2 pi to nearly 2 pi B. The encoding of step t + k is a rotation of that of step t,
    by angles that depend on k alone.

    Shapes: x (N, T, D) or (T, D), with ``batch_first=False`` (T, N, D); y like x.

    Args:
        num_features: Numbers per step, D, at least 1.
        base: B, above 1.
        batch_first: Whether the batch is the first axis.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: x has another width.

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.

    Example:
        >>> PositionalEncoding(2)(torch.zeros(3, 2, dtype=torch.float64)).round(decimals=4).tolist()
        [[0.0, 1.0], [0.8415, 0.5403], [0.9093, -0.4161]]
    """

    def __init__(self, num_features: int, base: float = 10000.0, batch_first: bool = True) -> None:
        super().__init__()
        self.num_features = whole_number("num_features", num_features, at_least=1)
        self.base = number("base", base, above=1)
        self.batch_first = batch_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The waves are added."""
        check_input("x", x, self.num_features)
        time_first = x.dim() == 3 and not self.batch_first
        waves = positional_waves(x.shape[0 if time_first else -2], self.num_features, self.base).to(x)
        return x + (waves.unsqueeze(1) if time_first else waves)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"{self.num_features}, base={self.base:g}, batch_first={self.batch_first}"


def positional_waves(steps: int, num_features: int, base: float = 10000.0) -> torch.Tensor:
    """The encoding itself.

    Args:
        steps: How many steps, T.
        num_features: Numbers per step, D.
        base: B.

    Returns:
        (T, D) in float64: with longer sequences the angles need the digits.

    Example:
        >>> positional_waves(2, 4)[1].round(decimals=4).tolist()
        [0.8415, 0.5403, 0.01, 1.0]
    """
    pair = torch.arange(num_features) // 2
    t = torch.arange(steps, dtype=torch.float64).unsqueeze(1)
    angle = t / base ** (2 * pair.double() / num_features)
    return torch.where(torch.arange(num_features) % 2 == 0, torch.sin(angle), torch.cos(angle))


@dataclass(frozen=True)
class PositionalEncodingRule(Rule):
    """``y = x + sin`` or ``x + cos``; the gradient passes unchanged.

    Args:
        base: B.
        batch_first: Whether the batch is the first axis.
    """

    base: float
    batch_first: bool

    def forward(self, values: Tensors) -> Forward:
        """The waves, number by number."""
        x = values["x"]
        axis = self._axis(x)
        t = torch.arange(x.shape[axis], dtype=torch.float64, device=x.device)
        waves = [self._wave(t, j, x.shape[-1]) for j in range(x.shape[-1])]
        beside = torch.stack(waves, -1).to(x.dtype)
        return Forward(
            {"y": x + (beside.unsqueeze(1) if axis == 0 and x.dim() == 3 else beside)}, dict(values)
        )

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dx = dy``."""
        return {"x": gradients["y"].clone()}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The number and its wave."""
        x, place = saved["x"], tuple(index)
        t = Number(place[self._axis(x)], "t")
        wave = named("wave", self._wave(t, place[-1], x.shape[-1]), (int(t.value), place[-1]))
        return wrap(leaf("x", x, place) + wave)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradient as it comes."""
        return leaf("dy", gradients["y"], index)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a :class:`PositionalEncoding`."""
        return cls(module.base, module.batch_first), {}

    def _axis(self, x: torch.Tensor) -> int:
        return 0 if x.dim() == 2 or not self.batch_first else 1

    def _wave(self, t: Any, feature: int, num_features: int) -> Any:
        share = (feature - feature % 2) / num_features
        # An expression shows the power; a tensor divides by its value.
        slower = self.base**share if isinstance(t, torch.Tensor) else wrap(self.base) ** share
        over = t / slower if share else t
        return cosine(over) if feature % 2 else sine(over)


CONCEPT = Concept(
    name="positional_encoding",
    kind="layer",
    summary="Adds sines and cosines of the step's number, so that order can be seen.",
    build=PositionalEncoding,
    aliases=("sinusoidal_positional_encoding",),
    equation=(
        r"y_{t,2i} = x_{t,2i} + \sin\!\left(t / B^{2i/D}\right),\; "
        r"y_{t,2i+1} = x_{t,2i+1} + \cos\!\left(t / B^{2i/D}\right)"
    ),
    derivative=r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}",
    symbols={
        "x": "numbers of each step (N, T, D)",
        "t": "step, from 0",
        "i": "pair of features, from 0",
        "B": "base, 10000",
        "D": "numbers per step",
    },
    when="Before attention, which knows no order.",
    pitfalls=(
        "The waves reach from -1 to 1: where embeddings are small, scale these (the paper multiplies them by "
        "the root of D).",
        "Beyond the lengths seen in training it is defined, but the network need not understand it.",
        "With batch_first = False the first axis is time: the wrong setting encodes the place in the batch.",
    ),
    conventions=(
        "Sine and cosine alternate, as in the paper; some programs put all sines before all cosines.",
        "Steps are counted from 0.",
        "An odd number of features ends with a sine.",
    ),
    source="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.",
    rule=PositionalEncodingRule.of,
    worked=worked_forward(
        PositionalEncoding,
        PositionalEncodingRule.of,
        settings={"num_features": 4},
        inputs={"x": [[0.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]]},
        at=(1, 2),
    ),
)
