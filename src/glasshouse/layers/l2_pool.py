"""L2 pooling: the root of the sum of squares of every window."""

from __future__ import annotations

import torch

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.pooling_rule import Kind
from glasshouse.layers.sum_pool import SumPool, rule_of


class L2Pool(SumPool):
    r"""The root of the sum of squares of every window, channel by channel.

    .. math:: y_i = \sqrt{\sum_{j=0}^{k-1} x_{s i + j - p}^2}

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
        Hyvarinen and Hoyer 2000, Emergence of phase- and shift-invariant features.

    Example:
        >>> L2Pool(2)(torch.tensor([[[[3.0, 0.0], [0.0, 4.0]]]])).item()
        5.0
    """

    kind: Kind = "l2"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        squares = super().forward(x * x)
        # The root's slope at 0 is infinite; a window of zeros shall pass no gradient instead of not-a-number.
        some = squares > 0
        return torch.where(some, torch.sqrt(torch.where(some, squares, 1.0)), 0.0)


CONCEPT = Concept(
    name="l2_pool",
    kind="layer",
    summary="The root of the sum of squares of every window.",
    build=L2Pool,
    aliases=("l2_pooling", "lp_pool"),
    equation=r"y_i = \sqrt{\sum_{j=0}^{k-1} x_{s i + j - p}^2}",
    derivative=r"\frac{\partial y_i}{\partial x_j} = \frac{x_j}{y_i} \text{ in the window, else } 0",
    symbols={
        "x": "inputs (N, C, H, W)",
        "i": "place in the output",
        "k": "numbers in the window",
        "s": "stride, from 1",
        "p": "padding at both ends, 0 to half of the window",
    },
    when="To measure the energy of a pattern, whatever its sign.",
    pitfalls=("It forgets the sign: a pattern and its negative look alike.",),
    conventions=(
        "The gradient of a window of zeros is 0 here; PyTorch's LPPool gives not-a-number there.",
        "It is a sum, not a mean, of squares, as in PyTorch's LPPool.",
    ),
    source="Hyvarinen and Hoyer 2000, Emergence of phase- and shift-invariant features.",
    rule=rule_of,
    worked=worked_forward(
        L2Pool,
        rule_of,
        settings={"kernel_size": 2},
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0, 0, 0),
    ),
)
