"""A world of numbered states whose chances are known, and what its best policy is worth."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.checks import number
from glasshouse.worlds.contract import Action, Moved, Observation, World


class Outcome(NamedTuple):
    """One thing that may come of an action.

    Args:
        chance: How likely it is; those of an action add up to 1.
        state: Where it leads.
        reward: What it pays.
        terminal: Whether the world ends there.
    """

    chance: float
    state: int
    reward: float
    terminal: bool


class TabularWorld(World):
    """A world of numbered states. A state is shown as a row with one 1.

    Attributes:
        states: How many there are.
    """

    states: int

    @abstractmethod
    def outcomes(self, state: int, action: int) -> list[Outcome]:
        """What may come of an action."""

    @abstractmethod
    def begins(self) -> list[int]:
        """The states in which episodes begin, all equally likely."""

    def reset(self, seed: int) -> Observation:
        """Begin the episode of that seed."""
        self._generator = np.random.default_rng(seed)
        begins = self.begins()
        self._state, self._time = begins[int(self._generator.integers(len(begins)))], 0
        return self.shown(self._state)

    def step(self, action: Action) -> Moved:
        """Act."""
        outcomes = self.outcomes(self._state, int(action))
        place = 0
        if len(outcomes) > 1:
            place = int(self._generator.choice(len(outcomes), p=[each.chance for each in outcomes]))
        _, self._state, reward, terminal = outcomes[place]
        self._time += 1
        return Moved(
            self.shown(self._state), reward, terminal, self.limit is not None and self._time >= self.limit
        )

    def shown(self, state: int) -> Observation:
        """A state as a row with one 1."""
        row = np.zeros(self.states, np.float32)
        row[state] = 1.0
        return row


def value_iteration(world: TabularWorld, discount: float, tolerance: float = 1e-10) -> NDArray[np.float64]:
    r"""What every action is worth in every state, if all that follows is done best.

    .. math:: Q(s, a) \leftarrow \sum_{s'} P(s' \mid s, a) \left(r + \gamma \max_{a'} Q(s', a')\right)

    repeated until nothing changes; behind a terminal state nothing is earned. Time limits are no part of it.

    Args:
        world: With known chances.
        discount: :math:`\gamma`, from 0 to below 1.
        tolerance: The largest change at which it ends.

    Returns:
        Shape (states, actions).

    Raises:
        SettingError: The discount is not from 0 to below 1.

    Source:
        Bellman 1957, Dynamic programming.

    Example:
        >>> from glasshouse.worlds import GridWorld
        >>> value_iteration(GridWorld(["S G"]), discount=0.5)[0].round(3).tolist()
        [0.075, 0.35, 0.075, 0.075]
    """
    number("discount", discount, at_least=0, below=1)
    table = [[world.outcomes(s, a) for a in range(len(world.actions))] for s in range(world.states)]
    values = np.zeros((world.states, len(world.actions)))
    while True:
        best = values.max(axis=1)
        fresh = np.array(
            [
                [
                    sum(p * (r + (0.0 if end else discount * best[after])) for p, after, r, end in outcomes)
                    for outcomes in row
                ]
                for row in table
            ]
        )
        if np.abs(fresh - values).max() < tolerance:
            return fresh
        values = fresh
