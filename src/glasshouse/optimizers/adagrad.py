"""Adagrad: divides each step by the root of all past squared gradients."""

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
from glasshouse.optimizers.by_rule import ByRule
from glasshouse.optimizers.contract import Parameters, fused, pulled


def adagrad(
    parameters: Parameters,
    learning_rate: float = 0.02,
    weight_decay: float = 0.0,
    epsilon: float = 1e-10,
    initial_sum: float = 0.0,
    epsilon_inside: bool = False,
) -> torch.optim.Optimizer:
    r"""Divides each step by the root of all past squared gradients.

    .. math::
        s \leftarrow s + g^2,\qquad
        w \leftarrow w - \eta\,\frac{g}{\sqrt{s} + \epsilon} \;\text{(outside)},\quad
        w \leftarrow w - \eta\,\frac{g}{\sqrt{s + \epsilon}} \;\text{(inside)}

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        epsilon: Keeps the division finite, above 0.
        initial_sum: Where s starts, at least 0.
        epsilon_inside: Whether epsilon is added inside the root instead of outside.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Duchi, Hazan and Singer 2011, Adaptive subgradient methods for online learning and stochastic
        optimization.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(1.0))
        >>> optimizer = adagrad([weight], learning_rate=0.1)
        >>> for gradient in (3.0, 4.0):
        ...     weight.grad = torch.tensor(gradient)
        ...     optimizer.step()
        >>> round(weight.item(), 4)  # 1 - 0.1 * 3 / 3 - 0.1 * 4 / 5
        0.82
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("epsilon", epsilon, above=0)
    number("initial_sum", initial_sum, at_least=0)
    settings: dict[str, Any] = {
        "lr": learning_rate,
        "weight_decay": weight_decay,
        "eps": epsilon,
        "initial_accumulator_value": initial_sum,
    }
    if epsilon_inside:
        return ByRule(given, AdagradUpdate.of, **settings, epsilon_inside=True)
    return torch.optim.Adagrad(given, **settings, fused=fused(given))


@dataclass(frozen=True)
class AdagradUpdate(Update):
    """The step of Adagrad."""

    state: ClassVar[tuple[str, ...]] = ("s",)
    learning_rate: float
    weight_decay: float
    epsilon: float
    initial_sum: float = 0.0
    epsilon_inside: bool = False

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """The sum of squares, and the gradient over its root."""
        g = pulled(g, w, self.weight_decay)
        s = named("s", state["s"] + g * g)
        size = sqrt(s + self.epsilon) if self.epsilon_inside else sqrt(s) + self.epsilon
        return w - self.learning_rate * g / size, {"s": s}

    def start(self, w: torch.Tensor) -> dict[str, torch.Tensor]:
        """The sum at its set start."""
        return {"s": torch.full_like(w, self.initial_sum)}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.Adagrad``, or of the form that it lacks."""
        return cls(
            group["lr"],
            group["weight_decay"],
            group["eps"],
            group["initial_accumulator_value"],
            group.get("epsilon_inside", False),
        )


CONCEPT = Concept(
    name="adagrad",
    kind="optimizer",
    summary="Divides each step by the root of all past squared gradients.",
    build=adagrad,
    aliases=("adaptive_gradient",),
    equation=r"s \leftarrow s + g^2,\; w \leftarrow w - \eta g / (\sqrt{s} + \epsilon)",
    symbols={
        "w": "a weight",
        "g": "gradient of the loss by it, with lambda w added for weight decay",
        "s": "sum of its squares, initial_sum at the start",
        "eta": "learning rate, above 0",
        "epsilon": "keeps the division finite, above 0",
    },
    when="Sparse inputs, such as words: what is seen rarely keeps a large step.",
    pitfalls=(
        "The steps only ever become smaller, in long runs too small to learn.",
        "The first step is the learning rate for every weight, however small its gradient.",
    ),
    conventions=(
        "The paper and PyTorch add epsilon outside the root and start the sum at 0.",
        "Keras and TensorFlow add it inside (epsilon_inside) and start the sum at 0.1 (initial_sum).",
        "PyTorch's lr_decay is left out: that is what a schedule is for.",
    ),
    source="Duchi, Hazan and Singer 2011, Adaptive subgradient methods.",
    facts={"learning_rate": 0.02},
    rule=AdagradUpdate.of,
    worked=worked_update(adagrad, AdagradUpdate.of, w=1.0, gradients=[3.0, 4.0], learning_rate=0.1),
)
