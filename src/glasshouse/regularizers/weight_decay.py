"""Weight decay: every step takes a share of each weight away. Not the same as L2 but under plain SGD."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class WeightDecay(nn.Module):
    r"""What weight decay does to the weights in one step, beside the step of the optimizer.

    .. math:: w \leftarrow (1 - \eta \lambda)\, w

    In training it is a setting, ``training.weight_decay``, which each optimizer applies in its own way.

    Under plain SGD this is the step of an L2 penalty of the same strength. Under Adam it is not: there the
    slope of an L2 penalty joins the gradient and is divided by its running size, so that all weights are
    pulled about equally hard, while decay takes the same share of each. AdamW decays; Adam's own
    ``weight_decay`` in PyTorch is the L2 penalty.

    Shapes: weights of any shape in, the same shape out.

    Args:
        strength: The share lambda, at least 0.
        learning_rate: The step size eta, above 0.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Hanson and Pratt 1988, Comparing biases for minimal network construction with back-propagation;
        Loshchilov and Hutter 2019, Decoupled weight decay regularization, arXiv 1711.05101.

    Example:
        >>> round(float(WeightDecay(0.1, learning_rate=0.5)(torch.tensor(2.0))), 4)
        1.9
    """

    def __init__(self, strength: float = 0.01, learning_rate: float = 0.001) -> None:
        super().__init__()
        self.strength = number("strength", strength, at_least=0)
        self.learning_rate = number("learning_rate", learning_rate, above=0)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Weights before the step to weights that have decayed."""
        return w - self.learning_rate * self.strength * w

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"strength={self.strength:g}, learning_rate={self.learning_rate:g}"


def value(x: Quantity, strength: float, learning_rate: float) -> Quantity:
    """``(1 - eta lambda) w``."""
    return (1 - learning_rate * strength) * x


def slope(x: Quantity, strength: float, learning_rate: float) -> Quantity:  # noqa: ARG001
    """``1 - eta lambda``, whatever the weight."""
    return 1 - learning_rate * strength


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="weight_decay",
    kind="regularizer",
    summary="Takes a share of every weight away in each step, apart from the gradient.",
    build=WeightDecay,
    aliases=("decoupled_weight_decay",),
    equation=r"w \leftarrow (1 - \eta \lambda)\, w",
    derivative=r"\partial w_{t+1} / \partial w_t = 1 - \eta \lambda",
    symbols={
        "w": "weights, written x in the rule; biases and norm parameters are left out",
        "lambda": "strength, at least 0; 0.01 is usual with AdamW",
        "eta": "learning rate, above 0",
    },
    when="The first regularizer to try, with AdamW; with SGD it is the same as L2.",
    pitfalls=(
        "Adam with weight_decay is L2, not decay: weights with large gradients are hardly pulled.",
        "A good strength for L2 under Adam is a poor one for AdamW: they differ by orders of magnitude.",
        "Half the learning rate is half the decay per step: the schedule acts on it too.",
    ),
    conventions=(
        "The share per step is the learning rate times the strength (PyTorch, Keras); the paper of "
        "AdamW keeps "
        "the two apart.",
        "Biases and norm parameters are left out here; PyTorch decays all that it is given.",
    ),
    source=(
        "Hanson and Pratt 1988, Comparing biases for minimal network construction with back-propagation; "
        "Loshchilov and Hutter 2019, Decoupled weight decay regularization, arXiv 1711.05101."
    ),
    facts={"setting": "training.weight_decay"},
    rule=RULE,
    worked=worked_forward(
        WeightDecay, RULE, settings={"strength": 0.1, "learning_rate": 0.5}, inputs={"x": [2.0]}, at=(0,)
    ),
)
