"""Binary step: fires or not."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, choose
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class BinaryStep(nn.Module):
    r"""1 from the threshold on, else 0.

    .. math:: f(x) = 1 \text{ for } x \ge \theta,\; 0 \text{ for } x < \theta

    Its derivative is 0 wherever there is one, and 0 is also what goes back at the threshold.

    Shapes: any shape in, the same shape out.

    Args:
        threshold: Where the unit begins to fire, any finite number.

    Raises:
        SettingError: ``threshold`` is not a finite number.

    Source:
        McCulloch and Pitts 1943, A logical calculus of the ideas immanent in nervous activity.

    Example:
        >>> BinaryStep()(torch.tensor([-0.5, 0.0, 2.0])).tolist()
        [0.0, 1.0, 1.0]
    """

    def __init__(self, threshold: float = 0.0) -> None:
        super().__init__()
        self.threshold = number("threshold", threshold)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        # sign keeps the graph (with a gradient of 0), which a comparison would cut.
        return 1 - torch.relu(-torch.sign(x - self.threshold))

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"threshold={self.threshold:.5g}"


def value(x: Quantity, threshold: float) -> Quantity:
    """1 from the threshold on."""
    return choose(x >= threshold, 1.0, 0.0)


def slope() -> Quantity:
    """0."""
    return 0.0


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="binary_step",
    kind="activation",
    summary="Gives 1 from a threshold on, else 0: the unit fires or not.",
    build=BinaryStep,
    aliases=("heaviside", "unit_step", "threshold", "hard_limit"),
    equation=r"f(x) = 1 \text{ for } x \ge \theta,\; 0 \text{ for } x < \theta",
    derivative=r"f'(x) = 0 \text{ for } x \ne \theta",
    symbols={"x": "weighted sum of the unit", "theta": "threshold, 0 unless set"},
    when="In the perceptron and in networks whose weights are set by hand, such as logic gates.",
    pitfalls=(
        "Back-propagation learns nothing through it: its slope is 0 nearly everywhere.",
        "With a bias in the unit the threshold is redundant: theta is minus the bias.",
    ),
    conventions=("At the threshold McCulloch and Pitts fire; some books give 0 or 1/2 there.",),
    source="McCulloch and Pitts 1943, A logical calculus of the ideas immanent in nervous activity.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(BinaryStep, RULE, settings={"threshold": 0.5}, inputs={"x": [0.8]}, at=(0,)),
)
