"""L1: a penalty on the sizes of the weights, which makes many of them exactly zero."""

from __future__ import annotations

import torch

from glasshouse.core.arithmetic import Quantity, absolute, sign
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.regularizers.contract import Penalty
from glasshouse.regularizers.penalty_rule import penalty_rule


class L1(Penalty):
    r"""The sum of the absolute weights.

    .. math:: P = \lambda \sum_i |w_i|

    Every weight is pulled towards 0 with the same force, however small it is. The slope at 0 is taken as 0.

    Shapes: weights of any shape in, a scalar out.

    Args:
        strength: The force lambda, at least 0.

    Raises:
        SettingError: ``strength`` is no finite number from 0.

    Source:
        Tibshirani 1996, Regression shrinkage and selection via the lasso, JRSS B 58.

    Example:
        >>> round(float(L1(0.1)(torch.tensor([[0.5, -2.0]]))), 4)
        0.25
    """

    def __init__(self, strength: float = 1e-4) -> None:
        super().__init__()
        self.strength = number("strength", strength, at_least=0)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Weights of any shape to a scalar."""
        return self.strength * w.abs().sum()

    def add_gradient(self, w: torch.Tensor, gradient: torch.Tensor) -> None:
        """``lambda sign(w)``."""
        gradient.add_(torch.sign(w), alpha=self.strength)

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"strength={self.strength:g}"


def value(w: Quantity, strength: float) -> Quantity:
    """``lambda |w|``."""
    return strength * absolute(w)


def slope(w: Quantity, strength: float) -> Quantity:
    """``lambda sign(w)``."""
    return strength * sign(w)


RULE = penalty_rule(value, slope, "strength")

CONCEPT = Concept(
    name="l1",
    kind="regularizer",
    summary="Adds the absolute weights to the loss; many of them end at zero.",
    build=L1,
    aliases=("lasso", "l1_penalty"),
    equation=r"P = \lambda \sum_i |w_i|",
    derivative=r"\partial P / \partial w_i = \lambda \operatorname{sign}(w_i)",
    symbols={
        "w": "weights of matrices and kernels; biases and norm parameters are left out",
        "lambda": "strength, at least 0",
    },
    when="When few inputs matter and it should be seen which ones.",
    pitfalls=(
        "Plain gradient steps make a weight swing around 0 by the learning rate times the strength: it comes "
        "close to 0, and rarely to rest there.",
        "Of two inputs that say the same it keeps one at random: elastic net keeps both.",
        "An adaptive optimizer such as Adam rescales the pull together with the gradient.",
    ),
    conventions=(
        "At w = 0, where it has no derivative, the slope is 0, as sign() has it.",
        "The strength multiplies the sum over the weights, not their mean (Keras and scikit-learn do alike).",
    ),
    source="Tibshirani 1996, Regression shrinkage and selection via the lasso, JRSS B 58.",
    rule=RULE,
    worked=worked_forward(
        L1, RULE, settings={"strength": 0.1}, inputs={"w": [[0.5, -2.0], [0.0, 1.5]]}, output="penalty"
    ),
)
