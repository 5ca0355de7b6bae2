"""Global average pooling: one number for every channel, its mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression
from glasshouse.core.rule import Forward, Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import LARGEST, has_axes
from glasshouse.layers.pooling_rule import AdaptivePooling, Kind


class GlobalAveragePool(nn.Module):
    r"""The mean of every channel over all its positions.

    .. math:: y_{nc} = \frac{1}{H W} \sum_{h,w} x_{nchw}

    Shapes: x (N, C, H, W), y (N, C); with other ``dimensions`` x is (N, C, L) or (N, C, D, H, W).

    Args:
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: ``dimensions`` lies outside 1 to 3.
        ModelError: In the forward pass, when x has other axes.

    Source:
        Lin, Chen and Yan 2014, Network in network, arXiv 1312.4400.

    Example:
        >>> GlobalAveragePool()(torch.arange(8.0).reshape(1, 2, 2, 2)).tolist()
        [[1.5, 5.5]]
    """

    kind: Kind = "average"

    def __init__(self, dimensions: int = 2) -> None:
        super().__init__()
        self.dimensions = whole_number("dimensions", dimensions, at_least=1, at_most=LARGEST)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C)."""
        if not torch.compiler.is_compiling():
            has_axes(x, self.dimensions, type(self).__name__)
        return self.pooled(x.flatten(-self.dimensions))

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        """One number for all positions.

        Args:
            x: (N, C, positions).
        """
        return x.mean(-1)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"dimensions={self.dimensions}"


class GlobalPooling(AdaptivePooling):
    """One window over everything, whose axes are left out of the output.

    Args:
        kind: What becomes of the window.
        dimensions: How many last axes it spans.
    """

    def __init__(self, kind: Kind, dimensions: int) -> None:
        super().__init__(kind, dimensions, (1,) * dimensions)

    def forward(self, values: Tensors) -> Forward:
        """One number for each channel."""
        outputs, saved = super().forward(values)
        return Forward({"y": outputs["y"].flatten(-self.dimensions).squeeze(-1)}, saved)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The channel's gradient goes to its positions."""
        return super().backward(saved, {"y": self._with_axes(gradients["y"])})

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """All positions of the channel."""
        return super().expand(saved, output, (*index, *(0,) * self.dimensions))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The channel's gradient, or its share."""
        return super().expand_gradient(saved, {"y": self._with_axes(gradients["y"])}, name, index)

    def _with_axes(self, dy: torch.Tensor) -> torch.Tensor:
        return dy.reshape(*dy.shape, *self.output_size)


def rule_of(module: Any) -> tuple[GlobalPooling, dict[str, torch.Tensor]]:
    """The rule of a global pooling layer.

    Args:
        module: The layer.
    """
    return GlobalPooling(module.kind, module.dimensions), {}


CONCEPT = Concept(
    name="global_average_pool",
    kind="layer",
    summary="One number for every channel: its mean over all positions.",
    build=GlobalAveragePool,
    aliases=("global_average_pooling", "gap"),
    equation=r"y_{nc} = \frac{1}{H W} \sum_{h,w} x_{nchw}",
    derivative=r"\frac{\partial y_{nc}}{\partial x_{nchw}} = \frac{1}{H W}",
    symbols={"x": "inputs (N, C, H, W)", "y": "outputs (N, C)", "H, W": "height and width of the maps"},
    when="At the end of a convolutional network, in the place of large linear layers.",
    pitfalls=("It forgets where in the picture a pattern was.",),
    conventions=("The pooled axes are left out, as in Keras; PyTorch's AdaptiveAvgPool(1) keeps them.",),
    source="Lin, Chen and Yan 2014, Network in network, arXiv 1312.4400.",
    rule=rule_of,
    worked=worked_forward(
        GlobalAveragePool,
        rule_of,
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0),
    ),
)
