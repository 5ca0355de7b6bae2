"""Worlds of gymnasium, by their names there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glasshouse.core.errors import DataError, UnknownNameError
from glasshouse.core.names import suggestions
from glasshouse.core.optional import require
from glasshouse.worlds.contract import Action, Actions, Moved, Observation, World

KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "CartPole": (
        ("cart position", "cart velocity", "pole angle", "pole angular velocity"),
        ("push left", "push right"),
    ),
    "Pendulum": (("cos angle", "sin angle", "angular velocity"), ("torque",)),
    "Acrobot": (
        (
            "cos angle 1",
            "sin angle 1",
            "cos angle 2",
            "sin angle 2",
            "angular velocity 1",
            "angular velocity 2",
        ),
        ("torque −1", "torque 0", "torque +1"),
    ),
    "MountainCar": (("position", "velocity"), ("push left", "no push", "push right")),
    "MountainCarContinuous": (("position", "velocity"), ("force",)),
}
"""What numbers and actions of the classic worlds are called, which gymnasium does not say."""


LONGEST = 1000
"""Steps after which time runs out in worlds that have no limit of their own."""


class GymnasiumWorld(World):
    """A world of gymnasium whose observations are a row of numbers, or one of several states.

    Args:
        name: As gymnasium has it: ``"CartPole-v1"``.

    Raises:
        MissingDependencyError: gymnasium is not installed.
        UnknownNameError: gymnasium has no such world.
        DataError: Its observations or actions are of another kind.

    Source:
        Towers et al. 2024, Gymnasium: a standard interface for reinforcement learning environments,
        arXiv 2407.17032.

    Example:
        >>> world = GymnasiumWorld("CartPole-v1")
        >>> world.seen, world.actions.names, world.limit, world.solved
        (('cart position', 'cart velocity', 'pole angle', 'pole angular velocity'), ('push left', 'push right'), 500, 475.0)
    """  # noqa: E501 - a line of what is printed

    def __init__(self, name: str) -> None:
        self.name = f"gymnasium:{name}"
        gymnasium: Any = require("gymnasium", extra="worlds", purpose=f"the world {self.name!r}")
        try:
            self._inner = gymnasium.make(name, disable_env_checker=True)
        except gymnasium.error.DependencyNotInstalled as error:
            raise DataError(
                f"the world {self.name!r} needs a package: {error}",
                expected="what gymnasium asks for",
                fix="install it, or choose a classic world such as gymnasium:CartPole-v1",
            ) from error
        except gymnasium.error.Error as error:
            near = suggestions(name, list(gymnasium.registry), most=1)
            raise UnknownNameError(
                f"gymnasium has no world {name!r}: {error}",
                expected="a name such as CartPole-v1 or Pendulum-v1",
                fix=f"did you mean {near[0]!r}?" if near else "look at gymnasium.registry",
            ) from error
        if self._inner.spec.max_episode_steps is None:
            # An episode must end somewhere, also where nobody knows how to end it.
            self._inner = gymnasium.make(name, disable_env_checker=True, max_episode_steps=LONGEST)
        spec = self._inner.spec
        self.limit = spec.max_episode_steps
        self.solved = None if spec.reward_threshold is None else float(spec.reward_threshold)
        family = name.rpartition("/")[2].split("-v")[0]
        known = KNOWN.get(family, ((), ()))
        self._states = int(getattr(self._inner.observation_space, "n", 0))
        count = self._states or self._numbers()
        self.seen = known[0] or tuple(f"{'state' if self._states else 'seen'} {k}" for k in range(count))
        self.ends = self._read_ends(count)
        self.actions = self._read_actions(known[1])
        # Where an array is counted out of order the first action is not 0.
        self._first = int(getattr(self._inner.action_space, "start", 0))

    def _numbers(self) -> int:
        shape = self._inner.observation_space.shape
        if shape is None or len(shape) != 1:
            raise DataError(
                f"the world {self.name!r} shows {self._inner.observation_space}",
                expected="a row of numbers, or one of several states",
                fix="choose a world without pictures",
            )
        return int(shape[0])

    def _read_ends(self, count: int) -> tuple[tuple[float, float], ...]:
        if self._states:
            return ((0.0, 1.0),) * count
        space = self._inner.observation_space
        # Some worlds say "any number" by the largest that a float can hold.
        pairs = zip(map(float, space.low), map(float, space.high), strict=True)
        return tuple((a, b) if max(abs(a), abs(b)) < 1e30 else (-math.inf, math.inf) for a, b in pairs)

    def _read_actions(self, names: tuple[str, ...]) -> Actions:
        space = self._inner.action_space
        count = int(getattr(space, "n", 0))
        if count and space.shape == ():
            return Actions(names or tuple(f"action {k}" for k in range(count)))
        unknown = np.array([np.inf])
        low, high = getattr(space, "low", unknown), getattr(space, "high", unknown)
        if not (np.isfinite(low).all() and np.isfinite(high).all()) or len(space.shape) != 1:
            raise DataError(
                f"the world {self.name!r} is acted in by {space}",
                expected="one of several actions, or a row of numbers between ends",
                fix="choose another world",
            )
        ends = tuple(map(float, np.asarray(low))), tuple(map(float, np.asarray(high)))
        return Actions(names or tuple(f"action {k}" for k in range(len(ends[0]))), *ends)

    def reset(self, seed: int) -> Observation:
        """Begin the episode of that seed."""
        observation, _ = self._inner.reset(seed=seed)
        return self._shown(observation)

    def step(self, action: Action) -> Moved:
        """Act."""
        wanted = action + self._first if self.actions.counted else action
        observation, reward, terminated, truncated, _ = self._inner.step(wanted)
        return Moved(self._shown(observation), float(reward), bool(terminated), bool(truncated))

    def _shown(self, observation: Any) -> Observation:
        """A row of numbers; a state that has a number becomes a row with one 1."""
        if self._states:
            row = np.zeros(self._states, np.float32)
            row[int(observation)] = 1.0
            return row
        return np.array(observation, np.float32)  # a copy: some worlds go on writing into the same array
