"""Nadam: Adam with Nesterov's look ahead."""

from __future__ import annotations

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters


def nadam(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> torch.optim.Optimizer:
    """Adam with Nesterov's look ahead.

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
        Dozat 2016, Incorporating Nesterov momentum into Adam.
    """
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("beta1", beta1, at_least=0, below=1)
    number("beta2", beta2, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    return torch.optim.NAdam(
        parameters, lr=learning_rate, betas=(beta1, beta2), eps=epsilon, weight_decay=weight_decay
    )


CONCEPT = Concept(
    name="nadam",
    kind="optimizer",
    summary="Adam with Nesterov's look ahead.",
    build=nadam,
    aliases=(),
    equation=r"w \leftarrow w - \eta (\beta_1 \hat m + (1 - \beta_1) \hat g) / (\sqrt{\hat s} + \epsilon)",
    when="As Adam, sometimes faster at the start.",
    pitfalls=("PyTorch follows the paper's momentum schedule, Keras's early versions did not.",),
    source="Dozat 2016, Incorporating Nesterov momentum into Adam.",
    facts={"learning_rate": 0.002},
)
