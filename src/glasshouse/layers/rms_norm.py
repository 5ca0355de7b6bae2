"""Root-mean-square normalization: layer normalization that leaves the mean where it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.layer_norm import LayerNormRule, normalized_sizes


def rms_norm(normalized_shape: int | Sequence[int], epsilon: float = 1e-6, affine: bool = True) -> nn.RMSNorm:
    r"""Division by the root mean square of the last axes, sample by sample.

    .. math:: y_d = \gamma_d \frac{x_d}{\sqrt{\frac{1}{D} \sum_j x_j^2 + \epsilon}}

    Shapes: x (..., *normalized_shape), weight gamma (normalized_shape), y like x.

    Args:
        normalized_shape: Sizes of the last axes that are normalized together, each at least 1.
        epsilon: Added to the mean square, above 0.
        affine: Whether gamma is learnt.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Zhang and Sennrich 2019, Root mean square layer normalization, arXiv 1910.07467.

    Example:
        >>> rms_norm(2)(torch.tensor([[3.0, 3.0]])).detach().round(decimals=3).tolist()
        [[1.0, 1.0]]
    """
    sizes = normalized_sizes(normalized_shape)
    number("epsilon", epsilon, above=0)
    return nn.RMSNorm(sizes, eps=epsilon, elementwise_affine=affine)


@dataclass(frozen=True)
class RMSNormRule(LayerNormRule):
    """Groups and features of layer normalization, without the mean."""

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.RMSNorm``; without an epsilon PyTorch takes that of the weight's type."""
        weight = module.weight
        dtype = torch.get_default_dtype() if weight is None else weight.dtype
        epsilon = torch.finfo(dtype).eps if module.eps is None else module.eps
        rule = cls(epsilon, False, math.prod(module.normalized_shape))
        return rule, {} if weight is None else {"weight": weight}


CONCEPT = Concept(
    name="rms_norm",
    kind="layer",
    summary="Divides the features of every sample by their root mean square.",
    build=rms_norm,
    aliases=("root_mean_square_normalization",),
    equation=r"y_d = \gamma_d \frac{x_d}{\sqrt{\frac{1}{D} \sum_j x_j^2 + \epsilon}}",
    derivative=(
        r"\frac{\partial L}{\partial x_i} = \frac{1}{\mathrm{rms}} \left(g_i - \hat x_i\, "
        r"\overline{g \hat x}\right),\; g_d = \gamma_d \frac{\partial L}{\partial y_d}"
    ),
    symbols={
        "x": "inputs (..., D)",
        "gamma": "learnt scale (D), 1 at the start",
        "D": "numbers that are normalized together",
        "epsilon": "keeps the division finite, above 0",
    },
    when="In transformers, as a cheaper layer normalization.",
    pitfalls=("It keeps a common offset of all features, which layer normalization takes off.",),
    conventions=(
        "The root mean square stands where layer normalization has the deviation; there is no shift.",
    ),
    source="Zhang and Sennrich 2019, Root mean square layer normalization, arXiv 1910.07467.",
    rule=RMSNormRule.of,
    worked=worked_forward(
        rms_norm,
        RMSNormRule.of,
        settings={"normalized_shape": 3},
        inputs={"x": [[1.0, 2.0, 6.0]]},
        at=(0, 2),
    ),
)
