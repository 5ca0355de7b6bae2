"""Exploration: chance in what is done, without which nothing new would be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.worlds.contract import Action, Actions, Observation
from glasshouse.worlds.episode import Policy


@dataclass
class EpsilonGreedy:
    r"""Now and then any of the actions; how often falls along a line.

    .. math:: \varepsilon(t) = \varepsilon_0 + (\varepsilon_1 - \varepsilon_0) \min(1, t / T)

    Args:
        first, last: Share of random actions at the start and at the end, from 0 to 1.
        over: Steps T over which it falls, from 1.

    Source:
        Sutton and Barto 2018, Reinforcement learning, 2nd edition, chapter 2; as a line over time Mnih et al.
        2015.

    Example:
        >>> EpsilonGreedy(1.0, 0.1, over=100).share(50)
        0.55
    """

    first: float
    last: float
    over: int

    def share(self, time: int) -> float:
        """The share of random actions after so many steps."""
        return self.first + (self.last - self.first) * min(1.0, time / self.over)

    def act(
        self, policy: Policy, seen: Observation, actions: Actions, time: int, generator: np.random.Generator
    ) -> Action:
        """What is done now."""
        if generator.random() < self.share(time):
            return actions.random(generator)
        return policy(seen)

    def begin(self) -> None:
        """An episode begins: nothing is kept."""

    def state(self) -> dict[str, Any]:
        """Nothing is kept."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing is kept."""


@dataclass
class ActionNoise:
    r"""Noise on actions that are numbers, cut off at the ends of their range.

    .. math:: \text{gaussian: } n_t = \sigma \xi_t,\qquad
        \text{Ornstein-Uhlenbeck: } n_t = n_{t-1} - \theta n_{t-1} + \sigma \xi_t,\quad \xi_t \sim N(0, 1)

    Args:
        deviation: :math:`\sigma` in half widths of the range, from 0.
        drift: :math:`\theta`, above 0 and up to 1: how fast the noise forgets; 1 is Gaussian noise.

    Source:
        Uhlenbeck and Ornstein 1930, On the theory of the Brownian motion; for actions Lillicrap et al. 2016,
        Continuous control with deep reinforcement learning, arXiv 1509.02971.

    Example:
        >>> noise = ActionNoise(0.0)
        >>> noise.act(lambda seen: np.float32([3.0]), np.zeros(1), Actions(("a",), (-2.0,), (2.0,)), 0,
        ...           np.random.default_rng(0))
        array([2.], dtype=float32)
    """

    deviation: float
    drift: float = 1.0
    _noise: NDArray[np.float64] | float = field(default=0.0)

    def share(self, time: int) -> float:
        """The deviation, which stays."""
        return self.deviation

    def act(
        self, policy: Policy, seen: Observation, actions: Actions, time: int, generator: np.random.Generator
    ) -> Action:
        """What is done now."""
        drawn = self.deviation * generator.standard_normal(actions.width)
        self._noise = (1 - self.drift) * self._noise + drawn
        low, high = np.array(actions.low), np.array(actions.high)
        wanted = policy(seen) + self._noise * (high - low) / 2
        return np.clip(wanted, low, high).astype(np.float32)

    def begin(self) -> None:
        """An episode begins: so does the noise."""
        self._noise = 0.0

    def state(self) -> dict[str, Any]:
        """Where the noise is."""
        return {"noise": np.atleast_1d(self._noise).tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self._noise = np.array(state["noise"], np.float64)


Exploration = EpsilonGreedy | ActionNoise
