"""Momentum: gradient descent with a running sum of past gradients."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters, fused


def momentum(
    parameters: Parameters,
    learning_rate: float = 0.02,
    weight_decay: float = 0.0,
    momentum: float = 0.9,
) -> torch.optim.Optimizer:
    """Gradient descent with a running sum of past gradients.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        momentum: Share of the running sum that is kept, from 0 to below 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Polyak 1964, Some methods of speeding up the convergence of iteration methods.
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("momentum", momentum, at_least=0, below=1)
    return torch.optim.SGD(
        given,
        lr=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        fused=fused(given),
    )


CONCEPT = Concept(
    name="momentum",
    kind="optimizer",
    summary="Gradient descent with a running sum of past gradients.",
    build=momentum,
    aliases=("heavy_ball", "sgd_momentum"),
    equation=r"v \leftarrow \mu v + g,\; w \leftarrow w - \eta v",
    when="Image networks, with a schedule.",
    pitfalls=(
        "The sum makes the step 1 / (1 - momentum) times as long as plain SGD: 10 times at 0.9.",
        "Books that average instead, (1 - momentum) g, need a rate larger by that factor.",
    ),
    source="Polyak 1964, Some methods of speeding up the convergence of iteration methods.",
    facts={"learning_rate": 0.02},
)
