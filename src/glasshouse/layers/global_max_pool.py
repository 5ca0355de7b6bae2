"""Global max pooling: one number for every channel, its largest."""

from __future__ import annotations

import torch

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.global_average_pool import GlobalAveragePool, rule_of
from glasshouse.layers.pooling_rule import Kind


class GlobalMaxPool(GlobalAveragePool):
    r"""The largest number of every channel over all its positions.

    .. math:: y_{nc} = \max_{h,w} x_{nchw}

    Shapes: x (N, C, H, W), y (N, C); with other ``dimensions`` x is (N, C, L) or (N, C, D, H, W).

    Args:
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: ``dimensions`` lies outside 1 to 3.
        ModelError: In the forward pass, when x has other axes.

    Source:
        Oquab, Bottou, Laptev and Sivic 2015, Is object localization for free?

    Example:
        >>> GlobalMaxPool()(torch.arange(8.0).reshape(1, 2, 2, 2)).tolist()
        [[3.0, 7.0]]
    """

    kind: Kind = "max"

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        """The largest of all positions.

        Args:
            x: (N, C, positions).
        """
        return x.max(-1).values  # amax would share the gradient among equal ones


CONCEPT = Concept(
    name="global_max_pool",
    kind="layer",
    summary="One number for every channel: its largest over all positions.",
    build=GlobalMaxPool,
    aliases=("global_max_pooling", "max_over_time"),
    equation=r"y_{nc} = \max_{h,w} x_{nchw}",
    derivative=r"\frac{\partial y_{nc}}{\partial x_{nchw}} = 1 \text{ for the largest, else } 0",
    symbols={"x": "inputs (N, C, H, W)", "y": "outputs (N, C)", "H, W": "height and width of the maps"},
    when="Where it matters whether a pattern is anywhere, in texts and series above all.",
    pitfalls=("One position of each channel learns from a sample, all others do not.",),
    conventions=("Of equal largest numbers the first, row by row, gets the whole gradient.",),
    source="Oquab, Bottou, Laptev and Sivic 2015, Is object localization for free?",
    rule=rule_of,
    worked=worked_forward(
        GlobalMaxPool,
        rule_of,
        inputs={"x": [[[[1.0, 3.0], [2.0, 0.5]]]]},
        at=(0, 0),
    ),
)
