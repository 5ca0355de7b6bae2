"""SGD: steps down the gradient of the batch; of a batch of all rows it is gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.update import Update
from glasshouse.core.worked import worked_update
from glasshouse.optimizers.contract import Parameters, fused, pulled


def sgd(
    parameters: Parameters,
    learning_rate: float = 0.1,
    weight_decay: float = 0.0,
) -> torch.optim.Optimizer:
    r"""Steps down the gradient of the batch.

    .. math:: w \leftarrow w - \eta\,(g + \lambda w)

    The batch decides which method this is: one row is stochastic gradient descent proper, some rows are
    mini-batch gradient descent, all rows are (batch) gradient descent.

    Args:
        parameters: Parameters, or groups of them, as PyTorch's optimizers take them.
        learning_rate: Step size, above 0.
        weight_decay: Times the weight, added to its gradient; at least 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Cauchy 1847 (gradient descent); Robbins and Monro 1951, A stochastic approximation method.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor(0.5))
        >>> optimizer = sgd([weight], learning_rate=0.1)
        >>> weight.grad = torch.tensor(2.0)
        >>> optimizer.step()
        >>> round(weight.item(), 4)
        0.3
    """
    given: list[Any] = list(parameters)  # looked at twice, and module.parameters() can be read once
    number("learning_rate", learning_rate, above=0)
    number("weight_decay", weight_decay, at_least=0)
    return torch.optim.SGD(given, lr=learning_rate, weight_decay=weight_decay, fused=fused(given))


@dataclass(frozen=True)
class SgdUpdate(Update):
    """One step down the gradient."""

    learning_rate: float
    weight_decay: float

    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """``w - eta g``; nothing is remembered."""
        return w - self.learning_rate * pulled(g, w, self.weight_decay), {}

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a parameter group of ``torch.optim.SGD``."""
        return cls(group["lr"], group["weight_decay"])


CONCEPT = Concept(
    name="sgd",
    kind="optimizer",
    summary="Steps down the gradient of the batch.",
    build=sgd,
    aliases=("gradient_descent", "stochastic_gradient_descent", "mini_batch_gradient_descent"),
    equation=r"w \leftarrow w - \eta (g + \lambda w)",
    symbols={
        "w": "a weight",
        "g": "gradient of the batch's mean loss by it",
        "eta": "learning rate, above 0",
        "lambda": "weight decay, at least 0",
    },
    when="To see plain gradient descent; with a batch of all rows it is the classical one.",
    pitfalls=(
        "It is slow along flat valleys and jumps to and fro across narrow ones.",
        "With a rate above 2 over the largest curvature it diverges, even in a smooth bowl.",
    ),
    conventions=(
        "Gradient descent means a batch of all rows (training.batch_size from the number of rows on), SGD in "
        "the strict sense a batch of one; the field says SGD for every batch size, and so do we.",
        "The gradient is that of the mean over the batch; where a book sums, its rate is smaller by the "
        "batch size.",
        "Weight decay is coupled: for plain SGD that equals decoupled decay and an L2 penalty of lambda / 2.",
    ),
    source="Cauchy 1847; Robbins and Monro 1951, A stochastic approximation method.",
    facts={"learning_rate": 0.1},
    rule=SgdUpdate.of,
    worked=worked_update(sgd, SgdUpdate.of, w=0.5, gradients=[2.0], learning_rate=0.1, weight_decay=0.01),
)
