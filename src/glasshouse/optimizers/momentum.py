"""Momentum: gradient descent with a running sum, or a running mean, of past gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import torch

from glasshouse.core.arithmetic import Quantity, named
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.core.update import Update
from glasshouse.core.worked import worked_update
from glasshouse.optimizers.by_rule import ByRule
from glasshouse.optimizers.contract import Parameters, fused, pulled

FORMS = ("sum", "average", "rate_inside")


def momentum(
    parameters: Parameters,
    learning_rate: float = 0.02,
    weight_decay: float = 0.0,
    momentum: float = 0.9,
    form: Literal["sum", "average", "rate_inside"] = "sum",
) -> torch.optim.Optimizer:
    r"""Gradient descent with a velocity: a running sum, or a running mean, of past gradients.

    .. math::
        \text{sum:}\quad v \leftarrow \mu v + g,\; w \leftarrow w - \eta v

        \text{average:}\quad v \leftarrow \mu v + (1 - \mu) g,\; w \leftarrow w - \eta v

        \text{rate inside:}\quad v \leftarrow \mu v + \eta g,\; w \leftarrow w - v

    ``average`` with a rate of eta / (1 - mu) takes the steps of ``sum`` with eta. ``rate_inside`` takes those
    of ``sum`` as long as the rate stays the same; when it changes, past gradients keep the rate that they
    came with. "sum" is PyTorch's fused kernel; the others move all parameters of a group at once.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        momentum: Share of the velocity that is kept, from 0 to below 1.
        form: ``"sum"``, ``"average"`` or ``"rate_inside"``.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Polyak 1964, Some methods of speeding up the convergence of iteration methods. Rate inside: Sutskever,
        Martens, Dahl and Hinton 2013, On the importance of initialization and momentum in deep learning.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(1.0))
        >>> optimizer = momentum([weight], learning_rate=0.1, momentum=0.9)
        >>> for _ in range(2):
        ...     weight.grad = torch.tensor(1.0)
        ...     optimizer.step()
        >>> round(weight.item(), 4)
        0.71
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("momentum", momentum, at_least=0, below=1)
    if one_of("form", form, FORMS) != "sum":
        settings = {"lr": learning_rate, "weight_decay": weight_decay, "momentum": momentum, "form": form}
        return ByRule(given, MomentumUpdate.of, **settings)
    return torch.optim.SGD(
        given,
        lr=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        fused=fused(given),
    )


@dataclass(frozen=True)
class MomentumUpdate(Update):
    """One step with a velocity, in one of the three forms."""

    state: ClassVar[tuple[str, ...]] = ("v",)
    learning_rate: float
    weight_decay: float
    momentum: float
    form: str = "sum"

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """The velocity, and the step along it."""
        mu, eta = self.momentum, self.learning_rate
        g = pulled(g, w, self.weight_decay)
        if self.form == "rate_inside":
            v = named("v", mu * state["v"] + eta * g)
            return w - v, {"v": v}
        share = 1 - mu if self.form == "average" else 1.0
        v = named("v", mu * state["v"] + (g if share == 1 else share * g))
        return w - eta * v, {"v": v}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.SGD``, or of the forms that it lacks."""
        return cls(group["lr"], group["weight_decay"], group["momentum"], group.get("form", "sum"))


CONCEPT = Concept(
    name="momentum",
    kind="optimizer",
    summary="Gradient descent with a running sum of past gradients.",
    build=momentum,
    aliases=("heavy_ball", "sgd_momentum"),
    equation=r"v \leftarrow \mu v + g,\; w \leftarrow w - \eta v",
    symbols={
        "w": "a weight",
        "g": "gradient of the loss by it, with lambda w added for weight decay",
        "v": "velocity, 0 at the start",
        "mu": "momentum: share of the velocity that is kept, from 0 to below 1",
        "eta": "learning rate, above 0",
    },
    when="Image networks, with a schedule.",
    pitfalls=(
        "The sum makes the step 1 / (1 - momentum) times as long as plain SGD: 10 times at 0.9.",
        "A rate found for one form is wrong for another: average needs 1 / (1 - momentum) times that of sum.",
        "A ball that rolls fast overshoots: with momentum near 1 the loss swings before it settles.",
    ),
    conventions=(
        "Sum is PyTorch's form and the default here.",
        "Average, v <- mu v + (1 - mu) g, stands in many courses and in Adam; PyTorch's dampening = mu is "
        "this but for the first step, where it takes v = g whole.",
        "Rate inside, v <- mu v + eta g, is the form of Sutskever et al. 2013, Keras and TensorFlow (with "
        "the other sign of v). It differs from sum only where the rate changes.",
    ),
    source="Polyak 1964, Some methods of speeding up the convergence of iteration methods.",
    facts={"learning_rate": 0.02},
    rule=MomentumUpdate.of,
    worked=worked_update(
        momentum, MomentumUpdate.of, w=0.5, gradients=[2.0, 1.0], learning_rate=0.1, momentum=0.9
    ),
)
