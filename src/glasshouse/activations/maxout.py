"""Maxout: a unit gives the largest of several weighted sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf, maximum
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression, Number, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward


class Maxout(nn.Module):
    r"""The largest of every group of neighbouring channels.

    .. math:: y_c = \max_{0 \le j < k} x_{k c + j}

    With the layer before it, each unit has k weighted sums and learns its own convex activation.

    Shapes: x (N, k C, ...), y (N, C, ...).

    Args:
        pieces: k, how many weighted sums a unit has, at least 1.

    Raises:
        SettingError: ``pieces`` is not a whole number from 1.
        ModelError: In the forward pass, when the channels don't fall into groups of that size.

    Source:
        Goodfellow, Warde-Farley, Mirza, Courville and Bengio 2013, Maxout networks, arXiv 1302.4389.

    Example:
        >>> Maxout(2)(torch.tensor([[1.0, 4.0, -3.0, -5.0]])).tolist()
        [[4.0, -3.0]]
    """

    def __init__(self, pieces: int = 2) -> None:
        super().__init__()
        self.pieces = whole_number("pieces", pieces, at_least=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, k C, ...) to (N, C, ...)."""
        if x.dim() < 2 or x.shape[1] % self.pieces:
            raise ModelError(
                f"Maxout({self.pieces}) received x of shape {tuple(x.shape)}",
                expected=f"(N, channels, ...) with channels in groups of {self.pieces}",
                fix=f"give the layer before it {self.pieces} times as many outputs as units are wanted",
            )
        groups = x.reshape(x.shape[0], x.shape[1] // self.pieces, self.pieces, *x.shape[2:])
        return groups.max(dim=2).values

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"pieces={self.pieces}"


@dataclass(frozen=True)
class MaxoutRule(Rule):
    """The largest of every group.

    Args:
        pieces: Size of a group.
    """

    pieces: int

    def forward(self, values: Tensors) -> Forward:
        """The largest of each group."""
        return Forward({"y": self._groups(values["x"]).amax(2)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The whole gradient goes to the first of the largest."""
        groups = self._groups(saved["x"])
        back = torch.zeros_like(groups)
        if groups.numel():
            back = back.scatter(2, groups.argmax(2, keepdim=True), gradients["y"].unsqueeze(2))
        return {"x": back.reshape(saved["x"].shape)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The numbers of the group."""
        group = self._group(index)
        numbers = [leaf("x", saved["x"], place) for place in group]
        return wrap(maximum(*numbers)) if len(numbers) > 1 else numbers[0]

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradient of the unit for its winner, 0 for the others."""
        sample, channel, *rest = index
        unit = (sample, channel // self.pieces, *rest)
        winner = max(self._group(unit), key=lambda place: float(saved["x"][place]))
        return leaf("dy", gradients["y"], unit) if winner == tuple(index) else Number(0.0)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a :class:`Maxout`."""
        return cls(module.pieces), {}

    def _groups(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], x.shape[1] // self.pieces, self.pieces, *x.shape[2:])

    def _group(self, unit: Sequence[int]) -> list[tuple[int, ...]]:
        sample, channel, *rest = unit
        return [(sample, channel * self.pieces + piece, *rest) for piece in range(self.pieces)]


CONCEPT = Concept(
    name="maxout",
    kind="activation",
    summary="Each unit gives the largest of several weighted sums: an activation that is learnt.",
    build=Maxout,
    aliases=(),
    equation=r"y_c = \max_{0 \le j < k} x_{k c + j}",
    derivative=r"\frac{\partial y_c}{\partial x_i} = 1 \text{ for the largest of the group, else } 0",
    symbols={
        "x": "weighted sums (N, k C, ...): k neighbours belong to one unit",
        "y": "units (N, C, ...)",
        "k": "pieces of a unit, from 1; 2 unless set",
    },
    when="With dropout, where units shall learn their own convex activation and nothing may saturate.",
    pitfalls=("It needs k times the weights; the layer before it must be k times as wide.",),
    conventions=(
        "Neighbouring channels form a group, as in Keras Addons; the paper leaves their order open.",
        "Of equal largest numbers the first gets the whole gradient.",
    ),
    source="Goodfellow, Warde-Farley, Mirza, Courville and Bengio 2013, Maxout networks, arXiv 1302.4389.",
    facts={"initializer": "he_normal", "merges": "pieces"},
    rule=MaxoutRule.of,
    worked=worked_forward(Maxout, MaxoutRule.of, inputs={"x": [[1.0, 4.0]]}, at=(0, 0)),
)
