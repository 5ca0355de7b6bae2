"""Adam: momentum with bias correction, divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters, fused


def adam(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> torch.optim.Optimizer:
    """Momentum with bias correction, divided by the root of a running mean of squared gradients.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        beta1: Share of the mean gradient that is kept, from 0 to below 1.
        beta2: Share of the mean square that is kept, from 0 to below 1.
        epsilon: Added outside the root, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Kingma and Ba 2015, Adam: a method for stochastic optimization.
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("beta1", beta1, at_least=0, below=1)
    number("beta2", beta2, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    return torch.optim.Adam(
        given,
        lr=learning_rate,
        betas=(beta1, beta2),
        eps=epsilon,
        weight_decay=weight_decay,
        fused=fused(given),
    )


CONCEPT = Concept(
    name="adam",
    kind="optimizer",
    summary="Momentum with bias correction, divided by the root of a running mean of squared gradients.",
    build=adam,
    aliases=(),
    equation=(
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g,\; s \leftarrow \beta_2 s + (1 - \beta_2) g^2,\; "
        r"w \leftarrow w - \eta \hat m / (\sqrt{\hat s} + \epsilon)"
    ),
    when="Most networks, without much tuning.",
    pitfalls=("Its weight decay joins the gradient (L2) and is scaled like it: AdamW decouples it.",),
    source="Kingma and Ba 2015, Adam: a method for stochastic optimization.",
    facts={"learning_rate": 0.002},
)
