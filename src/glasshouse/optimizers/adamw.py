"""AdamW: Adam with weight decay apart from the gradient."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters, fused


def adamw(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> torch.optim.Optimizer:
    """Adam with weight decay apart from the gradient.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Share of a weight that is taken away per step, times the learning rate; at least 0.
        beta1: Share of the mean gradient that is kept, from 0 to below 1.
        beta2: Share of the mean square that is kept, from 0 to below 1.
        epsilon: Added outside the root, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Loshchilov and Hutter 2019, Decoupled weight decay regularization.
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("beta1", beta1, at_least=0, below=1)
    number("beta2", beta2, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    return torch.optim.AdamW(
        given,
        lr=learning_rate,
        betas=(beta1, beta2),
        eps=epsilon,
        weight_decay=weight_decay,
        fused=fused(given),
    )


CONCEPT = Concept(
    name="adamw",
    kind="optimizer",
    summary="Adam with weight decay apart from the gradient.",
    build=adamw,
    aliases=(),
    equation=r"w \leftarrow (1 - \eta \lambda) w - \eta \hat m / (\sqrt{\hat s} + \epsilon)",
    when="The default: most networks, with decay that does what it says.",
    pitfalls=("The decay is multiplied by the learning rate (PyTorch, Keras); the paper keeps them apart.",),
    source="Loshchilov and Hutter 2019, Decoupled weight decay regularization.",
    facts={"learning_rate": 0.002},
)
