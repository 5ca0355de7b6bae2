"""An episode: from the first observation to the end, and what it paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import derive
from glasshouse.worlds.contract import Action, Observation, World

Policy = Callable[[Observation], Action]
"""From what is seen to what is done."""


@dataclass
class Episode:
    """One episode.

    Args:
        seed: The world's.
        observations: T + 1 of them: the last one is what is seen at the end.
        actions, rewards: T of each.
        terminated: Whether the world came to an end; otherwise time ran out.

    Example:
        >>> episode = Episode(0, rewards=[1.0, 1.0, 1.0])
        >>> episode.total, episode.discounted(0.5)
        (3.0, 1.75)
    """

    seed: int
    observations: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminated: bool = False

    def __len__(self) -> int:
        return len(self.rewards)

    @property
    def total(self) -> float:
        """The return: the sum of the rewards."""
        return float(sum(self.rewards))

    def discounted(self, discount: float) -> float:
        """The sum of the rewards, each worth less by the discount than the one before."""
        value = 0.0
        for reward in reversed(self.rewards):
            value = reward + discount * value
        return value

    def seen(self) -> NDArray[np.float32]:
        """What was seen before each action, shape (T, numbers)."""
        return np.stack(self.observations[: len(self)])


def play(world: World, policy: Policy, seeds: Sequence[int]) -> list[Episode]:
    """Play an episode of each seed.

    Args:
        world: Where; it is left in the middle of nothing.
        policy: What to do.
        seeds: One for each episode.

    Example:
        >>> from glasshouse.worlds import make_world
        >>> world = make_world("world:grid")
        >>> [episode] = play(world, lambda seen: 0, [7])
        >>> len(episode.observations) - len(episode)
        1
    """
    episodes = []
    for seed in seeds:
        episode = Episode(seed, [world.reset(seed)])
        ended = False
        while not ended:
            action = policy(episode.observations[-1])
            observation, reward, terminated, truncated = world.step(action)
            episode.observations.append(observation)
            episode.actions.append(action)
            episode.rewards.append(reward)
            episode.terminated = terminated
            ended = terminated or truncated
        episodes.append(episode)
    return episodes


def seeds_for(seed: int, purpose: str, count: int) -> list[int]:
    """Seeds of episodes that no other purpose has: below 2^31, as worlds want them.

    Args:
        seed: Of the experiment.
        purpose: What the episodes are for.
        count: How many.

    Example:
        >>> seeds_for(0, "test", 2) == seeds_for(0, "test", 3)[:2]
        True
    """
    return [derive(seed, "world", purpose, number) % 2**31 for number in range(count)]
