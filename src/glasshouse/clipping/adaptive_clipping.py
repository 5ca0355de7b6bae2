"""Adaptive clipping: a unit's gradient may be as long as a share of the unit's weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from glasshouse.clipping.contract import Clipping
from glasshouse.core.arithmetic import Quantity, leaf, maximum, named, sqrt
from glasshouse.core.bounded_length import BoundedLength, lengths
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import total
from glasshouse.core.rule import Tensors
from glasshouse.core.worked import worked_forward

SHORTEST = 1e-3
"""Weights count as at least this long, so that units that start at zero can leave it."""


class AdaptiveClipping(Clipping):
    r"""The gradient of every unit, scaled down where it is long beside the unit's weights.

    .. math::
        g_u \leftarrow g_u \min\left(1, \frac{c \max(\lVert w_u \rVert, 10^{-3})}{\lVert g_u \rVert}\right)

    Shapes: gradient and weights (units, ...) of one shape, to the same shape. A vector is one unit.

    Args:
        limit: The largest length of a gradient as a share c of the weights' length, above 0.

    Raises:
        SettingError: ``limit`` is not above 0.

    Source:
        Brock, De, Smith and Simonyan 2021, High-performance large-scale image recognition without
        normalization, arXiv 2102.06171.

    Example:
        >>> g, w = torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0]])
        >>> AdaptiveClipping(0.5)(g, w).round(decimals=4).tolist()
        [[0.6000000238418579, 0.800000011920929]]
    """

    by_parameter = True

    def __init__(self, limit: float = 0.01) -> None:
        super().__init__()
        self.limit = number("limit", limit, above=0)

    def forward(self, g: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Gradient and weights of one shape to the clipped gradient."""
        longest = self.limit * lengths(w, by_unit=True).clamp(min=SHORTEST)
        return g * (longest / torch.maximum(lengths(g, by_unit=True), longest))

    def clip_(self, parameters: Sequence[torch.Tensor]) -> None:
        """Clip the gradients of parameters in place, unit by unit."""
        for each in parameters:
            if each.grad is not None:
                each.grad.copy_(self(each.grad, each.detach()))

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"limit={self.limit:g}"


@dataclass(frozen=True)
class AdaptiveClippingRule(BoundedLength):
    """A bound on each unit's gradient x that depends on its weights w, which have no gradient here."""

    inputs: ClassVar[tuple[str, ...]] = ("x", "w")

    def limits(self, values: Tensors) -> torch.Tensor:
        """The share of every unit's weights."""
        return self.limit * lengths(values["w"], self.by_unit).clamp(min=SHORTEST)

    def written_limit(self, saved: Tensors, index: Sequence[int]) -> Quantity:
        """The share of the unit's weights, written out."""
        squares = [leaf("w", saved["w"], place) ** 2 for place in self.unit(saved["w"], index)]
        return named("c", self.limit * maximum(named("n_w", sqrt(total(squares))), SHORTEST))

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From an :class:`AdaptiveClipping`; it has no parameters."""
        return cls(module.limit, by_unit=True, letter="g"), {}


CONCEPT = Concept(
    name="adaptive_clipping",
    kind="clipping",
    summary="Scales a unit's gradient down where it is long beside the unit's weights.",
    build=AdaptiveClipping,
    aliases=("agc", "adaptive_gradient_clipping", "clip_adaptive"),
    equation=(
        r"g_u \leftarrow g_u \min\left(1, \frac{c \max(\lVert w_u \rVert, 10^{-3})}{\lVert g_u \rVert}\right)"
    ),
    derivative=(
        r"\frac{c_u}{\lVert g_u \rVert} \left(I - \frac{g_u g_u^\top}{\lVert g_u \rVert^2}\right) "
        r"\text{ beyond "
        r"the limit } c_u; I \text{ within}"
    ),
    symbols={
        "g_u": "gradient of the loss by the weights into unit u, written x in the rule",
        "w_u": "these weights: a row of a matrix, a kernel, a whole bias vector",
        "c": "share, above 0; 0.01 to 0.1 are usual",
    },
    when="In deep networks without batch normalization, with large batches and learning rates.",
    pitfalls=(
        "The paper leaves the last layer unclipped; here all layers are clipped.",
        "A share that is right for large batches clips nearly every step with small, noisy ones.",
    ),
    conventions=(
        "Weights count as at least 0.001 long (the paper's epsilon), so that zero weights can leave zero.",
        "A bias vector is one unit, as in the authors' code.",
        "Just at the limit the slope is that of the scaled side.",
    ),
    source="Brock, De, Smith and Simonyan 2021, arXiv 2102.06171.",
    facts={"setting": "training.clip_adaptive"},
    rule=AdaptiveClippingRule.of,
    worked=worked_forward(
        AdaptiveClipping,
        AdaptiveClippingRule.of,
        settings={"limit": 0.5},
        inputs={"x": [[3.0, 4.0]], "w": [[0.0, 2.0]]},
        at=(0, 1),
    ),
)
