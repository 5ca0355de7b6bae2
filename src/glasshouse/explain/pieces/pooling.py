"""Pooling, worked out: every window becomes one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from glasshouse.core.checks import one_of
from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import CELL, svg, table, text, walk
from glasshouse.explain.pieces.given import numbers
from glasshouse.explain.pieces.piece import Piece
from glasshouse.layers import LAYERS
from glasshouse.layers.sizes import pooling_size

KINDS = {"max": "max_pool", "min": "min_pool", "average": "average_pool", "sum": "sum_pool", "l2": "l2_pool"}


def pooling(
    image: Any,
    kernel: int = 2,
    stride: int | None = None,
    kind: str = "max",
    padding: int = 0,
    gradient: Any = None,
) -> Piece:
    r"""Pooling of one map, number by number.

    .. math:: y_{i,j} = \operatorname{pool}_{u,v<k}\, x_{s i + u - p,\; s j + v - p}

    Args:
        image: A matrix (H, W).
        kernel: Side of the window, from 1.
        stride: Step of the window; its side if left out.
        kind: ``"max"``, ``"min"``, ``"average"``, ``"sum"`` or ``"l2"``.
        padding: Places around the map, from 0 to half of the window.
        gradient: The gradient of a loss by every output, to carry back; none if left out.

    Raises:
        UsageError: The map is no matrix.
        SettingError: A setting lies outside its range.
        ModelError: The window is larger than the map.

    Source:
        LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition.

    Example:
        >>> pooling([[1, 3, 2, 4], [5, 6, 1, 2], [9, 8, 4, 3], [6, 7, 2, 1]]).result.tolist()
        [[6.0, 4.0], [9.0, 4.0]]
    """
    x = numbers("image", image, 2)
    one_of("kind", kind, list(KINDS))
    sizes = [pooling_size(n, kernel, stride, padding) for n in x.shape]
    rule, _ = read_rule(LAYERS[KINDS[kind]], kernel_size=kernel, stride=stride, padding=padding, dimensions=2)
    back = None
    if gradient is not None:
        dy = numbers("gradient", gradient, 2)
        back = {"y": dy.reshape(1, 1, *dy.shape)}

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        y = results["y"]
        window = [(u, v) for u in range(kernel) for v in range(kernel)]
        # Places that take no part are drawn empty: not-a-number is shown as no number.
        wide = torch.nn.functional.pad(x, (padding,) * 4, value=float("nan"))
        shapes = table(16.0, 40.0, wide, f"x{' with its padding' if padding else ''}", window)
        right = 16 + wide.shape[1] * CELL + 80
        shapes += [text(right - 40, 40 + x.shape[0] * CELL / 2, kind)]
        shapes += table(right, 40.0, y, "y", [(0, 0)])
        shapes += walk((16.0, 40.0), (right, 40.0), (kernel, kernel), stride or kernel, y.shape)
        told = "The window first, next and last, and the numbers that it gives"
        return svg(right + y.shape[1] * CELL + 16, 56 + wide.shape[0] * CELL, shapes, told)

    formulas = {"max": r"\max", "min": r"\min", "average": r"\frac{1}{k^2} \sum", "sum": r"\sum"}
    formula = rf"y_{{i,j}} = {formulas.get(kind, '')}_{{u,v}}\, x_{{s i + u - p,\; s j + v - p}}"
    if kind == "l2":
        formula = r"y_{i,j} = \sqrt{\sum_{u,v} x_{s i + u - p,\; s j + v - p}^2}"
    return by_rule(
        f"{kind.capitalize() if kind != 'l2' else 'L2'} pooling: windows of {kernel} × {kernel}",
        formula, rule, {"x": x[None, None]}, draw, back, {"x": 2, "y": 2},
        [f"rows of the result: {sizes[0]}", f"columns: {sizes[1]}"],
    )  # fmt: skip
