"""Clipping by value: no entry of the gradient may be larger than a limit."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.clipping.contract import Clipping
from glasshouse.core.arithmetic import Quantity, choose, maximum, minimum
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward


class ClipByValue(Clipping):
    r"""Every entry of the gradient is brought into the range from -c to c.

    .. math:: g_i \leftarrow \max(-c, \min(c, g_i))

    Shapes: a gradient of any shape in, the same shape out.

    Args:
        limit: The largest size c of an entry, above 0.

    Raises:
        SettingError: ``limit`` is not above 0.

    Source:
        Mikolov 2012, Statistical language models based on neural networks (thesis), section 3.2.2.

    Example:
        >>> ClipByValue(1.0)(torch.tensor([3.0, -0.5])).tolist()
        [1.0, -0.5]
    """

    def __init__(self, limit: float = 1.0) -> None:
        super().__init__()
        self.limit = number("limit", limit, above=0)

    def forward(self, g: torch.Tensor) -> torch.Tensor:
        """A gradient of any shape to the clipped one."""
        return g.clamp(-self.limit, self.limit)

    def clip_(self, parameters: Sequence[torch.Tensor]) -> None:
        """Clip the gradients of parameters in place."""
        torch.nn.utils.clip_grad_value_(list(parameters), self.limit)

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"limit={self.limit:g}"


def value(x: Quantity, limit: float) -> Quantity:
    """``max(-c, min(c, g))``."""
    return maximum(-limit, minimum(limit, x))


def slope(x: Quantity, limit: float) -> Quantity:
    """1 from -c to c, 0 beyond."""
    return choose(x >= -limit, choose(x <= limit, 1.0, 0.0), 0.0)


RULE = elementwise(value, slope)

CONCEPT = Concept(
    name="clip_by_value",
    kind="clipping",
    summary="Brings every entry of the gradient into a range.",
    build=ClipByValue,
    aliases=("clip_value", "clipvalue", "gradient_clipping_by_value"),
    equation=r"g_i \leftarrow \max(-c, \min(c, g_i))",
    derivative=r"1 \text{ for } |g_i| \le c, \text{ else } 0",
    symbols={"g": "gradient of the loss by one weight, written x in the rule", "c": "limit, above 0"},
    when="Against single entries that explode, as in DQN; otherwise clip by norm.",
    pitfalls=(
        "It turns the gradient: large entries lose, small ones don't, so the step no longer goes straight "
        "downhill.",
        "With a small limit every entry is clipped and only the signs are left.",
    ),
    conventions=("At a limit the slope is 1, as autograd has it for clamp.",),
    source="Mikolov 2012, Statistical language models based on neural networks (thesis).",
    facts={"setting": "training.clip_value"},
    rule=RULE,
    worked=worked_forward(ClipByValue, RULE, settings={"limit": 1.0}, inputs={"x": [3.0, -0.5]}, at=(0,)),
)
