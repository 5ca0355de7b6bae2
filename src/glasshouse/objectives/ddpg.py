"""Deep deterministic policy gradient: an actor climbs what a critic says."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.losses.contract import Meaning
from glasshouse.models.actor_critic import ActorCritic
from glasshouse.models.numpy_forward import numpy_forward
from glasshouse.objectives.acting import Acting, Trial
from glasshouse.objectives.contract import Phase, Step
from glasshouse.worlds.contract import Action, Observation
from glasshouse.worlds.episode import Policy


class DDPG(Acting):
    r"""A critic that agrees with itself one step later, and an actor that does what the critic likes best.

    .. math:: L_\text{critic} = \frac1N \sum_n (Q(s_n, a_n) - y_n)^2,\quad
        y = r + \gamma \hat Q(s', \hat\mu(s'));\qquad
        L_\text{actor} = -\frac1N \sum_n Q(s_n, \mu(s_n))

    Two phases: the critic moves first, then the actor along
    :math:`\nabla_a Q(s, a)|_{a = \mu(s)} \nabla_\theta \mu(s)`, while the critic rests.

    Args:
        discount: :math:`\gamma`, from 0 to 1.
        target_every: Updates between two moves of the copies, from 1.
        target_rate: How far they move, above 0 and up to 1.
        trial: What judges the policy after each epoch.
        critic_rate: Learning rate of the critic; ``None`` for that of the run.

    Source:
        Silver et al. 2014, Deterministic policy gradient algorithms; Lillicrap et al. 2016, Continuous
        control with deep reinforcement learning, arXiv 1509.02971.

    Example:
        >>> from glasshouse.worlds import make_world
        >>> objective = DDPG(0.95, 1, 0.01, Trial(make_world("world:linear"), (0,)))
        >>> [phase.name for phase in objective.phases]
        ['critic', 'actor']
    """

    meaning: Meaning | None = "actions"

    def __init__(
        self,
        discount: float,
        target_every: int,
        target_rate: float,
        trial: Trial,
        critic_rate: float | None = None,
    ) -> None:
        super().__init__(discount, target_every, target_rate, trial)
        self.phases: Sequence[Phase] = (
            Phase(name="critic", loss=self.critic_step, moves=("critic",), learning_rate=critic_rate),
            Phase(name="actor", loss=self.actor_step, moves=("actor",)),
        )

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The critic's loss, which is the loss of the run."""
        return self.critic_step(network, inputs, targets)

    def critic_step(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """Observations (N, numbers), and actions with what they were worth (N, D + 1)."""
        said = self.judged_values(network, inputs, targets[:, :-1])
        return Step(self.step_loss(said, targets[:, -1:]), said)

    def actor_step(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """Observations (N, numbers): how little the critic likes what the actor would do."""
        action = network(inputs)
        return Step(-self.judged_values(network, inputs, action).mean(), action)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of values."""
        return self.step_loss(outputs, targets[:, -1:])

    def worth(self, network: nn.Module, after: torch.Tensor) -> torch.Tensor:
        """What the lagging critic says of what the lagging actor would do."""
        return self.judged_values(self.copy, after, self.copy(after))

    def judged_values(self, network: nn.Module, seen: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """What the critic says of actions."""
        assert isinstance(network, ActorCritic), "refuse() lets no other network through"
        return network.value(seen, actions)

    def step_loss(self, said: torch.Tensor, worth: torch.Tensor) -> torch.Tensor:
        """The mean squared error."""
        return F.mse_loss(said, worth)

    def policy(self, network: nn.Module) -> Policy:
        """What the actor does."""
        assert isinstance(network, ActorCritic), "refuse() lets no other network through"
        ask = numpy_forward(network.actor)

        def act(seen: Observation) -> Action:
            return ask(seen)

        return act

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network without actor and critic.

        Raises:
            ModelError: It is another one, or has batch norm.
        """
        if not isinstance(network, ActorCritic):
            raise ModelError(
                f"objective 'ddpg' on a {type(network).__name__}",
                expected="an actor and a critic",
                fix="set model.name = 'actor_critic'",
            )
        super().refuse(network)
