"""L2: a penalty on the squares of the weights, which keeps all of them small."""

from __future__ import annotations

import torch

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.regularizers.contract import Penalty
from glasshouse.regularizers.penalty_rule import penalty_rule


class L2(Penalty):
    r"""Half the sum of the squared weights.

    .. math:: P = \frac{\lambda}{2} \sum_i w_i^2

    Every weight is pulled towards 0 in proportion to its size.

    Shapes: weights of any shape in, a scalar out.

    Args:
        strength: The force lambda, at least 0.

    Raises:
        SettingError: ``strength`` is no finite number from 0.

    Source:
        Hoerl and Kennard 1970, Ridge regression: biased estimation for nonorthogonal problems, Technometrics
        12; Krogh and Hertz 1992, A simple weight decay can improve generalization.

    Example:
        >>> round(float(L2(0.1)(torch.tensor([[1.0, -2.0]]))), 4)
        0.25
    """

    def __init__(self, strength: float = 1e-4) -> None:
        super().__init__()
        self.strength = number("strength", strength, at_least=0)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Weights of any shape to a scalar."""
        return self.strength / 2 * w.square().sum()

    def add_gradient(self, w: torch.Tensor, gradient: torch.Tensor) -> None:
        """``lambda w``."""
        gradient.add_(w, alpha=self.strength)

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"strength={self.strength:g}"


def value(w: Quantity, strength: float) -> Quantity:
    """``lambda w**2 / 2``."""
    return strength * w**2 / 2


def slope(w: Quantity, strength: float) -> Quantity:
    """``lambda w``."""
    return strength * w


RULE = penalty_rule(value, slope, "strength")

CONCEPT = Concept(
    name="l2",
    kind="regularizer",
    summary="Adds half the squared weights to the loss; all of them stay small.",
    build=L2,
    aliases=("ridge", "tikhonov", "l2_penalty"),
    equation=r"P = \frac{\lambda}{2} \sum_i w_i^2",
    derivative=r"\partial P / \partial w_i = \lambda w_i",
    symbols={
        "w": "weights of matrices and kernels; biases and norm parameters are left out",
        "lambda": "strength, at least 0",
    },
    when="Against overfitting, with SGD or momentum.",
    pitfalls=(
        "Under Adam it is no weight decay: the pull is divided by the running size of the gradient, so "
        "weights "
        "with large gradients are hardly pulled. See weight_decay.",
        "Together with weight_decay in SGD or Adam the same pull is applied twice.",
        "Before batch normalization it does not bound the function, only the effective learning rate.",
    ),
    conventions=(
        "With the half, the slope is lambda w, as that of weight_decay in PyTorch's SGD and Adam. Keras's l2 "
        "has no half: its strength is half of this one.",
        "The strength multiplies the sum over the weights, not their mean.",
    ),
    source=(
        "Hoerl and Kennard 1970, Ridge regression, Technometrics 12; Krogh and Hertz 1992, A simple weight "
        "decay can improve generalization."
    ),
    rule=RULE,
    worked=worked_forward(
        L2, RULE, settings={"strength": 0.1}, inputs={"w": [[0.5, -2.0], [0.0, 1.5]]}, output="penalty"
    ),
)
