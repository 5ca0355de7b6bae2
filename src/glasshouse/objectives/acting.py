"""What objectives share that learn by acting in a world: targets, a copy that stands still, and trials."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part, Prepared
from glasshouse.models.outputs import evaluating
from glasshouse.objectives.contract import Judged, Objective
from glasshouse.worlds import Episode, World, play
from glasshouse.worlds.episode import Policy

if TYPE_CHECKING:
    from typing import Self


class Transitions(NamedTuple):
    """Steps that were made in a world.

    Args:
        seen: What was seen before, shape (N, numbers).
        actions: What was done, shape (N, width): the number of an action, or the numbers of one.
        rewards: What it paid, shape (N, 1).
        after: What was seen then, shape (N, numbers).
        ended: 1 where the world came to an end, 0 where it went on or only time ran out, shape (N, 1).

    Example:
        >>> one = torch.ones(1, 1)
        >>> Transitions(one, 0 * one, one, one, 0 * one).ended.item()
        0.0
    """

    seen: torch.Tensor
    actions: torch.Tensor
    rewards: torch.Tensor
    after: torch.Tensor
    ended: torch.Tensor


@dataclass(frozen=True)
class Trial:
    """What judges a policy: episodes without chance in what is done.

    Args:
        world: One that nothing else acts in.
        seeds: Of its episodes, the same ones every time.
    """

    world: World
    seeds: tuple[int, ...]


class Acting(Objective):
    r"""Learning what to do in a world, by what comes of it.

    What an action is worth is what it paid and, discounted, what the best that follows is worth by a copy of
    the network that lags behind:

    .. math:: y = r + \gamma (1 - \text{ended}) \hat V(s'),\quad
        \hat\theta \leftarrow \hat\theta + \tau (\theta - \hat\theta)

    every so many updates. With :math:`\tau = 1` the copy is replaced at once. Where only time ran out, what
    would have followed counts: the world has not ended there.

    Args:
        discount: :math:`\gamma`, from 0 to 1.
        target_every: Updates between two moves of the copy, from 1.
        target_rate: :math:`\tau`, above 0 and up to 1.
        trial: What judges the policy after each epoch.

    Attributes:
        copy: The network that lags behind; made by :meth:`begin`.

    Source:
        Pardo et al. 2018, Time limits in reinforcement learning, arXiv 1712.00378, on the ends of episodes.
    """

    watched = "return"
    copy: nn.Module

    def __init__(self, discount: float, target_every: int, target_rate: float, trial: Trial) -> None:
        self.discount = discount
        self.target_every = target_every
        self.target_rate = target_rate
        self.trial = trial

    def outputs(self, prepared: Prepared) -> int:
        """One for each action, or one for each number of an action."""
        return prepared.outputs

    def begin(self, network: nn.Module) -> None:
        """Make the copy that lags behind."""
        self.copy = copy.deepcopy(network).requires_grad_(False).eval()
        self._pairs: tuple[list[torch.Tensor], list[torch.Tensor]] | None = None

    def follow(self, network: nn.Module, updates: int) -> None:
        """Move the copy, if it is time.

        Args:
            network: The one under training.
            updates: How many it has had.
        """
        if updates % self.target_every:
            return
        if self._pairs is None:
            # Parameters only: buffers of norms would have to be copied as they are, and are refused.
            self._pairs = (list(self.copy.parameters()), [each.data for each in network.parameters()])
        torch._foreach_lerp_(*self._pairs, self.target_rate)

    def settle(self) -> None:
        """Look for the network's memory anew: parameters have been moved."""
        self._pairs = None

    @abstractmethod
    def policy(self, network: nn.Module) -> Policy:
        """What the network would do, without chance."""

    @abstractmethod
    def worth(self, network: nn.Module, after: torch.Tensor) -> torch.Tensor:
        """What is best from there on, by the copy: shape (N, 1)."""

    @abstractmethod
    def judged_values(self, network: nn.Module, seen: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """What the network says that actions are worth: shape (N, 1)."""

    def targets(self, network: nn.Module, moves: Transitions) -> torch.Tensor:
        """Actions and what they turned out to be worth, side by side: shape (N, width + 1)."""
        with torch.no_grad():
            later = self.worth(network, moves.after)
            worth = torch.addcmul(moves.rewards, 1 - moves.ended, later, value=self.discount)
            return torch.cat([moves.actions, worth], dim=1)

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """Play the episodes of the trial without chance. The loss is that of their steps.

        Args:
            network: On any device.
            part: Observations at which the network is asked, always the same ones.
            autocast: Is not used.
        """
        episodes = play(self.trial.world, self.policy(network), self.trial.seeds)
        moves = transitions_of(episodes, next(network.parameters()).device)
        with evaluating(network), torch.no_grad():
            targets = self.targets(network, moves)
            said = self.judged_values(network, moves.seen, moves.actions)
            outputs = network(part.inputs.to(said.device)).float()
        starts = np.cumsum([0, *map(len, episodes)])[:-1]
        returns = [each.total for each in episodes]
        return Judged(
            float(self.step_loss(said, targets[:, -1:])),
            outputs,
            {
                "return": float(np.mean(returns)),
                "lowest": min(returns),
                "highest": max(returns),
                "length": float(np.mean([len(each) for each in episodes])),
                "td_error": float((said - targets[:, -1:]).abs().mean()),
                "expected": float(said[torch.as_tensor(starts)].mean()),
                "came": float(np.mean([each.discounted(self.discount) for each in episodes])),
            },
        )

    @abstractmethod
    def step_loss(self, said: torch.Tensor, worth: torch.Tensor) -> torch.Tensor:
        """The loss of values (N, 1) against what they turned out to be (N, 1)."""

    def refuse(self, network: nn.Module) -> None:
        """Refuse batch norm, whose statistics the copy could not follow.

        Raises:
            ModelError: There are buffers.
        """
        found = next((name for name, _ in network.named_buffers() if "num_batches_tracked" in name), None)
        if found is not None:
            raise ModelError(
                f"batch norm in layer {found.rpartition('.')[0]!r} of a network that acts",
                expected="a network without statistics of batches, which change with what is done",
                fix="take normalization = 'layer', or none",
            )

    def to(self, device: torch.device) -> Self:
        """Move the copy to a device."""
        if hasattr(self, "copy"):
            self.copy.to(device)
        return self

    def state(self) -> dict[str, Any]:
        """The weights of the copy."""
        return {"copy": dict(self.copy.state_dict())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.copy.load_state_dict(state["copy"])


def transitions_of(episodes: list[Episode], device: torch.device) -> Transitions:
    """The steps of episodes, one after the other.

    Args:
        episodes: At least one step in all.
        device: Where they are wanted.

    Example:
        >>> seen = [np.zeros(2, np.float32), np.ones(2, np.float32)]
        >>> transitions_of([Episode(0, seen, [1], [0.5], True)], torch.device("cpu")).ended
        tensor([[1.]])
    """

    def stacked(rows: list[Any]) -> torch.Tensor:
        return torch.from_numpy(np.asarray(rows, np.float32).reshape(len(rows), -1)).to(device)

    return Transitions(
        stacked([row for each in episodes for row in each.observations[:-1]]),
        stacked([row for each in episodes for row in each.actions]),
        stacked([row for each in episodes for row in each.rewards]),
        stacked([row for each in episodes for row in each.observations[1:]]),
        stacked(
            [
                float(each.terminated and step == len(each) - 1)
                for each in episodes
                for step in range(len(each))
            ]
        ),
    )
