"""Min pooling: the smallest number of every window."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_checks import Sizes, by_axis, padding_by_axis, windows_fit
from glasshouse.layers.pooling_rule import SlidingPooling

LARGEST = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


class MinPool(nn.Module):
    r"""The smallest number of every window, channel by channel.

    .. math:: y_i = \min_{j} x_{s i + j - p} = -\max_{j} (-x_{s i + j - p})

    Shapes: x (N, C, H, W), y (N, C, H', W') with the sizes of
    :func:`~glasshouse.layers.sizes.pooling_size`; with other ``dimensions`` (N, C, L) or (N, C, D, H, W).

    Args:
        kernel_size: Size of the window, at least 1; one number, or one for each axis.
        stride: Step from window to window, at least 1; the window's size if left out.
        padding: Places added at both ends, 0 to half of the window; they never win.
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when the window is larger than the padded input.

    Source:
        Serra 1982, Image analysis and mathematical morphology (erosion with a flat window).

    Example:
        >>> MinPool(2)(torch.arange(16.0).reshape(1, 1, 4, 4)).flatten().tolist()
        [0.0, 2.0, 8.0, 10.0]
    """

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
        largest: torch.Tensor = LARGEST[self.dimensions](-x, self.kernel_size, self.stride, self.padding)
        return -largest

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def rule_of(module: Any) -> tuple[SlidingPooling, dict[str, torch.Tensor]]:
    """The rule of a min pooling layer.

    Args:
        module: The layer.
    """
    ones = (1,) * module.dimensions
    return SlidingPooling(
        "min", module.dimensions, module.kernel_size, module.stride, module.padding, ones
    ), {}


CONCEPT = Concept(
    name="min_pool",
    kind="layer",
    summary="The smallest number of every window.",
    build=MinPool,
    aliases=("min_pooling", "minpool"),
    equation=r"y_i = \min_{j} x_{s i + j - p}",
    derivative=r"\frac{\partial y_i}{\partial x_k} = 1 \text{ for the smallest of the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "i": "place in the output",
        "j": "place in the window, 0 to k - 1",
        "s": "stride, from 1",
        "p": "padding at both ends, 0 to half of the window",
    },
    when="Where dark marks on a bright ground are the pattern, or the weakest of several signals decides.",
    pitfalls=(
        "After ReLU most windows hold a zero, and the minimum is 0 nearly everywhere.",
        "Only the winner learns: the gradient of all others in the window is 0.",
    ),
    conventions=(
        "Of equal smallest numbers the first, row by row, gets the whole gradient.",
        "Padding counts as plus infinity, not as 0.",
        "PyTorch has no layer for it; it is minus the max pooling of minus x.",
    ),
    source="Serra 1982, Image analysis and mathematical morphology (erosion with a flat window).",
    rule=rule_of,
    worked=worked_forward(
        MinPool,
        rule_of,
        settings={"kernel_size": 2},
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0, 0, 0),
    ),
)
