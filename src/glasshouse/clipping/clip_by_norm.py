"""Clipping by norm: a gradient that is too long is scaled down as a whole and keeps its direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.clipping.contract import Clipping
from glasshouse.core.bounded_length import BoundedLength
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward

EPSILON = 1e-6
"""What PyTorch adds to the length before dividing."""


class ClipByNorm(Clipping):
    r"""The gradient of all weights together, scaled down to a length where it is longer.

    .. math:: g \leftarrow g \min\left(1, \frac{c}{\lVert g \rVert_2 + 10^{-6}}\right)

    Shapes: a gradient of any shape in, the same shape out; its length is that of all numbers together.

    Args:
        limit: The largest length c, above 0.

    Raises:
        SettingError: ``limit`` is not above 0.

    Source:
        Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, arXiv
        1211.5063.

    Example:
        >>> ClipByNorm(1.0)(torch.tensor([3.0, 4.0])).round(decimals=4).tolist()
        [0.6000000238418579, 0.800000011920929]
    """

    def __init__(self, limit: float = 1.0) -> None:
        super().__init__()
        self.limit = number("limit", limit, above=0)

    def forward(self, g: torch.Tensor) -> torch.Tensor:
        """A gradient of any shape to the clipped one."""
        length: torch.Tensor = torch.linalg.vector_norm(g)
        return g * (self.limit / (length + EPSILON)).clamp(max=1.0)

    def clip_(self, parameters: Sequence[torch.Tensor]) -> None:
        """Clip the gradients of parameters in place, by the length of all of them together."""
        torch.nn.utils.clip_grad_norm_(list(parameters), self.limit)

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"limit={self.limit:g}"


def rule_of(module: Any) -> tuple[BoundedLength, dict[str, torch.Tensor]]:
    """The rule of a :class:`ClipByNorm`; it has no parameters."""
    return BoundedLength(module.limit, EPSILON, letter="g"), {}


CONCEPT = Concept(
    name="clip_by_norm",
    kind="clipping",
    summary="Scales the whole gradient down to a length where it is longer; its direction stays.",
    build=ClipByNorm,
    aliases=("clip_norm", "clipnorm", "gradient_clipping", "clip_by_global_norm"),
    equation=r"g \leftarrow g \min\left(1, \frac{c}{\lVert g \rVert_2 + 10^{-6}}\right)",
    derivative=(
        r"\frac{c}{n'} \left(I - \frac{g g^\top}{n' \lVert g \rVert}\right),\; n' = \lVert g \rVert + "
        r"10^{-6}, "
        r"\text{ beyond the limit; } I \text{ within}"
    ),
    symbols={
        "g": "gradient of the loss by all weights together, written x in the rule",
        "c": "limit, above 0; 1 is usual",
    },
    when="In recurrent networks and transformers, and wherever a rare batch throws training off.",
    pitfalls=(
        "A limit below the usual length clips every step: it then sets the step, not the learning rate.",
        "One NaN makes the length NaN and with it the whole gradient.",
        "After gradients were accumulated or scaled (mixed precision), clip only once they have their "
        "true size.",
    ),
    conventions=(
        "The length is that of all parameters together (PyTorch's clip_grad_norm_, Keras's global_clipnorm); "
        "Keras's clipnorm takes each parameter alone.",
        "1e-6 is added to the length before dividing, as in PyTorch: a clipped gradient is a hair "
        "shorter than "
        "the limit.",
    ),
    source="Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063.",
    facts={"setting": "training.clip_norm"},
    rule=rule_of,
    worked=worked_forward(ClipByNorm, rule_of, settings={"limit": 1.0}, inputs={"x": [3.0, 4.0]}, at=(1,)),
)
