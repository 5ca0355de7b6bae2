"""Learning by acting, as a short PyTorch program has it: act, remember, learn from what is remembered."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.objectives import Acting, QLearning
from glasshouse.training.job import Job
from glasshouse.training.world_batches import Pace
from glasshouse.worlds import make_world
from measuring.bare_optimizers import optimizer_for


class BareActing:
    """A ring of steps in one tensor, a copy of the network that lags behind, and an update after every step.

    Args:
        network: A copy of the job's, with weights of its own.
        job: Its objective, optimizers and clipping count.
        world: The name of the world.
        pace: How acting and learning take turns.
        chance: Share of random actions, or the deviation of the noise in half widths of an action's range.
        capacity: Steps that are remembered.
    """

    def __init__(
        self, network: nn.Module, job: Job, world: str, pace: Pace, chance: float, capacity: int
    ) -> None:
        assert isinstance(job.objective, Acting)
        self.network, self.job, self.objective, self.pace = network.train(), job, job.objective, pace
        self.world, self.chance = make_world(world), chance
        self.random = np.random.default_rng(0)
        self.lagging = copy.deepcopy(network).requires_grad_(False)
        width, numbers = self.world.actions.width, len(self.world.seen)
        self.sizes = [numbers, width, 1, numbers, 1]
        self.memory = torch.zeros(capacity, sum(self.sizes))
        self.added = self.updates = self.episodes = 0
        self.seen: Any = None
        phases: list[Any] = list(job.objective.phases) or [None]
        self.optimizers = [optimizer_for(network, job, phase) for phase in phases]
        actions = self.world.actions
        if not actions.counted:
            low, high = np.array(actions.low), np.array(actions.high)
            self.middle, self.half, self.ends = (low + high) / 2, (high - low) / 2, (low, high)

    def epoch(self) -> None:
        """All steps once."""
        learn = self.of_values if isinstance(self.objective, QLearning) else self.of_both
        if not self.added:
            self.act(self.pace.warmup, at_random=True)
        for _ in range(self.pace.steps // self.pace.every):
            self.act(self.pace.every)
            places = torch.randint(min(self.added, len(self.memory)), (self.pace.batch_size,))
            learn(*self.memory[places].split(self.sizes, dim=1))
            self.updates += 1
            if self.updates % self.objective.target_every == 0:
                pairs = list(self.lagging.parameters()), [each.data for each in self.network.parameters()]
                torch._foreach_lerp_(*pairs, self.objective.target_rate)

    def act(self, steps: int, at_random: bool = False) -> None:
        """Act so many times and remember."""
        for _ in range(steps):
            if self.seen is None:
                self.seen = self.world.reset(self.episodes)
                self.episodes += 1
            action = self.world.actions.random(self.random) if at_random else self.chosen(self.seen)
            after, reward, ended, stopped = self.world.step(action)
            row = np.concatenate([self.seen, np.atleast_1d(action), [reward], after, [float(ended)]])
            self.memory[self.added % len(self.memory)] = torch.from_numpy(row)
            self.added += 1
            self.seen = None if ended or stopped else after

    @torch.no_grad()
    def chosen(self, seen: Any) -> Any:
        """The best action by now, or one by chance."""
        counted = self.world.actions.counted
        if counted and self.random.random() < self.chance:
            return self.world.actions.random(self.random)
        said = self.network(torch.from_numpy(seen).unsqueeze(0))[0]
        if counted:
            return int(said.argmax())
        noise = self.chance * self.half * self.random.standard_normal(len(self.half))
        return np.clip(said.numpy() + noise, *self.ends).astype(np.float32)

    def of_values(self, seen: Any, actions: Any, rewards: Any, after: Any, ended: Any) -> None:
        """Double Q-learning."""
        with torch.no_grad():
            best = self.network(after).argmax(dim=1, keepdim=True)
            worth = rewards + self.objective.discount * (1 - ended) * self.lagging(after).gather(1, best)
        said = self.network(seen).gather(1, actions.long())
        delta = self.objective.loss.delta  # type: ignore[attr-defined]  # of QLearning
        self.move(self.optimizers[0], F.huber_loss(said, worth, delta=delta))

    def of_both(self, seen: Any, actions: Any, rewards: Any, after: Any, ended: Any) -> None:
        """Deep deterministic policy gradient: the critic, then the actor."""
        network: Any = self.network
        lagging: Any = self.lagging
        with torch.no_grad():
            later = lagging.value(after, lagging(after))
            worth = rewards + self.objective.discount * (1 - ended) * later
        critic, actor = self.optimizers
        self.move(critic, F.mse_loss(network.value(seen, actions), worth))
        self.move(actor, -network.value(seen, network(seen)).mean())

    def move(self, optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        """One update."""
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self.job.clip_norm is not None:
            nn.utils.clip_grad_norm_(
                [each for group in optimizer.param_groups for each in group["params"]], self.job.clip_norm
            )
        optimizer.step()
