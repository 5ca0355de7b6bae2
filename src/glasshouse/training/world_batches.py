"""Batches that are made by acting: between two updates the network acts and remembers what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from glasshouse.core.errors import CheckpointError
from glasshouse.core.seeds import derive
from glasshouse.objectives.acting import Acting, Transitions
from glasshouse.training.batches import Batch, LivingBatches
from glasshouse.training.exploration import Exploration
from glasshouse.training.replay_memory import ReplayMemory
from glasshouse.worlds.contract import Action, Observation, World


@dataclass(frozen=True)
class Pace:
    """How acting and learning take turns.

    Args:
        steps: Steps in the world per epoch, a multiple of ``every``.
        every: Steps in the world between two updates.
        warmup: Steps at random before the first update.
        batch_size: Steps that an update looks back at.
    """

    steps: int
    every: int
    warmup: int
    batch_size: int


class WorldBatches(LivingBatches):
    """Acts in a world, remembers, and hands out what is remembered in batches.

    Before every update: the objective's copy follows the network, if it is time; the network acts as often as
    its pace says, with chance; a batch is drawn. All of it belongs to the update that follows, so a
    checkpoint after an update holds everything there is: the memory, the generator, and the world as the
    seed of its episode and the actions since.

    Args:
        world: Where the network acts; nothing else acts in it.
        network: The network under training.
        objective: Says what the network would do, and what steps are worth.
        memory: Empty.
        exploration: Chance in what is done.
        pace: How acting and learning take turns.
        seed: Seed of the experiment.
        device: Where the network is.

    Attributes:
        episodes: Return and length of every episode that has ended, and the step at which it did.
    """

    def __init__(
        self,
        world: World,
        network: nn.Module,
        objective: Acting,
        memory: ReplayMemory,
        exploration: Exploration,
        pace: Pace,
        *,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        self._world, self._network, self._objective = world, network, objective
        self._memory, self._exploration, self._pace = memory, exploration, pace
        self._seed = seed
        self._device = device or torch.device("cpu")
        self._generator = np.random.default_rng(derive(seed, "acting"))
        self.steps = pace.steps // pace.every
        self.rows = self.steps * pace.batch_size
        self.episodes: list[tuple[int, float, int]] = []
        self.time = 0
        self._updates = 0
        self._actions: list[Action] = []
        self._earned = 0.0
        self._observation: Observation | None = None
        self._told = 0

    @property
    def form(self) -> tuple[tuple[int, ...], torch.dtype, bool]:
        """Shape and type of one row of inputs, and whether targets are floating-point numbers."""
        return (len(self._world.seen),), torch.float32, True

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Batch]]:
        """The updates of an epoch from ``start`` on. Between them the network acts."""
        objective, network, pace = self._objective, self._network, self._pace
        objective.settle()
        self._policy = objective.policy(network)
        if not self.time:
            self._act(pace.warmup, at_random=True)
        for _ in range(start, self.steps):
            if self._updates:
                objective.follow(network, self._updates)
            self._act(pace.every)
            moves = self._memory.sample(pace.batch_size, self._generator)
            if self._device.type != "cpu":
                moves = Transitions(*(each.to(self._device) for each in moves))
            self._updates += 1
            yield [Batch(moves.seen.contiguous(), objective.targets(network, moves))]

    def _act(self, steps: int, at_random: bool = False) -> None:
        """Act so many times, from wherever the world is."""
        world, memory, generator = self._world, self._memory, self._generator
        for _ in range(steps):
            if self._observation is None:
                self._observation = world.reset(self._episode_seed())
                self._actions, self._earned = [], 0.0
                self._exploration.begin()
            seen = self._observation
            if at_random:
                action = world.actions.random(generator)
            else:
                since = self.time - self._pace.warmup
                action = self._exploration.act(self._policy, seen, world.actions, since, generator)
            after, reward, terminated, truncated = world.step(action)
            memory.add(seen, action, reward, after, terminated)
            self._actions.append(action)
            self._earned += reward
            self.time += 1
            self._observation = after
            if terminated or truncated:
                self.episodes.append((self.time, self._earned, len(self._actions)))
                self._observation = None

    def _episode_seed(self) -> int:
        return derive(self._seed, "world", "train", len(self.episodes)) % 2**31

    def notes(self) -> dict[str, float]:
        """Of the episodes that ended since the last time: how many, their means; and the chance."""
        fresh = self.episodes[self._told :]
        self._told = len(self.episodes)
        found = {
            "episodes": float(len(fresh)),
            "explore": self._exploration.share(self.time - self._pace.warmup),
        }
        if fresh:
            found["return"] = float(np.mean([total for _, total, _ in fresh]))
            found["length"] = float(np.mean([length for _, _, length in fresh]))
        return found

    def state(self) -> dict[str, Any]:
        """Everything that decides how acting goes on."""
        return {
            "memory": self._memory.state(),
            "generator": self._generator.bit_generator.state,
            "exploration": self._exploration.state(),
            "episodes": torch.tensor(self.episodes, dtype=torch.float64).reshape(-1, 3),
            "actions": torch.from_numpy(np.asarray(self._actions, np.float32)),
            "earned": self._earned,
            "time": self.time,
            "updates": self._updates,
            "told": self._told,
            "observation": None if self._observation is None else torch.from_numpy(self._observation.copy()),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave: the world's episode is begun again and its actions repeated.

        Raises:
            CheckpointError: The world is not then where it was.
        """
        self._memory.restore(state["memory"])
        self._generator.bit_generator.state = state["generator"]
        self._exploration.restore(state["exploration"])
        self.episodes = [
            (int(time), total, int(length)) for time, total, length in state["episodes"].tolist()
        ]
        self._earned, self.time = state["earned"], state["time"]
        self._updates, self._told = state["updates"], state["told"]
        counted = self._world.actions.counted
        done = state["actions"].numpy()
        self._actions = [int(each) for each in done] if counted else list(done)
        self._observation = None
        if state["observation"] is not None:
            self._observation = self._world.retrace(self._episode_seed(), self._actions)
            if not np.array_equal(self._observation, state["observation"].numpy(), equal_nan=True):
                raise CheckpointError(
                    f"the world {self._world.name!r} does not repeat itself: after the same seed and "
                    f"{len(self._actions)} actions it shows something else than when the run was cut off",
                    expected="the same observations for the same seed and actions, as gymnasium demands",
                    fix="resume with the same version of the world, or start a new run",
                )
