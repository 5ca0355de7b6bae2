"""The rule of layers that compute nothing: every output is one number of the input, or a zero."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, Number, total
from glasshouse.core.rule import Forward, Rule, Tensors


@dataclass(frozen=True)
class Rearrangement(Rule):
    """``y[i] = x[source(i)]``; the gradient goes back to where the number came from."""

    @abstractmethod
    def sources(self, numbered: torch.Tensor) -> torch.Tensor:
        """From where every output comes.

        Args:
            numbered: The places of x, numbered from 0, in its shape.

        Returns:
            The number of the place that each output takes, in the shape of the output; negative for a zero.
        """

    def forward(self, values: Tensors) -> Forward:
        """Every output takes its number."""
        x = values["x"]
        # One more place holds the zero.
        flat = torch.cat([x.reshape(-1), x.new_zeros(1)])
        return Forward({"y": flat[self._taken(x)]}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Every gradient goes back to its number; where one was taken more than once, they add up."""
        x, dy = saved["x"], gradients["y"].reshape(-1)
        back = dy.new_zeros(x.numel() + 1).index_add(0, self._taken(x).reshape(-1), dy)
        return {"x": back[: x.numel()].reshape(x.shape)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The number that was taken, with the place from which it came."""
        x = saved["x"]
        source = self.sources(_numbered(x))[tuple(index)]
        if source < 0:
            return Number(0.0, "padding")
        return leaf("x", x, [int(axis) for axis in torch.unravel_index(source, x.shape)])

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradients of the places that took this number."""
        numbered = _numbered(saved["x"])
        taken = (self.sources(numbered) == numbered[tuple(index)]).nonzero().tolist()
        return total([leaf("dy", gradients["y"], place) for place in taken])

    def _taken(self, x: torch.Tensor) -> torch.Tensor:
        sources = self.sources(_numbered(x))
        return torch.where(sources < 0, x.numel(), sources)


def _numbered(x: torch.Tensor) -> torch.Tensor:
    return torch.arange(x.numel(), device=x.device).reshape(x.shape)
