"""Nesterov momentum: momentum whose gradient is taken a step ahead."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters, fused


def nesterov(
    parameters: Parameters,
    learning_rate: float = 0.02,
    weight_decay: float = 0.0,
    momentum: float = 0.9,
) -> torch.optim.Optimizer:
    """Momentum whose gradient is taken a step ahead.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        momentum: Share of the running sum that is kept, above 0 and below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Nesterov 1983; Sutskever, Martens, Dahl and Hinton 2013.
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("momentum", momentum, above=0, below=1)
    return torch.optim.SGD(
        given,
        lr=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=True,
        fused=fused(given),
    )


CONCEPT = Concept(
    name="nesterov",
    kind="optimizer",
    summary="Momentum whose gradient is taken a step ahead.",
    build=nesterov,
    aliases=("nag", "nesterov_momentum"),
    equation=r"v \leftarrow \mu v + g,\; w \leftarrow w - \eta (g + \mu v)",
    when="As momentum, with a little less overshooting.",
    pitfalls=("This is the form of Sutskever et al. 2013; Nesterov's own has a schedule for the momentum.",),
    source="Nesterov 1983; Sutskever, Martens, Dahl and Hinton 2013.",
    facts={"learning_rate": 0.02},
)
