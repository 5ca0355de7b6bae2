"""Adadelta: scales each step by the ratio of the running sizes of past steps and gradients."""

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
from glasshouse.optimizers.contract import Parameters, pulled


def adadelta(
    parameters: Parameters,
    learning_rate: float = 1.0,
    weight_decay: float = 0.0,
    decay: float = 0.9,
    epsilon: float = 1e-6,
) -> torch.optim.Optimizer:
    r"""Scales each step by the ratio of the running sizes of past steps and gradients.

    .. math::
        s \leftarrow \rho s + (1 - \rho) g^2,\quad
        \Delta = \sqrt{\frac{u + \epsilon}{s + \epsilon}}\, g,\quad
        u \leftarrow \rho u + (1 - \rho) \Delta^2,\quad
        w \leftarrow w - \eta \Delta

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0; 1 is the paper's method.
        weight_decay: Times the weight, added to its gradient; at least 0.
        decay: Share of the running means that is kept, from 0 to below 1.
        epsilon: Added inside both roots, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Zeiler 2012, Adadelta: an adaptive learning rate method, arXiv 1212.5701.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(1.0))
        >>> optimizer = adadelta([weight], decay=0.0, epsilon=1.0)
        >>> weight.grad = torch.tensor(3.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)  # 1 - sqrt((0 + 1) / (9 + 1)) * 3
        0.0513
    """
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    number("decay", decay, at_least=0, below=1)
    number("epsilon", epsilon, above=0)
    return torch.optim.Adadelta(
        parameters, lr=learning_rate, rho=decay, eps=epsilon, weight_decay=weight_decay
    )


@dataclass(frozen=True)
class AdadeltaUpdate(Update):
    """The step of Adadelta, from the paper's algorithm 1."""

    state: ClassVar[tuple[str, ...]] = ("s", "u")
    learning_rate: float
    weight_decay: float
    decay: float
    epsilon: float

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """Mean square of the gradient, the step, and the mean square of the step."""
        rho, epsilon = self.decay, self.epsilon
        g = pulled(g, w, self.weight_decay)
        s = named("s", rho * state["s"] + (1 - rho) * g * g)
        delta = named("delta", sqrt(state["u"] + epsilon) / sqrt(s + epsilon) * g)
        u = named("u", rho * state["u"] + (1 - rho) * delta * delta)
        return w - self.learning_rate * delta, {"s": s, "u": u}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.Adadelta``."""
        return cls(group["lr"], group["weight_decay"], group["rho"], group["eps"])


CONCEPT = Concept(
    name="adadelta",
    kind="optimizer",
    summary="Scales each step by the ratio of the running sizes of past steps and gradients.",
    build=adadelta,
    aliases=("ada_delta",),
    equation=(
        r"s \leftarrow \rho s + (1 - \rho) g^2,\; "
        r"\Delta = \sqrt{(u + \epsilon) / (s + \epsilon)}\, g,\; "
        r"u \leftarrow \rho u + (1 - \rho) \Delta^2,\; w \leftarrow w - \eta \Delta"
    ),
    symbols={
        "w": "a weight",
        "g": "gradient of the loss by it, with lambda w added for weight decay",
        "s": "running mean of its square, 0 at the start",
        "delta": "the step, in the units of the weight",
        "u": "running mean of the square of past steps, 0 at the start",
        "rho": "share of the means that is kept, from 0 to below 1",
        "eta": "learning rate, 1 in the paper",
        "epsilon": "inside both roots, above 0",
    },
    when="Where no learning rate is to be chosen.",
    pitfalls=(
        "Epsilon sets the size of the first steps: at 1e-6 they are about 0.003 for every weight.",
        "It starts slowly, since small past steps make small steps.",
    ),
    conventions=(
        "The paper and PyTorch have a learning rate of 1; Keras and TensorFlow default to 0.001, which is a "
        "thousandth of the method's own step.",
        "Epsilon stands inside both roots everywhere: 1e-6 in the paper and PyTorch, 1e-7 in Keras. Rho is "
        "0.95 in the paper and Keras, 0.9 in PyTorch.",
    ),
    source="Zeiler 2012, Adadelta: an adaptive learning rate method, arXiv 1212.5701.",
    facts={"learning_rate": 1.0},
    rule=AdadeltaUpdate.of,
    worked=worked_update(adadelta, AdadeltaUpdate.of, w=1.0, gradients=[3.0], decay=0.9, epsilon=1e-6),
)
