"""Adagrad: divides each step by the root of all past squared gradients."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters, fused


def adagrad(
    parameters: Parameters,
    learning_rate: float = 0.02,
    weight_decay: float = 0.0,
    epsilon: float = 1e-10,
) -> torch.optim.Optimizer:
    """Divides each step by the root of all past squared gradients.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        epsilon: Added outside the root, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Duchi, Hazan and Singer 2011, Adaptive subgradient methods.
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("epsilon", epsilon, above=0)
    return torch.optim.Adagrad(
        given, lr=learning_rate, weight_decay=weight_decay, eps=epsilon, fused=fused(given)
    )


CONCEPT = Concept(
    name="adagrad",
    kind="optimizer",
    summary="Divides each step by the root of all past squared gradients.",
    build=adagrad,
    aliases=(),
    equation=r"s \leftarrow s + g^2,\; w \leftarrow w - \eta g / (\sqrt{s} + \epsilon)",
    when="Sparse inputs, such as words.",
    pitfalls=("The steps only ever become smaller.",),
    source="Duchi, Hazan and Singer 2011, Adaptive subgradient methods.",
    facts={"learning_rate": 0.02},
)
