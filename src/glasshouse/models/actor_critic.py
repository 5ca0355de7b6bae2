"""Actor and critic: one network that acts, and one that says what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.checks import whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import SettingError
from glasshouse.models.mlp import mlp
from glasshouse.models.q_network import refuse_odd_scale
from glasshouse.models.rescale import Rescale, standardised

HIDDEN = (128, 128)


class ActorCritic(nn.Module):
    """Two networks in one. Asked for an output it acts; :meth:`value` asks the critic.

    Args:
        actor: From what is seen (N, numbers) to an action (N, D).
        critic: From both side by side (N, numbers + D) to what that is worth (N, 1).

    Example:
        >>> network = ActorCritic(nn.Linear(3, 1), nn.Linear(4, 1))
        >>> seen = torch.zeros(5, 3)
        >>> network.value(seen, network(seen)).shape
        torch.Size([5, 1])
    """

    def __init__(self, actor: nn.Module, critic: nn.Module) -> None:
        super().__init__()
        self.actor = actor
        self.critic = critic

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """What is seen (N, numbers) to an action (N, D)."""
        action: torch.Tensor = self.actor(seen)
        return action

    def value(self, seen: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """What actions (N, D) are worth where that is seen (N, numbers): (N, 1)."""
        value: torch.Tensor = self.critic(torch.cat([seen, action], dim=1))
        return value


def actor_critic(
    inputs: int,
    outputs: int,
    hidden: Sequence[int] = HIDDEN,
    activation: Spec = "relu",
    low: Sequence[float] = (),
    high: Sequence[float] = (),
    centre: Sequence[float] = (),
    spread: Sequence[float] = (),
) -> ActorCritic:
    r"""An actor whose actions a tanh keeps between ends, and a critic, with hidden layers of the same sizes.

    .. math:: \mu(s) = \frac{\text{high} + \text{low}}{2} + \frac{\text{high} - \text{low}}{2}
        \tanh(f_\mu(s)),\quad Q(s, a) = f_Q([s, a])

    Args:
        inputs: Numbers that are seen.
        outputs: Numbers of an action.
        hidden: Units of each hidden layer, from the input on.
        activation: Name of an activation, or a table with its settings.
        low: Lower end of each number of an action; empty for -1. A world fills it in.
        high: Upper end of each number of an action; empty for 1. A world fills it in.
        centre: Taken from each number that is seen; empty for nothing. A world fills it in.
        spread: By which each is then divided; empty for not at all. A world fills it in.

    Shapes: (N, inputs) to (N, outputs).

    Raises:
        SettingError: A size is not a whole number from 1, or the ends are not as many as outputs.
        UnknownNameError: There is no such activation or initializer.

    Source:
        Lillicrap et al. 2016, Continuous control with deep reinforcement learning, arXiv 1509.02971.

    Example:
        >>> network = actor_critic(3, 1, low=[-2.0], high=[2.0])
        >>> bool((network(100 * torch.randn(50, 3)).abs() <= 2).all())
        True
    """
    sizes = whole_numbers("hidden", hidden, at_least=1)
    width = whole_number("outputs", outputs, at_least=1)
    low, high = list(low) or [-1.0] * width, list(high) or [1.0] * width
    if not len(low) == len(high) == width or not all(a < b for a, b in zip(low, high, strict=True)):
        raise SettingError(
            f"low = {low} and high = {high} for {width} number{'s' if width > 1 else ''} of an action",
            expected="two ends for each, the lower one first",
            fix="leave both out: the world fills them in",
        )
    refuse_odd_scale(inputs, centre, spread)
    actor = mlp(inputs, width, sizes, activation)
    actor.add_module("squash", nn.Tanh())
    actor.add_module("rescale", Rescale.between(low, high))
    critic = mlp(inputs + width, 1, sizes, activation)
    # What the critic sees of an action is brought back to -1 and 1.
    ends = zip(low, high, strict=True)
    middle, reach = zip(*(((a + b) / 2, (b - a) / 2) for a, b in ends), strict=True)
    beside = (
        ([*centre, *middle], [*spread, *reach])
        if centre
        else ([0.0] * inputs + [*middle], [1.0] * inputs + [*reach])
    )
    return ActorCritic(standardised(actor, centre, spread), standardised(critic, *beside))


CONCEPT = Concept(
    name="actor_critic",
    kind="model",
    summary="An actor, whose actions are numbers between ends, and a critic that says what they are worth.",
    build=actor_critic,
    aliases=("ddpg_network", "actor", "critic"),
    equation=r"\mu(s) = c + h \tanh(f_\mu(s)),\; Q(s, a) = f_Q([s, a])",
    when="Worlds in which actions are numbers, such as gymnasium:Pendulum-v1.",
    pitfalls=("Once the tanh is saturated hardly any gradient gets through: first weights must be small.",),
    source="Lillicrap et al. 2016, Continuous control with deep reinforcement learning, arXiv 1509.02971.",
    facts={
        "takes": "vector",
        "year": 2016,
        "input": (3,),
        "classes": 1,
        "parameters": 34_434,
        "macs": 16_896,  # of the actor, which is all that acting takes
        "defaults": {"objective.name": "ddpg"},
    },
)
