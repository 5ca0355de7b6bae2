"""Batch normalization of one feature over a batch, worked out, with the three paths of its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from glasshouse.core.errors import UsageError
from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import bars, svg
from glasshouse.explain.pieces.given import alike, numbers
from glasshouse.explain.pieces.piece import Piece
from glasshouse.layers import LAYERS


def batch_norm(
    batch: Any, weight: float = 1.0, bias: float = 0.0, gradient: Any = None, epsilon: float = 1e-5
) -> Piece:
    r"""A batch brought to mean 0 and variance 1, then scaled and shifted.

    .. math:: \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y = \gamma \hat x + \beta

    With a gradient, each sample's own gradient is the sum of three: directly, through the mean, and through
    the variance.

    Args:
        batch: The feature in every sample, two or more numbers.
        weight: Scale gamma.
        bias: Shift beta.
        gradient: The gradient of a loss by every output, to carry back; none if left out.
        epsilon: Added to the variance, above 0.

    Raises:
        UsageError: The batch is no list of at least two numbers.
        SettingError: ``epsilon`` is not above 0.

    Source:
        Ioffe and Szegedy 2015, Batch normalization, arXiv 1502.03167.

    Example:
        >>> piece = batch_norm([1.0, 2.0, 3.0, 4.0], gradient=[1.0, 0.0, 0.0, 0.0])
        >>> [round(each, 4) for each in piece.results["y"].flatten().tolist()]
        [-1.3416, -0.4472, 0.4472, 1.3416]
        >>> [step.name for step in piece.at(0, 0, of="dx").steps() if "[" not in step.name]
        ['direct', 'through_mean', 'through_variance']
    """
    x = numbers("batch", batch, 1)
    if len(x) < 2:
        raise UsageError("a batch of one", expected="two numbers or more", fix="one number has no variance")
    rule, _ = read_rule(LAYERS["batch_norm"], num_features=1, epsilon=epsilon)
    values = {
        "x": x[:, None],
        "weight": torch.tensor([weight], dtype=torch.float64),
        "bias": torch.tensor([bias], dtype=torch.float64),
    }
    back = None
    if gradient is not None:
        back = {"y": alike("gradient", numbers("gradient", gradient, 1), x.shape)[:, None]}

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        shown = {"x": x, "y": results["y"], **({"dx": results["dx"]} if back else {})}
        shapes, bottom = bars(0, 20, shown)
        return svg(506, bottom + 8, shapes, "The batch before and after, as bars")

    return by_rule(
        f"Batch normalization of {len(x)} samples",
        r"\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}},\; y = \gamma \hat x + \beta",
        rule, values, draw, back,
    )  # fmt: skip
