"""AdamW: Adam with weight decay apart from the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import torch

from glasshouse.core.arithmetic import Quantity, named
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_update
from glasshouse.optimizers.adam import EPSILON_PLACES, AdamUpdate, EpsilonPlace
from glasshouse.optimizers.by_rule import ByRule
from glasshouse.optimizers.contract import Parameters, fused

DECAYS = ("times_rate", "times_schedule")


def adamw(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    epsilon_place: EpsilonPlace = "outside",
    decay: Literal["times_rate", "times_schedule"] = "times_rate",
) -> torch.optim.Optimizer:
    r"""Adam with weight decay apart from the gradient.

    .. math::
        \text{times rate:}\quad
        w \leftarrow (1 - \eta \lambda)\, w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \epsilon}

        \text{times schedule:}\quad
        w \leftarrow (1 - f \lambda)\, w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \epsilon},\; f = \eta / \eta_0

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0; the base rate eta_0 where a schedule changes it.
        weight_decay: Share of a weight that is taken away per step, times what ``decay`` says; at least 0.
        beta1: Share of the mean gradient that is kept, from 0 to below 1.
        beta2: Share of the mean square that is kept, from 0 to below 1.
        epsilon: Keeps the division finite, above 0.
        epsilon_place: ``"outside"``, ``"before_correction"`` or ``"inside"``, as in Adam.
        decay: ``"times_rate"``: the decay is multiplied by the learning rate; ``"times_schedule"``: by the
            schedule's factor only, so that another base rate leaves it alone.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Loshchilov and Hutter 2019, Decoupled weight decay regularization, arXiv 1711.05101.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(1.0))
        >>> optimizer = adamw([weight], learning_rate=0.1, weight_decay=0.5)
        >>> weight.grad = torch.tensor(7.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)  # 1 - 0.1 * 0.5 * 1 - 0.1
        0.85
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("beta1", beta1, at_least=0, below=1)
    number("beta2", beta2, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    one_of("epsilon_place", epsilon_place, EPSILON_PLACES)
    one_of("decay", decay, DECAYS)
    settings: dict[str, Any] = {
        "lr": learning_rate,
        "weight_decay": weight_decay,
        "betas": (beta1, beta2),
        "eps": epsilon,
    }
    if epsilon_place != "outside" or decay != "times_rate":
        base = learning_rate if decay == "times_schedule" else None
        return ByRule(given, AdamWUpdate.of, **settings, epsilon_place=epsilon_place, base_rate=base)
    return torch.optim.AdamW(given, **settings, fused=fused(given))


@dataclass(frozen=True)
class AdamWUpdate(AdamUpdate):
    """The step of AdamW, from the paper's algorithm 2.

    Args:
        base_rate: The rate that the schedule multiplies, where the decay goes with the schedule alone.
    """

    base_rate: float | None = None

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """The weight made smaller, and Adam's step from there."""
        direction, after = self.direction(g, state, t)
        factor = self.learning_rate if self.base_rate is None else self.learning_rate / self.base_rate
        if self.weight_decay:
            w = named("w_decayed", w - factor * self.weight_decay * w)
        return w - self.learning_rate * direction, after

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.AdamW``, or of the forms that it lacks."""
        beta1, beta2 = group["betas"]
        return cls(
            group["lr"],
            group["weight_decay"],
            beta1,
            beta2,
            group["eps"],
            group.get("epsilon_place", "outside"),
            base_rate=group.get("base_rate"),
        )


CONCEPT = Concept(
    name="adamw",
    kind="optimizer",
    summary="Adam with weight decay apart from the gradient.",
    build=adamw,
    aliases=("decoupled_adam",),
    equation=r"w \leftarrow (1 - \eta \lambda) w - \eta \hat m / (\sqrt{\hat s} + \epsilon)",
    symbols={
        "w": "a weight",
        "m": "running mean of the gradient, as in Adam; the decay is no part of it",
        "s": "running mean of its square, as in Adam",
        "eta": "learning rate, above 0; hats correct for the start at zero, as in Adam",
        "lambda": "weight decay, at least 0",
        "epsilon": "keeps the division finite, above 0",
    },
    when="The default: most networks, with decay that does what it says.",
    pitfalls=(
        "The decay is multiplied by the learning rate (PyTorch, Keras); the paper keeps them apart.",
        "A decay of 0.01 times a rate of 0.001 takes a weight down by 1 % in 1000 steps: often too little.",
        "Biases and norms should not decay; training here leaves them out.",
    ),
    conventions=(
        "Decay times rate: PyTorch, Keras, Optax. Decay times the schedule's factor only: the paper, where "
        "0.01 therefore means 1000 times as much at a rate of 0.001.",
        "Adam with weight_decay is another method: there the decay goes into m and s.",
        "Where epsilon stands is an option, as in Adam.",
    ),
    source="Loshchilov and Hutter 2019, Decoupled weight decay regularization, arXiv 1711.05101.",
    facts={"learning_rate": 0.002},
    rule=AdamWUpdate.of,
    worked=worked_update(
        adamw, AdamWUpdate.of, w=0.5, gradients=[0.2, -0.1], learning_rate=0.1, weight_decay=0.1
    ),
)
