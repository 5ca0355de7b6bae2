"""SGD: steps down the gradient of the batch."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters, fused


def sgd(
    parameters: Parameters,
    learning_rate: float = 0.1,
    weight_decay: float = 0.0,
) -> torch.optim.Optimizer:
    """Steps down the gradient of the batch.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Robbins and Monro 1951, A stochastic approximation method.
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    return torch.optim.SGD(given, lr=learning_rate, weight_decay=weight_decay, fused=fused(given))


CONCEPT = Concept(
    name="sgd",
    kind="optimizer",
    summary="Steps down the gradient of the batch.",
    build=sgd,
    aliases=("gradient_descent", "stochastic_gradient_descent"),
    equation=r"w \leftarrow w - \eta g",
    when="To see plain gradient descent; with a batch of all rows it is the classical one.",
    pitfalls=("Slow along flat valleys, and it needs the right learning rate.",),
    source="Robbins and Monro 1951, A stochastic approximation method.",
    facts={"learning_rate": 0.1},
)
