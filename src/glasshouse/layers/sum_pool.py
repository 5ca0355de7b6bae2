"""Sum pooling and what it shares with L2 pooling: sums over windows."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes, by_axis, padding_by_axis, windows_fit
from glasshouse.layers.pooling_rule import Kind, SlidingPooling

AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


class SumPool(nn.Module):
    r"""The sum of every window, channel by channel.

    .. math:: y_i = \sum_{j=0}^{k-1} x_{s i + j - p}

    Shapes: x (N, C, H, W), y (N, C, H', W') with the sizes of
    :func:`~glasshouse.layers.sizes.pooling_size`; with other ``dimensions`` (N, C, L) or (N, C, D, H, W).

    Args:
        kernel_size: Size of the window, at least 1; one number, or one for each axis.
        stride: Step from window to window, at least 1; the window's size if left out.
        padding: Zeros added at both ends, 0 to half of the window.
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when the window is larger than the padded input.

    Source:
        Fukushima 1980, Neocognitron (weighted sums over windows).

    Example:
        >>> SumPool(2)(torch.ones(1, 1, 4, 4)).flatten().tolist()
        [4.0, 4.0, 4.0, 4.0]
    """

    kind: Kind = "sum"

    def __init__(
        self, kernel_size: Sizes = 2, stride: Sizes | None = None, padding: Sizes = 0, dimensions: int = 2
    ) -> None:
        super().__init__()
        self.dimensions = dimensions
        self.kernel_size = by_axis("kernel_size", kernel_size, dimensions, at_least=1)
        self.stride = (
            self.kernel_size if stride is None else by_axis("stride", stride, dimensions, at_least=1)
        )
        self.padding = padding_by_axis(padding, self.kernel_size, dimensions)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        windows_fit(x, self, self.dimensions)
        return self.sums(x)

    def sums(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of every window.

        Args:
            x: (N, C, H, W).
        """
        means: torch.Tensor = AVERAGE[self.dimensions](x, self.kernel_size, self.stride, self.padding)
        return means * math.prod(self.kernel_size)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def rule_of(module: Any) -> tuple[SlidingPooling, dict[str, torch.Tensor]]:
    """The rule of a sum or L2 pooling layer.

    Args:
        module: The layer.
    """
    ones = (1,) * module.dimensions
    return SlidingPooling(
        module.kind, module.dimensions, module.kernel_size, module.stride, module.padding, ones
    ), {}


CONCEPT = Concept(
    name="sum_pool",
    kind="layer",
    summary="The sum of every window.",
    build=SumPool,
    aliases=("sum_pooling",),
    equation=r"y_i = \sum_{j=0}^{k-1} x_{s i + j - p}",
    derivative=r"\frac{\partial y_i}{\partial x_j} = 1 \text{ in the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "i": "place in the output",
        "k": "numbers in the window",
        "s": "stride, from 1",
        "p": "padding at both ends, 0 to half of the window",
    },
    when="Where the amount counts, not the share: how often a pattern occurs.",
    pitfalls=("Its numbers grow with the window, and so do the gradients behind it.",),
    conventions=("It is the average times the size of the window; padding adds nothing.",),
    source="Fukushima 1980, Neocognitron (weighted sums over windows).",
    rule=rule_of,
    worked=worked_forward(
        SumPool,
        rule_of,
        settings={"kernel_size": 2},
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0, 0, 0),
    ),
)
