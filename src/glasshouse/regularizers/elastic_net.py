"""Elastic net: L1 and L2 together."""

from __future__ import annotations

import torch

from glasshouse.core.arithmetic import Quantity, absolute, sign
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.regularizers.contract import Penalty
from glasshouse.regularizers.penalty_rule import penalty_rule


class ElasticNet(Penalty):
    r"""A mixture of the absolute and the squared weights.

    .. math:: P = \lambda \sum_i \left(\rho |w_i| + \frac{1 - \rho}{2} w_i^2\right)

    With ``l1_share = 1`` it is L1, with 0 it is L2.

    Shapes: weights of any shape in, a scalar out.

    Args:
        strength: The force lambda, at least 0.
        l1_share: The share rho of L1, from 0 to 1.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Zou and Hastie 2005, Regularization and variable selection via the elastic net, JRSS B 67.

    Example:
        >>> round(float(ElasticNet(0.1, l1_share=0.5)(torch.tensor([[1.0, -2.0]]))), 4)
        0.275
    """

    def __init__(self, strength: float = 1e-4, l1_share: float = 0.5) -> None:
        super().__init__()
        self.strength = number("strength", strength, at_least=0)
        self.l1_share = number("l1_share", l1_share, at_least=0, at_most=1)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Weights of any shape to a scalar."""
        ones, squares = w.abs().sum(), w.square().sum()
        return self.strength * (self.l1_share * ones + (1 - self.l1_share) / 2 * squares)

    def add_gradient(self, w: torch.Tensor, gradient: torch.Tensor) -> None:
        """``lambda (rho sign(w) + (1 - rho) w)``."""
        gradient.add_(torch.sign(w), alpha=self.strength * self.l1_share)
        gradient.add_(w, alpha=self.strength * (1 - self.l1_share))

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"strength={self.strength:g}, l1_share={self.l1_share:g}"


def value(w: Quantity, strength: float, l1_share: float) -> Quantity:
    """``lambda (rho |w| + (1 - rho) w**2 / 2)``."""
    return strength * (l1_share * absolute(w) + (1 - l1_share) * w**2 / 2)


def slope(w: Quantity, strength: float, l1_share: float) -> Quantity:
    """``lambda (rho sign(w) + (1 - rho) w)``."""
    return strength * (l1_share * sign(w) + (1 - l1_share) * w)


RULE = penalty_rule(value, slope, "strength", "l1_share")

CONCEPT = Concept(
    name="elastic_net",
    kind="regularizer",
    summary="Adds a mixture of the absolute and the squared weights to the loss.",
    build=ElasticNet,
    aliases=("l1_l2",),
    equation=r"P = \lambda \sum_i \left(\rho |w_i| + \frac{1 - \rho}{2} w_i^2\right)",
    derivative=r"\partial P / \partial w_i = \lambda (\rho \operatorname{sign}(w_i) + (1 - \rho) w_i)",
    symbols={
        "w": "weights of matrices and kernels; biases and norm parameters are left out",
        "lambda": "strength, at least 0",
        "rho": "share of L1, from 0 (L2) to 1 (L1)",
    },
    when="When few inputs matter and some of them say the same.",
    pitfalls=(
        "Two settings have to be found instead of one.",
        "What holds for L1 and L2 under Adam holds here.",
    ),
    conventions=(
        "This is scikit-learn's form: strength is its alpha, l1_share its l1_ratio. Keras's l1_l2 takes two "
        "strengths, without the half.",
        "At w = 0 the slope is 0, as sign() has it.",
    ),
    source="Zou and Hastie 2005, Regularization and variable selection via the elastic net, JRSS B 67.",
    rule=RULE,
    worked=worked_forward(
        ElasticNet,
        RULE,
        settings={"strength": 0.1, "l1_share": 0.5},
        inputs={"w": [[0.5, -2.0], [0.0, 1.5]]},
        output="penalty",
    ),
)
