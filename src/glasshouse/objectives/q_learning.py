"""Q-learning with a network: what every action is worth, learnt from what came of it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import nn

from glasshouse.losses import TemporalDifference
from glasshouse.losses.contract import Meaning
from glasshouse.models.numpy_forward import numpy_forward
from glasshouse.objectives.acting import Acting, Trial
from glasshouse.objectives.contract import Step
from glasshouse.worlds.contract import Observation
from glasshouse.worlds.episode import Policy


class QLearning(Acting):
    r"""A network that says what each action is worth, made to agree with itself one step later.

    .. math:: y = r + \gamma \max_{a'} \hat Q(s', a'),\qquad
        \text{double: } y = r + \gamma \hat Q(s', \arg\max_{a'} Q(s', a'))

    :math:`\hat Q` is a copy of the network that lags behind. The maximum over values with errors is too
    large on average; the double form lets one network choose and the other judge.

    Args:
        discount: :math:`\gamma`, from 0 to 1.
        target_every: Updates between two moves of the copy, from 1.
        target_rate: How far the copy moves, above 0 and up to 1.
        trial: What judges the policy after each epoch.
        double: Whether the network chooses the action that the copy judges.
        loss: Compares values with targets.

    Source:
        Watkins and Dayan 1992, Q-learning; Mnih et al. 2015, Human-level control through deep reinforcement
        learning; van Hasselt, Guez and Silver 2016, Deep reinforcement learning with double Q-learning,
        arXiv 1509.06461.

    Example:
        >>> from glasshouse.objectives.acting import Transitions
        >>> from glasshouse.worlds import make_world
        >>> objective = QLearning(0.5, 1, 1.0, Trial(make_world("world:grid"), (0,)))
        >>> network = nn.Linear(1, 2, bias=False)
        >>> network.weight.data = torch.tensor([[1.0], [3.0]])
        >>> objective.begin(network)
        >>> one = torch.ones(2, 1)
        >>> ended = torch.tensor([[0.0], [1.0]])
        >>> objective.targets(network, Transitions(one, 0 * one, one, 2 * one, ended))
        tensor([[0., 4.],
                [0., 1.]])
    """

    meaning: Meaning | None = "action_values"
    plain: ClassVar[bool] = True

    def __init__(
        self,
        discount: float,
        target_every: int,
        target_rate: float,
        trial: Trial,
        double: bool = True,
        loss: TemporalDifference | None = None,
    ) -> None:
        super().__init__(discount, target_every, target_rate, trial)
        self.double = double
        self.loss = loss or TemporalDifference()

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """Observations (N, numbers), and actions with what they were worth (N, 2)."""
        outputs = network(inputs)
        return Step(self.loss(outputs, targets), outputs)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of values."""
        value: torch.Tensor = self.loss(outputs, targets)
        return value

    def worth(self, network: nn.Module, after: torch.Tensor) -> torch.Tensor:
        """The largest value by the copy, or the copy's value of what the network would do."""
        lagging: torch.Tensor = self.copy(after)
        if not self.double:
            return lagging.max(dim=1, keepdim=True).values
        return lagging.gather(1, network(after).argmax(dim=1, keepdim=True))

    def judged_values(self, network: nn.Module, seen: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """The values of the actions that were taken."""
        values: torch.Tensor = network(seen)
        return values.gather(1, actions.long())

    def step_loss(self, said: torch.Tensor, worth: torch.Tensor) -> torch.Tensor:
        """Huber's loss."""
        return torch.nn.functional.huber_loss(said, worth, delta=self.loss.delta)

    def policy(self, network: nn.Module) -> Policy:
        """The action that is worth most; of equals the first."""
        ask = numpy_forward(network)

        def best(seen: Observation) -> int:
            return int(np.argmax(ask(seen)))

        return best
