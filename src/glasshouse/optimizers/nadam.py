"""Nadam: Adam with Nesterov's look ahead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from glasshouse.core.arithmetic import Quantity, named, sqrt
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.update import Update
from glasshouse.core.worked import worked_update
from glasshouse.optimizers.by_rule import ByRule
from glasshouse.optimizers.contract import Parameters, pulled


def nadam(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    momentum_decay: float | str = 0.004,
    decoupled: bool = False,
) -> torch.optim.Optimizer:
    r"""Adam with Nesterov's look ahead.

    .. math::
        \mu_t = \beta_1 (1 - \tfrac12\, 0.96^{t \psi}),\quad
        \hat m = \frac{\mu_{t+1}\, m}{1 - \prod_{i=1}^{t+1} \mu_i}
        + \frac{(1 - \mu_t)\, g}{1 - \prod_{i=1}^{t} \mu_i},\quad
        w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \epsilon}

    with m and s as in Adam. Without the momentum schedule, all mu are beta1.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        beta1: Share of the mean gradient that is kept, from 0 to below 1.
        beta2: Share of the mean square that is kept, from 0 to below 1.
        epsilon: Added outside the root, above 0.
        momentum_decay: psi, how fast the momentum rises from half of beta1 to beta1; at least 0. ``"off"``
            for a momentum that is beta1 throughout.
        decoupled: Whether the decay is taken from the weight apart from the gradient, as in AdamW.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Dozat 2016, Incorporating Nesterov momentum into Adam.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(0.5))
        >>> optimizer = nadam([weight], learning_rate=0.1, momentum_decay="off")
        >>> weight.grad = torch.tensor(7.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)  # 0.5 - 0.1 * (0.9 * 0.1 / (1 - 0.81) + 0.1 / 0.1)
        0.3526
    """
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("beta1", beta1, at_least=0, below=1)
    number("beta2", beta2, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    settings: dict[str, Any] = {
        "lr": learning_rate,
        "weight_decay": weight_decay,
        "betas": (beta1, beta2),
        "eps": epsilon,
        "decoupled_weight_decay": decoupled,
    }
    if momentum_decay == "off":
        return ByRule(parameters, NadamUpdate.of, **settings, momentum_decay=None)
    if isinstance(momentum_decay, str):
        raise SettingError(
            f"momentum_decay = {momentum_decay!r}",
            expected='a number at least 0, or "off"',
            fix='write momentum_decay = "off" for a momentum that stays the same',
        )
    number("momentum_decay", momentum_decay, at_least=0)
    return torch.optim.NAdam(parameters, **settings, momentum_decay=momentum_decay)


@dataclass(frozen=True)
class NadamUpdate(Update):
    """The step of Nadam, from the paper's algorithm 2."""

    state: ClassVar[tuple[str, ...]] = ("m", "s")
    learning_rate: float
    weight_decay: float
    beta1: float
    beta2: float
    epsilon: float
    momentum_decay: float | None = 0.004
    decoupled: bool = False

    def momentum(self, t: int) -> float:
        """The momentum of step t."""
        if self.momentum_decay is None:
            return self.beta1
        return float(self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay)))

    def momenta(self, t: int) -> float:
        """The product of the momenta of the first t steps."""
        if self.momentum_decay is None:
            return float(self.beta1**t)
        return math.prod(self.momentum(i) for i in range(1, t + 1))

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """Means as in Adam, the mean of the coming step looked ahead to, and the step."""
        if self.weight_decay and self.decoupled:
            w = named("w_decayed", w - self.learning_rate * self.weight_decay * w)
        else:
            g = pulled(g, w, self.weight_decay)
        m = named("m", self.beta1 * state["m"] + (1 - self.beta1) * g)
        s = named("s", self.beta2 * state["s"] + (1 - self.beta2) * g * g)
        s_hat = named("s_hat", s / (1 - self.beta2**t))
        ahead = self.momentum(t + 1) / (1 - self.momenta(t + 1)) * m
        m_hat = named("m_hat", ahead + (1 - self.momentum(t)) / (1 - self.momenta(t)) * g)
        return w - self.learning_rate * m_hat / (sqrt(s_hat) + self.epsilon), {"m": m, "s": s}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.NAdam``, or of the form that it lacks."""
        beta1, beta2 = group["betas"]
        return cls(
            group["lr"],
            group["weight_decay"],
            beta1,
            beta2,
            group["eps"],
            group["momentum_decay"],
            group["decoupled_weight_decay"],
        )


CONCEPT = Concept(
    name="nadam",
    kind="optimizer",
    summary="Adam with Nesterov's look ahead.",
    build=nadam,
    aliases=("nesterov_adam",),
    equation=(
        r"\hat m = \frac{\mu_{t+1} m}{1 - \prod_{i \le t+1} \mu_i} + \frac{(1 - \mu_t) g}"
        r"{1 - \prod_{i \le t} \mu_i},\; w \leftarrow w - \eta \hat m / (\sqrt{\hat s} + \epsilon)"
    ),
    symbols={
        "w": "a weight",
        "g": "gradient of the loss by it, with lambda w added for coupled weight decay",
        "m": "running mean of the gradient, as in Adam",
        "s": "running mean of its square, as in Adam; its hat corrects for the start at zero",
        "mu_t": "momentum of step t: beta1 (1 - 0.96^(t psi) / 2), or beta1 throughout",
        "psi": "momentum_decay, at least 0",
        "eta": "learning rate, above 0",
        "epsilon": "outside the root, above 0",
    },
    when="As Adam, sometimes faster at the start.",
    pitfalls=(
        "The first steps are longer than Adam's: 1.47 times the rate without the momentum schedule.",
        "With psi = 0.004 the momentum rises slowly: after 2000 steps it is 0.58, of a beta1 of 0.9.",
    ),
    conventions=(
        "PyTorch follows the paper's momentum schedule with psi = 0.004; its own running mean keeps beta1.",
        "Keras 3 raises 0.96 to the number of the step itself, which is psi = 1.",
        'The short form in many courses has no schedule: momentum_decay = "off".',
        "Weight decay is coupled unless decoupled is set (PyTorch's decoupled_weight_decay).",
    ),
    source="Dozat 2016, Incorporating Nesterov momentum into Adam.",
    facts={"learning_rate": 0.002},
    rule=NadamUpdate.of,
    worked=worked_update(nadam, NadamUpdate.of, w=0.5, gradients=[0.2, -0.1], learning_rate=0.1),
)
