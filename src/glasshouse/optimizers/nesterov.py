"""Nesterov momentum: momentum whose gradient is taken a step ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

FORMS = ("sum", "rate_inside")


def nesterov(
    parameters: Parameters,
    learning_rate: float = 0.02,
    weight_decay: float = 0.0,
    momentum: float = 0.9,
    form: Literal["sum", "rate_inside"] = "sum",
) -> torch.optim.Optimizer:
    r"""Momentum whose gradient is taken a step ahead.

    .. math::
        \text{sum:}\quad v \leftarrow \mu v + g,\; w \leftarrow w - \eta\,(g + \mu v)

        \text{rate inside:}\quad v \leftarrow \mu v + \eta g,\; w \leftarrow w - (\eta g + \mu v)

    The paper takes the gradient at the look-ahead point (:func:`look_ahead`). Written for that point instead
    of for the weights behind it, the same steps need no gradient but the one at hand: what is trained *is*
    the look-ahead point.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        momentum: Share of the velocity that is kept, above 0 and below 1.
        form: ``"sum"`` or ``"rate_inside"``; they differ only where the rate changes.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Nesterov 1983; Sutskever, Martens, Dahl and Hinton 2013, On the importance of initialization and
        momentum in deep learning.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(1.0))
        >>> optimizer = nesterov([weight], learning_rate=0.1, momentum=0.9)
        >>> weight.grad = torch.tensor(1.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)
        0.81
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("momentum", momentum, above=0, below=1)
    if one_of("form", form, FORMS) != "sum":
        settings = {"lr": learning_rate, "weight_decay": weight_decay, "momentum": momentum, "form": form}
        return ByRule(given, NesterovUpdate.of, **settings)
    return torch.optim.SGD(
        given,
        lr=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=True,
        fused=fused(given),
    )


def look_ahead(
    w: Quantity,
    v: Quantity,
    gradient_at: Callable[[Quantity], Quantity],
    learning_rate: float,
    momentum: float,
) -> tuple[Quantity, Quantity]:
    r"""One step as the paper writes it: roll on, look at the slope there, correct.

    .. math:: v \leftarrow \mu v - \eta\,\nabla L(w + \mu v),\; w \leftarrow w + v

    Args:
        w: The weights.
        v: The velocity, 0 at the start; it points downhill here.
        gradient_at: The gradient of the loss at any point.
        learning_rate: Step size, above 0.
        momentum: Share of the velocity that is kept, from 0 to below 1.

    Returns:
        The weights and the velocity after the step. ``w + momentum * v`` is the point that :func:`nesterov`
        trains.

    Source:
        Sutskever, Martens, Dahl and Hinton 2013, equations 3 and 4.

    Example:
        >>> w, v = look_ahead(1.0, 0.0, lambda point: 2 * point, learning_rate=0.1, momentum=0.5)
        >>> w, v
        (0.8, -0.2)
    """
    v = named("v", momentum * v - learning_rate * gradient_at(w + momentum * v))
    return w + v, v


@dataclass(frozen=True)
class NesterovUpdate(Update):
    """One step, written for the look-ahead point."""

    state: ClassVar[tuple[str, ...]] = ("v",)
    learning_rate: float
    weight_decay: float
    momentum: float
    form: str = "sum"

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """The velocity, and a step along the gradient and what the velocity will be."""
        mu, eta = self.momentum, self.learning_rate
        g = pulled(g, w, self.weight_decay)
        if self.form == "rate_inside":
            v = named("v", mu * state["v"] + eta * g)
            return w - (eta * g + mu * v), {"v": v}
        v = named("v", mu * state["v"] + g)
        return w - eta * (g + mu * v), {"v": v}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.SGD``, or of the form that it lacks."""
        return cls(group["lr"], group["weight_decay"], group["momentum"], group.get("form", "sum"))


CONCEPT = Concept(
    name="nesterov",
    kind="optimizer",
    summary="Momentum whose gradient is taken a step ahead.",
    build=nesterov,
    aliases=("nag", "nesterov_momentum", "nesterov_accelerated_gradient"),
    equation=r"v \leftarrow \mu v + g,\; w \leftarrow w - \eta (g + \mu v)",
    symbols={
        "w": "a weight, at the look-ahead point",
        "g": "gradient of the loss there, with lambda w added for weight decay",
        "v": "velocity, 0 at the start",
        "mu": "momentum: share of the velocity that is kept, above 0 and below 1",
        "eta": "learning rate, above 0",
    },
    when="As momentum, with a little less overshooting.",
    pitfalls=(
        "The trained weights are the look-ahead point, a small step ahead of the paper's weights.",
        "Its proof of faster convergence holds for convex losses and full batches only.",
    ),
    conventions=(
        "The look-ahead form of the paper needs the gradient at w + mu v. PyTorch, Keras and TensorFlow all "
        "train the look-ahead point itself, which is the same walk in other coordinates.",
        "Sum is PyTorch's form; rate inside is that of Keras and TensorFlow, and follows the look-ahead form "
        "of Sutskever et al. 2013 exactly, also when the rate changes.",
        "Nesterov's own method has a schedule for the momentum, which none of them keeps.",
    ),
    source="Nesterov 1983; Sutskever, Martens, Dahl and Hinton 2013.",
    facts={"learning_rate": 0.02},
    rule=NesterovUpdate.of,
    worked=worked_update(
        nesterov, NesterovUpdate.of, w=0.5, gradients=[2.0, 1.0], learning_rate=0.1, momentum=0.9
    ),
)
