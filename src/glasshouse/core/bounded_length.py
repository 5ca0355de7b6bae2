"""The rule of what may not grow too long: beyond a limit it is scaled back, and keeps its direction.

Max-norm bounds the weights of a unit in this way, clipping by norm the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from glasshouse.core.arithmetic import Quantity, choose, leaf, named, sqrt
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places


@dataclass(frozen=True)
class BoundedLength(Rule):
    r"""``y = x min(1, c / (n + epsilon))`` with the length ``n`` of x, or of each unit's part of it.

    Where the limit is just reached, the slope is that of the scaled side, as autograd has it.

    Args:
        limit: The largest length c, above 0.
        epsilon: Added to the length before dividing, at least 0.
        by_unit: Whether each unit (axis 0 of a matrix or kernel) has its own length; a vector is one unit.
        letter: What the arithmetic calls a number of x.
    """

    limit: float
    epsilon: float = 0.0
    by_unit: bool = False
    letter: str = "x"

    def limits(self, values: Tensors) -> torch.Tensor:
        """The limit of every unit, in a shape that broadcasts over x."""
        return torch.full_like(lengths(values["x"], self.by_unit), self.limit)

    def written_limit(self, saved: Tensors, index: Sequence[int]) -> Quantity:
        """The arithmetic of the limit at one place."""
        return self.limit

    def forward(self, values: Tensors) -> Forward:
        """The length of each unit, then its share that is kept."""
        x = values["x"]
        n, c = lengths(x, self.by_unit), self.limits(values)
        beyond = n + self.epsilon >= c
        scale = torch.where(beyond, c / (n + self.epsilon), torch.ones_like(n))
        return Forward({"y": x * scale}, {**values, "length": n, "limit": c, "scale": scale})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Directly, and through the length: a longer x is scaled down more."""
        x, n, c, scale = saved["x"], saved["length"], saved["limit"], saved["scale"]
        dy = gradients["y"]
        along = dy * x
        along = along.sum(dim=axes(x, self.by_unit), keepdim=True) if x.dim() else along
        # A length of 0 is below every limit, and its slope is taken as 0.
        slope = torch.where(n > 0, c / (n + self.epsilon) ** 2 / n, torch.zeros_like(n))
        through = torch.where(n + self.epsilon >= c, along * slope, torch.zeros_like(n))
        return {"x": scale * dy - x * through}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The length as a named step, then the number or its scaled self."""
        x = leaf(self.letter, saved["x"], index)
        n = self._length(saved, index)
        c, under = self.written_limit(saved, index), n + self.epsilon if self.epsilon else n
        return wrap(choose(under >= c, x * c / under, x))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The direct path, less the path through the length where the limit holds."""
        dy, n, c = gradients["y"], self._length(saved, index), self.written_limit(saved, index)
        under = n + self.epsilon if self.epsilon else n
        direct = leaf("dy", dy, index)
        x = leaf(self.letter, saved["x"], index)
        unit = self.unit(saved["x"], index)
        along = named("along", total([leaf("dy", dy, p) * leaf(self.letter, saved["x"], p) for p in unit]))
        through = x * along * c / (under**2 * n)
        return wrap(choose(under >= c, direct * c / under - through, direct))

    def _length(self, saved: Tensors, index: Sequence[int]) -> Expression:
        squares = [leaf(self.letter, saved["x"], p) ** 2 for p in self.unit(saved["x"], index)]
        return wrap(named("n", sqrt(total(squares))))

    def unit(self, x: torch.Tensor, index: Sequence[int]) -> list[tuple[int, ...]]:
        """The places whose numbers make one length with the number at ``index``."""
        if not self.by_unit or x.dim() < 2:
            return places(x.shape)
        return [(int(index[0]), *rest) for rest in places(x.shape[1:])]


def axes(x: torch.Tensor, by_unit: bool) -> list[int]:
    """The axes over which one length is taken: all, or all but that of the units."""
    return list(range(1 if by_unit and x.dim() > 1 else 0, x.dim()))


def lengths(x: torch.Tensor, by_unit: bool) -> torch.Tensor:
    """Euclidean lengths, in a shape that broadcasts over x.

    Args:
        x: Any shape.
        by_unit: Whether each unit (axis 0) has its own; a vector is one unit.

    Example:
        >>> lengths(torch.tensor([[3.0, 4.0], [0.0, 2.0]]), by_unit=True).tolist()
        [[5.0], [2.0]]
    """
    if not x.dim():
        return x.abs()
    found: torch.Tensor = torch.linalg.vector_norm(x, dim=axes(x, by_unit), keepdim=True)
    return found
