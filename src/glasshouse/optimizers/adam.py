"""Adam: momentum with bias correction, divided by the root of a running mean of squared gradients."""

from __future__ import annotations

import math
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
from glasshouse.optimizers.contract import Parameters, fused, pulled

EPSILON_PLACES = ("outside", "before_correction", "inside")
EpsilonPlace = Literal["outside", "before_correction", "inside"]


def adam(
    parameters: Parameters,
    learning_rate: float = 0.001,
    weight_decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    epsilon_place: EpsilonPlace = "outside",
    bias_correction: bool = True,
) -> torch.optim.Optimizer:
    r"""Momentum with bias correction, divided by the root of a running mean of squared gradients.

    .. math::
        m \leftarrow \beta_1 m + (1 - \beta_1) g,\quad s \leftarrow \beta_2 s + (1 - \beta_2) g^2,\quad
        \hat m = \frac{m}{1 - \beta_1^t},\quad \hat s = \frac{s}{1 - \beta_2^t},\quad
        w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \epsilon}

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.
        beta1: Share of the mean gradient that is kept, from 0 to below 1.
        beta2: Share of the mean square that is kept, from 0 to below 1.
        epsilon: Keeps the division finite, above 0.
        epsilon_place: ``"outside"``: added to the corrected root; ``"before_correction"``: added to the root
            before it is corrected, so that it counts for more at first; ``"inside"``: added to the corrected
            mean square.
        bias_correction: Whether the means are corrected for their start at zero; else m and s stand for
            their hats.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Kingma and Ba 2015, Adam: a method for stochastic optimization, arXiv 1412.6980.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(0.5))
        >>> optimizer = adam([weight], learning_rate=0.1)
        >>> weight.grad = torch.tensor(7.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)  # the first step is the learning rate, whatever the gradient
        0.4
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("beta1", beta1, at_least=0, below=1)
    number("beta2", beta2, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    one_of("epsilon_place", epsilon_place, EPSILON_PLACES)
    settings: dict[str, Any] = {
        "lr": learning_rate,
        "weight_decay": weight_decay,
        "betas": (beta1, beta2),
        "eps": epsilon,
    }
    if epsilon_place != "outside" or not bias_correction:
        more = {"epsilon_place": epsilon_place, "bias_correction": bias_correction}
        return ByRule(given, AdamUpdate.of, **settings, **more)
    return torch.optim.Adam(given, **settings, fused=fused(given))


@dataclass(frozen=True)
class AdamUpdate(Update):
    """The step of Adam, from the paper's algorithm 1."""

    state: ClassVar[tuple[str, ...]] = ("m", "s")
    learning_rate: float
    weight_decay: float
    beta1: float
    beta2: float
    epsilon: float
    epsilon_place: str = "outside"
    bias_correction: bool = True

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """Mean, mean square, both corrected for their start at zero, and the step."""
        direction, after = self.direction(pulled(g, w, self.weight_decay), state, t)
        return w - self.learning_rate * direction, after

    def direction(
        self, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """The step for a learning rate of 1, and what is remembered."""
        m = named("m", self.beta1 * state["m"] + (1 - self.beta1) * g)
        s = named("s", self.beta2 * state["s"] + (1 - self.beta2) * g * g)
        after = {"m": m, "s": s}
        if not self.bias_correction:
            inside = self.epsilon_place == "inside"
            return m / (sqrt(s + self.epsilon) if inside else sqrt(s) + self.epsilon), after
        m_hat = named("m_hat", m / (1 - self.beta1**t))
        if self.epsilon_place == "before_correction":
            return m_hat * math.sqrt(1 - self.beta2**t) / (sqrt(s) + self.epsilon), after
        s_hat = named("s_hat", s / (1 - self.beta2**t))
        if self.epsilon_place == "inside":
            return m_hat / sqrt(s_hat + self.epsilon), after
        return m_hat / (sqrt(s_hat) + self.epsilon), after

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.Adam``, or of the forms that it lacks."""
        beta1, beta2 = group["betas"]
        return cls(
            group["lr"],
            group["weight_decay"],
            beta1,
            beta2,
            group["eps"],
            group.get("epsilon_place", "outside"),
            group.get("bias_correction", True),
        )


CONCEPT = Concept(
    name="adam",
    kind="optimizer",
    summary="Momentum with bias correction, divided by the root of a running mean of squared gradients.",
    build=adam,
    aliases=("adaptive_moment_estimation",),
    equation=(
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g,\; s \leftarrow \beta_2 s + (1 - \beta_2) g^2,\; "
        r"w \leftarrow w - \eta \hat m / (\sqrt{\hat s} + \epsilon)"
    ),
    when="Most networks, without much tuning.",
    pitfalls=(
        "Its weight decay joins the gradient (L2) and is scaled like it: AdamW decouples it.",
        "With a large epsilon it turns into momentum; where gradients are tiny, 1e-8 is not negligible.",
        "After small gradients a large one moves a weight by up to 3.2 times the rate, since m follows it "
        "faster than s.",
    ),
    conventions=(
        "Epsilon outside the corrected root: the paper's algorithm 1, PyTorch.",
        "Epsilon before the correction: the end of the paper's section 2, Keras and TensorFlow.",
        "Epsilon inside the root is an option of Optax (eps_root); some courses write it so.",
        "Without bias correction: the optimizer that came with BERT. With the usual shares a steady gradient "
        "then moves a weight by 3.2 times the rate at the first step, and by 6.6 times at the twelfth.",
        "Keras has an epsilon of 1e-7, PyTorch and the paper 1e-8. The paper writes v for s.",
    ),
    source="Kingma and Ba 2015, Adam: a method for stochastic optimization, arXiv 1412.6980.",
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
