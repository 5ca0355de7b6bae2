"""Max-norm: no unit's weights may be longer than a limit."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.bounded_length import BoundedLength, lengths
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.regularizers.contract import Constraint


class MaxNorm(Constraint):
    r"""The weights into every unit, scaled back to a length where they are longer.

    .. math:: w_u \leftarrow w_u \min\left(1, \frac{c}{\lVert w_u \rVert_2}\right)

    It is applied after every update. Below the limit nothing pulls.

    Shapes: weights (units, ...) in, the same shape out: rows of a matrix, kernels of a convolution. A vector
    is the weights of one unit.

    Args:
        limit: The largest length c, above 0.

    Raises:
        SettingError: ``limit`` is not above 0.

    Source:
        Srebro and Shraibman 2005, Rank, trace-norm and max-norm; for networks Srivastava et al. 2014,
        Dropout, JMLR 15.

    Example:
        >>> MaxNorm(1.0)(torch.tensor([[3.0, 4.0], [0.3, 0.4]])).round(decimals=4).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.30000001192092896, 0.4000000059604645]]
    """

    def __init__(self, limit: float = 3.0) -> None:
        super().__init__()
        self.limit = number("limit", limit, above=0)

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        """Weights (units, ...) to weights within the limit."""
        # limit / limit is exactly 1: what is short enough keeps its bits.
        return w * (self.limit / lengths(w, by_unit=True).clamp(min=self.limit))

    def apply_(self, w: torch.Tensor) -> None:
        """Scale units that are too long, in place: once per step, so without the copy."""
        w.mul_(self.limit / lengths(w, by_unit=True).clamp_(min=self.limit))

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"limit={self.limit:g}"


def rule_of(module: Any) -> tuple[BoundedLength, dict[str, torch.Tensor]]:
    """The rule of a :class:`MaxNorm`; it has no parameters."""
    return BoundedLength(module.limit, by_unit=True, letter="w"), {}


CONCEPT = Concept(
    name="max_norm",
    kind="regularizer",
    summary="Scales the weights into a unit back to a length where an update made them longer.",
    build=MaxNorm,
    aliases=("max_norm_constraint",),
    equation=r"w_u \leftarrow w_u \min\left(1, \frac{c}{\lVert w_u \rVert_2}\right)",
    derivative=(
        r"\frac{\partial y}{\partial w} = \frac{c}{\lVert w_u \rVert} \left(I - \frac{w_u "
        r"w_u^\top}{\lVert w_u "
        r"\rVert^2}\right) \text{ beyond the limit, } I \text{ within}"
    ),
    symbols={
        "w_u": "weights into unit u: a row of a matrix, a kernel",
        "c": "limit, above 0; 3 or 4 are usual",
    },
    when="With dropout and large learning rates: weights cannot blow up, however long the steps.",
    pitfalls=(
        "It does nothing until a unit reaches the limit: look at the weight norms before choosing it.",
        "A limit by unit is not a limit of the whole matrix.",
    ),
    conventions=(
        "A unit's weights are those that come in (PyTorch's rows). In Keras a dense kernel is "
        "transposed, so its "
        "max_norm takes axis 0 for the same.",
        "torch.renorm adds 1e-7 to the length before dividing; here nothing is added.",
        "Just at the limit the slope is that of the scaled side, as autograd has it.",
    ),
    source=(
        "Srebro and Shraibman 2005, Rank, trace-norm and max-norm; Srivastava, Hinton, Krizhevsky, Sutskever "
        "and Salakhutdinov 2014, Dropout, JMLR 15."
    ),
    rule=rule_of,
    worked=worked_forward(
        MaxNorm, rule_of, settings={"limit": 2.0}, inputs={"x": [[3.0, 4.0], [0.3, 0.4]]}, at=(0, 1)
    ),
)
