"""Adam: momentum with bias correction, divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from glasshouse.core.arithmetic import Quantity, named, sqrt
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.update import Update
from glasshouse.core.worked import worked_update
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


@dataclass(frozen=True)
class AdamUpdate(Update):
    """The step of Adam, from the paper's algorithm 1."""

    state: ClassVar[tuple[str, ...]] = ("m", "s")
    learning_rate: float
    weight_decay: float
    beta1: float
    beta2: float
    epsilon: float

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """Mean, mean square, both corrected for their start at zero, and the step."""
        if self.weight_decay:
            g = named("g_decayed", g + self.weight_decay * w)
        m = named("m", self.beta1 * state["m"] + (1 - self.beta1) * g)
        s = named("s", self.beta2 * state["s"] + (1 - self.beta2) * g * g)
        m_hat = named("m_hat", m / (1 - self.beta1**t))
        s_hat = named("s_hat", s / (1 - self.beta2**t))
        return w - self.learning_rate * m_hat / (sqrt(s_hat) + self.epsilon), {"m": m, "s": s}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.Adam``."""
        beta1, beta2 = group["betas"]
        return cls(group["lr"], group["weight_decay"], beta1, beta2, group["eps"])


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
    symbols={
        "w": "a weight",
        "g": "gradient of the loss by it",
        "m": "running mean of the gradient, 0 at the start",
        "s": "running mean of its square, 0 at the start",
        "t": "number of the step, from 1; hats divide by 1 - beta^t",
        "eta": "learning rate, above 0",
        "beta": "shares kept, from 0 to below 1",
        "epsilon": "keeps the division finite, above 0",
    },
    rule=AdamUpdate.of,
    worked=worked_update(adam, AdamUpdate.of, w=0.5, gradients=[0.2]),
)
