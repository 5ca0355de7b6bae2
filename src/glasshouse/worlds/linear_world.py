"""A mass on a line that is to be brought to rest: its best policy is known in closed form."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_discrete_are

from glasshouse.worlds.contract import Action, Actions, Moved, Observation, World


class LinearWorld(World):
    r"""A mass on a line that a force brings to rest at the origin.

    .. math:: s' = A s + B a,\quad r = -(s^\top Q s + R a^2),\quad s = (\text{position}, \text{velocity})

    The best policy is a line, :math:`a = -K s`, which Riccati's equation gives (:meth:`best`). Forces are
    bounded, and episodes begin so near the origin that the bounds hardly matter.

    Example:
        >>> world = LinearWorld()
        >>> K, P = world.best(discount=0.95)
        >>> K.shape, P.shape
        ((1, 2), (2, 2))
    """

    name = "world:linear"
    seen = ("position", "velocity")
    ends = ((-math.inf, math.inf),) * 2
    limit: int | None = 50
    discount: ClassVar[float] = 0.95
    A = np.array([[1.0, 0.2], [0.0, 0.8]])
    B = np.array([[0.01], [0.1]])
    Q = np.diag([1.0, 0.1])
    R = np.array([[0.1]])

    def __init__(self) -> None:
        self.actions = Actions(("force",), (-2.0,), (2.0,))

    def reset(self, seed: int) -> Observation:
        """Begin the episode of that seed, anywhere from -0.8 to 0.8, at any velocity from -0.3 to 0.3."""
        self._state = np.random.default_rng(seed).uniform([-0.8, -0.3], [0.8, 0.3])
        self._time = 0
        return self._state.astype(np.float32)

    def step(self, action: Action) -> Moved:
        """Push."""
        a = np.clip(np.asarray(action, np.float64).reshape(1), self.actions.low, self.actions.high)
        s = self._state
        reward = -float(s @ self.Q @ s + a @ self.R @ a)
        self._state = self.A @ s + self.B @ a
        self._time += 1
        over = self.limit is not None and self._time >= self.limit
        return Moved(self._state.astype(np.float32), reward, False, over)

    def best(self, discount: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""The gain K of the best policy :math:`a = -K s`, and P of its value :math:`V = -s^\top P s`.

        A discount is a factor of :math:`\sqrt\gamma` on A and B.

        Args:
            discount: From above 0 to 1.

        Source:
            Kalman 1960, Contributions to the theory of optimal control.
        """
        A, B = np.sqrt(discount) * self.A, np.sqrt(discount) * self.B
        P: Any = solve_discrete_are(A, B, self.Q, self.R)
        return np.linalg.solve(self.R + B.T @ P @ B, B.T @ P @ A), P
