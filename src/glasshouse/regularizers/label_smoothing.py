"""Label smoothing: a little of the target's certainty is spread over all classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward


class LabelSmoothing(nn.Module):
    r"""Targets that are less sure of themselves.

    .. math:: t'_k = (1 - s)\, t_k + \frac{s}{K}

    In training it is a setting of the loss: ``objective.label_smoothing``, which gives the same numbers
    without making the smoothed targets.

    Shapes: targets (..., K), shares of K classes, to the same shape.

    Args:
        smoothing: The share s that is spread, from 0 to below 1.

    Raises:
        SettingError: ``smoothing`` lies outside.

    Source:
        Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2016, Rethinking the Inception architecture, arXiv
        1512.00567, section 7.

    Example:
        >>> [round(share, 3) for share in LabelSmoothing(0.1)(torch.tensor([0.0, 1.0])).tolist()]
        [0.05, 0.95]
    """

    def __init__(self, smoothing: float = 0.1) -> None:
        super().__init__()
        self.smoothing = number("smoothing", smoothing, at_least=0, below=1)

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        """Shares (..., K) to shares of the same shape."""
        return torch.lerp(t, torch.full_like(t, 1 / t.shape[-1]), self.smoothing)

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"smoothing={self.smoothing:g}"


@dataclass(frozen=True)
class LabelSmoothingRule(Rule):
    """``y = (1 - s) x + s / K`` with the K classes on the last axis.

    Args:
        smoothing: The share that is spread.
    """

    smoothing: float

    def forward(self, values: Tensors) -> Forward:
        """Less of the target, and an equal share for every class."""
        t = values["x"]
        return Forward({"y": (1 - self.smoothing) * t + self.smoothing / t.shape[-1]}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dt = (1 - s) dy``."""
        return {"x": (1 - self.smoothing) * gradients["y"]}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The target's part and the equal share."""
        kept = (1 - wrap(self.smoothing)) * leaf("t", saved["x"], index)
        return kept + wrap(self.smoothing) / saved["x"].shape[-1]

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The kept share of the gradient."""
        return (1 - wrap(self.smoothing)) * leaf("dy", gradients["y"], index)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a :class:`LabelSmoothing`."""
        return cls(module.smoothing), {}


CONCEPT = Concept(
    name="label_smoothing",
    kind="regularizer",
    summary="Spreads a share of the target over all classes, so that no answer need be extreme.",
    build=LabelSmoothing,
    aliases=(),
    equation=r"t'_k = (1 - s)\, t_k + \frac{s}{K}",
    derivative=r"\partial t'_k / \partial t_k = 1 - s",
    symbols={
        "t": "targets: 1 for the true class, 0 for the others; written x in the rule",
        "s": "share that is spread, from 0 to below 1; 0.1 is usual",
        "K": "number of classes",
    },
    when="Many classes, large networks, and probabilities that would come out too sure.",
    pitfalls=(
        "The smallest loss that can be reached is no longer 0.",
        "A network trained with it teaches a smaller one (distillation) less well.",
    ),
    conventions=(
        "The true class gets 1 - s + s/K, as in PyTorch and Keras; some texts spread s over the other K - 1 "
        "classes only.",
    ),
    source="Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2016, arXiv 1512.00567.",
    facts={"setting": "objective.label_smoothing"},
    rule=LabelSmoothingRule.of,
    worked=worked_forward(
        LabelSmoothing,
        LabelSmoothingRule.of,
        settings={"smoothing": 0.1},
        inputs={"x": [0.0, 1.0, 0.0, 0.0]},
        at=(1,),
    ),
)
