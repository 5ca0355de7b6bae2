"""Rosenblatt's rule over many rows: which row is wrong next, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
"""Rows whose sums are computed at once."""
NEAR = 1e-9
"""Sums this near to 0, against the largest, are computed anew: adding up changes leaves them inexact."""


@dataclass
class Unit:
    r"""One threshold unit under Rosenblatt's rule.

    .. math:: y_n (w \cdot x_n + b) \le 0 \;\Rightarrow\; w \leftarrow w + \eta\, c_n y_n x_n,\quad
        b \leftarrow b + \eta\, c_n y_n

    Rows are met one after another. A row that is on the right side changes nothing, so the sums of a whole
    block of rows are computed at once and mended only after a mistake.

    Args:
        weights: w, (features,), changed in place.
        bias: b.
        with_bias: Whether the bias is learnt.
        rate: Times the weight of a row: how far a mistake moves.

    Source:
        Rosenblatt 1958, The perceptron: a probabilistic model for information storage.

    Example:
        >>> unit = Unit(np.zeros(2), 0.0)
        >>> unit.go_over(np.array([[1.0, 2.0]]), np.array([-1.0]), np.ones(1))
        0.0
        >>> unit.weights.tolist(), float(unit.bias)
        ([-1.0, -2.0], -1.0)
    """

    weights: NDArray[np.float64]
    bias: float
    with_bias: bool = True
    rate: float = 1.0

    def go_over(
        self, rows: NDArray[np.float64], sides: NDArray[np.float64], counts: NDArray[np.float64]
    ) -> float:
        """One pass over rows in their order.

        Args:
            rows: (N, features).
            sides: -1 or 1 for every row.
            counts: What each row counts, (N,).

        Returns:
            How far the rows were on the wrong side when they were met, added up.
        """
        wrong = 0.0
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            wrong += self._block(rows[part], sides[part], self.rate * counts[part] * sides[part])
        return wrong

    def _block(self, rows: Any, sides: Any, moves: Any) -> float:
        """The same over few rows; ``moves`` is by how much of itself each row moves the weights."""
        sums = rows @ self.weights + self.bias
        near = NEAR * (1 + np.abs(sums).max(initial=0.0))
        place = 0
        while True:
            suspects = np.flatnonzero(sides[place:] * sums[place:] <= near)
            if not len(suspects):
                break
            place += int(suspects[0])
            row = rows[place]
            sums[place] = row @ self.weights + self.bias
            if sides[place] * sums[place] <= 0 and moves[place]:
                move = moves[place]
                self.weights += move * row
                self.bias += move * self.with_bias
                later = slice(place + 1, None)
                sums[later] += move * (rows[later] @ row + self.with_bias)
            place += 1
        return float(np.maximum(0.0, -sides * sums).sum())


@dataclass
class PenalisedUnit(Unit):
    r"""The same with a penalty on the weights, which changes them at every row.

    .. math:: R(w) = \alpha \left(\tfrac{1 - r}{2} \lVert w \rVert_2^2 + r \lVert w \rVert_1\right)

    Args:
        strength: :math:`\alpha`.
        ratio: r, the share of the absolute penalty.

    Source:
        Tsuruoka, Tsujii and Ananiadou 2009, Stochastic gradient descent training for L1-regularized
        log-linear models with cumulative penalty.
    """

    strength: float = 0.0
    ratio: float = 0.0

    def __post_init__(self) -> None:
        self._due = 0.0
        self._paid = np.zeros_like(self.weights)

    def go_over(
        self, rows: NDArray[np.float64], sides: NDArray[np.float64], counts: NDArray[np.float64]
    ) -> float:
        """One pass over rows in their order.

        Args:
            rows: (N, features).
            sides: -1 or 1 for every row.
            counts: What each row counts, (N,).

        Returns:
            How far the rows were on the wrong side when they were met, and the penalty then, added up.
        """
        cost = 0.0
        keep = max(0.0, 1.0 - (1 - self.ratio) * self.rate * self.strength)
        for row, side, count in zip(rows, sides, counts, strict=True):
            found = side * (row @ self.weights + self.bias)
            cost += max(0.0, -found) + self._penalty()
            self.weights *= keep
            if found <= 0:
                self.weights += self.rate * count * side * row
                self.bias += self.rate * count * side * self.with_bias
            if self.ratio:
                self._clip()
        return cost

    def _penalty(self) -> float:
        w = self.weights
        return self.strength * float((1 - self.ratio) / 2 * (w @ w) + self.ratio * np.abs(w).sum())

    def _clip(self) -> None:
        """Take what is due from the weights, from none past 0."""
        self._due += self.ratio * self.rate * self.strength
        before = self.weights.copy()
        lower = np.maximum(0.0, before - (self._due + self._paid))
        upper = np.minimum(0.0, before + (self._due - self._paid))
        self.weights[:] = np.where(before > 0, lower, np.where(before < 0, upper, before))
        self._paid += self.weights - before
