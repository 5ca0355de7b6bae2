"""Deep Q-network: what every action is worth in what is seen."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.checks import whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.core.errors import SettingError
from glasshouse.models.initialize import initialize
from glasshouse.models.mlp import mlp
from glasshouse.models.rescale import standardised

HIDDEN = (128, 128)


class Dueling(nn.Module):
    r"""A trunk, and behind it the value of the state and the advantage of each action.

    .. math:: Q(s, a) = V(s) + A(s, a) - \frac1K \sum_{a'} A(s, a')

    Args:
        trunk: From what is seen to features.
        value: From features to one number.
        advantage: From features to a number for each action.

    Example:
        >>> network = Dueling(nn.Identity(), nn.Linear(2, 1), nn.Linear(2, 3))
        >>> q, seen = network(torch.ones(1, 2)), torch.ones(1, 2)
        >>> bool(torch.allclose(q.mean(1, keepdim=True), network.value(seen)))
        True
    """

    def __init__(self, trunk: nn.Module, value: nn.Module, advantage: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.value = value
        self.advantage = advantage

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """What is seen (N, numbers) to the value of every action (N, K)."""
        features = self.trunk(seen)
        advantage = self.advantage(features)
        q: torch.Tensor = self.value(features) + advantage - advantage.mean(dim=1, keepdim=True)
        return q


def q_network(
    inputs: int | Sequence[int],
    outputs: int,
    hidden: Sequence[int] = HIDDEN,
    activation: Spec = "relu",
    dueling: bool = False,
    centre: Sequence[float] = (),
    spread: Sequence[float] = (),
) -> nn.Module:
    r"""A network with one output for each action: what it is worth.

    .. math:: Q(s, \cdot) = W_{L+1} h_L + b_{L+1},\qquad
        \text{dueling: } Q(s, a) = V(s) + A(s, a) - \frac1K \sum_{a'} A(s, a')

    One pass gives the values of all actions, so the best one costs no more than any.

    Args:
        inputs: Numbers that are seen.
        outputs: Actions.
        hidden: Units of each hidden layer, from the input on; for ``dueling`` at least one.
        activation: Name of an activation, or a table with its settings.
        dueling: Whether value and advantages have an output layer each.
        centre: Taken from each number that is seen; empty for nothing. A world fills it in.
        spread: By which each is then divided; empty for not at all. A world fills it in.

    Shapes: (N, inputs) to (N, outputs).

    Raises:
        SettingError: A size is not a whole number from 1, or a dueling network has no hidden layer.
        UnknownNameError: There is no such activation or initializer.

    Source:
        Mnih et al. 2015, Human-level control through deep reinforcement learning; Wang et al. 2016, Dueling
        network architectures for deep reinforcement learning, arXiv 1511.06581.

    Example:
        >>> q_network(4, 2, hidden=[8])
        Sequential(
          (linear1): Linear(in_features=4, out_features=8, bias=True)
          (activation1): ReLU()
          (output): Linear(in_features=8, out_features=2, bias=True)
        )
    """
    sizes = whole_numbers("hidden", hidden, at_least=1)
    whole_number("outputs", outputs, at_least=1)
    refuse_odd_scale(inputs, centre, spread)
    plain = mlp(inputs, outputs, sizes, activation)
    if not dueling:
        return standardised(plain, centre, spread)
    if not sizes:
        raise SettingError(
            "a dueling network without a hidden layer",
            expected="at least one hidden layer, whose features value and advantages share",
            fix="set model.hidden = [128], or model.dueling = false",
        )
    trunk = standardised(nn.Sequential(OrderedDict(list(plain.named_children())[:-1])), centre, spread)
    network = Dueling(trunk, nn.Linear(sizes[-1], 1), nn.Linear(sizes[-1], outputs))
    for last in (network.value, network.advantage):
        initialize(last, "auto", activation)
    return network


def refuse_odd_scale(inputs: int | Sequence[int], centre: Sequence[float], spread: Sequence[float]) -> None:
    """Refuse centres and spreads that are not one for each number that is seen.

    Raises:
        SettingError: There are more or fewer, or a spread is not above 0.
    """
    wanted = math.prod([inputs] if isinstance(inputs, int) else inputs)
    right = len(centre) == len(spread) and len(centre) in (0, wanted) and all(each > 0 for each in spread)
    if not right:
        raise SettingError(
            f"centre = {list(centre)} and spread = {list(spread)} for {wanted} numbers",
            expected=f"{wanted} of each, spreads above 0, or none",
            fix="leave both out: the world fills them in",
        )


CONCEPT = Concept(
    name="q_network",
    kind="model",
    summary="Deep Q-network: one output for each action, which says what it is worth.",
    build=q_network,
    aliases=("dqn", "deep_q_network", "dueling_network"),
    equation=r"Q(s, a) = V(s) + A(s, a) - \tfrac1K \sum_{a'} A(s, a') \text{ (dueling)}",
    when="Worlds in which one of several actions is taken, such as gymnasium:CartPole-v1.",
    pitfalls=(
        "Dropout and batch norm make its own targets noisy; it has neither.",
        "For actions that are numbers there is no largest output to take: actor_critic.",
    ),
    source=(
        "Mnih et al. 2015, Human-level control through deep reinforcement learning; Wang et al. 2016, "
        "Dueling network architectures for deep reinforcement learning, arXiv 1511.06581."
    ),
    facts={
        "takes": "vector",
        "year": 2015,
        "input": (4,),
        "classes": 2,
        "parameters": 17_410,
        "macs": 17_152,
        "defaults": {"objective.name": "q_learning"},
    },
)
