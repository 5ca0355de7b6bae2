"""Adadelta: scales each step by the ratio of the running sizes of past steps and gradients."""

from __future__ import annotations

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.optimizers.contract import Parameters


def adadelta(
    parameters: Parameters,
    learning_rate: float = 1.0,
    weight_decay: float = 0.0,
    decay: float = 0.9,
    epsilon: float = 1e-6,
) -> torch.optim.Optimizer:
    """Scales each step by the ratio of the running sizes of past steps and gradients.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        decay: Share of the running means that is kept, from 0 to below 1.
        epsilon: Added inside the roots, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Zeiler 2012, Adadelta: an adaptive learning rate method.
    """
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("decay", decay, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    return torch.optim.Adadelta(
        parameters, lr=learning_rate, rho=decay, eps=epsilon, weight_decay=weight_decay
    )


CONCEPT = Concept(
    name="adadelta",
    kind="optimizer",
    summary="Scales each step by the ratio of the running sizes of past steps and gradients.",
    build=adadelta,
    aliases=(),
    equation=r"\Delta = \sqrt{(u + \epsilon) / (s + \epsilon)}\, g,\; w \leftarrow w - \eta \Delta",
    when="Where no learning rate is to be chosen.",
    pitfalls=("Epsilon sets the size of the first steps.",),
    source="Zeiler 2012, Adadelta: an adaptive learning rate method.",
    facts={"learning_rate": 1.0},
)
