"""RMSprop: divides each step by the root of a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import torch

from glasshouse.core.arithmetic import Quantity, named, sqrt
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.core.update import Update
from glasshouse.core.worked import worked_update
from glasshouse.optimizers.by_rule import ByRule
from glasshouse.optimizers.contract import Parameters, pulled

FORMS = ("outside", "inside")


def rmsprop(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.0,
    decay: float = 0.99,
    epsilon: float = 1e-8,
    centered: bool = False,
    momentum: float = 0.0,
    form: Literal["outside", "inside"] = "outside",
) -> torch.optim.Optimizer:
    r"""Divides each step by the root of a running mean of squared gradients.

    .. math::
        s \leftarrow \rho s + (1 - \rho) g^2,\quad m \leftarrow \rho m + (1 - \rho) g,\quad
        c = s - m^2 \;\text{if centred, else}\; s

        \text{outside:}\quad v \leftarrow \mu v + \frac{g}{\sqrt{c} + \epsilon},\; w \leftarrow w - \eta v

        \text{inside:}\quad v \leftarrow \mu v + \eta \frac{g}{\sqrt{c + \epsilon}},\; w \leftarrow w - v

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        decay: Share of the running means that is kept, from 0 to below 1.
        epsilon: Keeps the division finite, above 0.
        centered: Whether the variance of the gradient divides instead of its mean square.
        momentum: Share of a velocity of such steps that is kept, from 0 to below 1.
        form: ``"outside"``: epsilon outside the root, the rate outside the velocity (PyTorch); ``"inside"``:
            both inside (Keras, TensorFlow).

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Tieleman and Hinton 2012, Lecture 6.5 of Neural networks for machine learning. Centred and with
        momentum: Graves 2013, Generating sequences with recurrent neural networks, arXiv 1308.0850.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(1.0))
        >>> optimizer = rmsprop([weight], learning_rate=0.1, decay=0.75)
        >>> weight.grad = torch.tensor(4.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)  # 1 - 0.1 * 4 / sqrt(0.25 * 16)
        0.8
    """
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("decay", decay, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    number("momentum", momentum, at_least=0, below=1)
    settings: dict[str, Any] = {
        "lr": learning_rate,
        "weight_decay": weight_decay,
        "alpha": decay,
        "eps": epsilon,
        "centered": centered,
        "momentum": momentum,
    }
    if one_of("form", form, FORMS) == "inside":
        return ByRule(parameters, RMSpropUpdate.of, **settings, form=form)
    return torch.optim.RMSprop(parameters, **settings)


@dataclass(frozen=True)
class RMSpropUpdate(Update):
    """The step of RMSprop; the mean gradient and the velocity are kept only where they are used."""

    state: ClassVar[tuple[str, ...]] = ("s", "m", "v")
    learning_rate: float
    weight_decay: float
    decay: float
    epsilon: float
    centered: bool = False
    momentum: float = 0.0
    form: str = "outside"

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """Mean square (or variance), the gradient over its root, the velocity of that, and the step."""
        rho, inside = self.decay, self.form == "inside"
        g = pulled(g, w, self.weight_decay)
        s = named("s", rho * state["s"] + (1 - rho) * g * g)
        after, spread = {"s": s}, s
        if self.centered:
            after["m"] = m = named("m", rho * state["m"] + (1 - rho) * g)
            spread = named("variance", s - m * m)
        size = sqrt(spread + self.epsilon) if inside else sqrt(spread) + self.epsilon
        step = self.learning_rate * g / size if inside else g / size
        if self.momentum:
            after["v"] = step = named("v", self.momentum * state["v"] + step)
        return w - (step if inside else self.learning_rate * step), after

    def start(self, w: torch.Tensor) -> dict[str, torch.Tensor]:
        """Zeros for what this setting remembers."""
        kept = {"s": True, "m": self.centered, "v": self.momentum > 0}
        return {name: torch.zeros_like(w) for name in self.state if kept[name]}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.RMSprop``, or of the form that it lacks."""
        return cls(
            group["lr"],
            group["weight_decay"],
            group["alpha"],
            group["eps"],
            group["centered"],
            group["momentum"],
            group.get("form", "outside"),
        )


CONCEPT = Concept(
    name="rmsprop",
    kind="optimizer",
    summary="Divides each step by the root of a running mean of squared gradients.",
    build=rmsprop,
    aliases=("rms_prop",),
    equation=r"s \leftarrow \rho s + (1 - \rho) g^2,\; w \leftarrow w - \eta g / (\sqrt{s} + \epsilon)",
    symbols={
        "w": "a weight",
        "g": "gradient of the loss by it, with lambda w added for weight decay",
        "s": "running mean of its square, 0 at the start",
        "m": "running mean of the gradient, where centred; s - m^2 is its variance",
        "v": "velocity, where there is momentum mu",
        "rho": "share of the means that is kept, from 0 to below 1",
        "eta": "learning rate, above 0",
        "epsilon": "keeps the division finite, above 0",
    },
    when="Recurrent networks and noisy gradients.",
    pitfalls=(
        "There is no bias correction: the first step is eta / sqrt(1 - rho), 10 times the rate at 0.99.",
        "Centred, a steady gradient has a variance near 0, so its step becomes huge.",
    ),
    conventions=(
        "PyTorch (outside) adds epsilon after the root, and multiplies the velocity by the rate.",
        "Keras and TensorFlow (inside) add it below the root, and the rate goes into the velocity. Inside, "
        "an epsilon acts like one of its own square root outside.",
        "Rho is 0.9 in the lecture and Keras, 0.99 in PyTorch. TensorFlow 1 starts the mean square at 1.",
    ),
    source="Tieleman and Hinton 2012, Lecture 6.5 of Neural networks for machine learning.",
    facts={"learning_rate": 0.001},
    rule=RMSpropUpdate.of,
    worked=worked_update(
        rmsprop, RMSpropUpdate.of, w=1.0, gradients=[4.0, -1.0], learning_rate=0.1, decay=0.75, momentum=0.5
    ),
)
