"""RMSprop: divides each step by the root of a running mean of squared gradients."""

from __future__ import annotations

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters


def rmsprop(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.0,
    decay: float = 0.99,
    epsilon: float = 1e-8,
) -> torch.optim.Optimizer:
    """Divides each step by the root of a running mean of squared gradients.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        decay: Share of the running mean that is kept, from 0 to below 1.
        epsilon: Added outside the root, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Tieleman and Hinton 2012, Lecture 6.5 of Neural networks for machine learning.
    """
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("decay", decay, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    return torch.optim.RMSprop(
        parameters, lr=learning_rate, alpha=decay, eps=epsilon, weight_decay=weight_decay
    )


CONCEPT = Concept(
    name="rmsprop",
    kind="optimizer",
    summary="Divides each step by the root of a running mean of squared gradients.",
    build=rmsprop,
    aliases=(),
    equation=r"s \leftarrow \rho s + (1 - \rho) g^2,\; w \leftarrow w - \eta g / (\sqrt{s} + \epsilon)",
    when="Recurrent networks and noisy gradients.",
    pitfalls=("There is no bias correction: the first steps are large.",),
    source="Tieleman and Hinton 2012, Lecture 6.5 of Neural networks for machine learning.",
    facts={"learning_rate": 0.001},
)
