"""Padding, worked out: where every number of the padded map comes from, and what size it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import CELL, svg, table, text
from glasshouse.explain.pieces.given import numbers
from glasshouse.explain.pieces.piece import Piece
from glasshouse.layers import LAYERS
from glasshouse.layers.convolution_padding import padding_fits
from glasshouse.layers.sizes import convolution_size


def padding(image: Any, amount: int = 1, mode: str = "zeros", kernel: int = 3, stride: int = 1) -> Piece:
    r"""Places added around a map, and what a convolution then makes of its size.

    .. math:: o = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1

    Args:
        image: A matrix (H, W).
        amount: Places on every side, from 0.
        mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        kernel: Side of the kernel whose output size is worked out.
        stride: Its step.

    Raises:
        UsageError: The map is no matrix.
        SettingError: A setting lies outside its range.
        ModelError: The map is too small.

    Source:
        Dumoulin and Visin 2016, arXiv 1603.07285.

    Example:
        >>> padding([[1.0]], 1).result.shape
        torch.Size([3, 3])
    """
    x = numbers("image", image, 2)
    rule, _ = read_rule(LAYERS["pad"], padding=amount, padding_mode=mode)
    padding_fits(((amount, amount),) * 2, x.shape, mode)
    size = convolution_size(x.shape[0], kernel, stride, amount)

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        y = results["y"]
        right = 16 + x.shape[1] * CELL + 60
        whole = [(i + amount, j + amount) for i in range(x.shape[0]) for j in range(x.shape[1])]
        shapes = [*table(16.0, 40.0, x, "x"), text(right - 30, 40 + x.shape[0] * CELL / 2, "→", size=18)]
        shapes += table(right, 40.0, y, "padded", whole)
        return svg(right + y.shape[1] * CELL + 16, 56 + y.shape[0] * CELL, shapes, "The map and its padding")

    return by_rule(
        f"Padding of {amount} around {x.shape[0]} × {x.shape[1]} ({mode})",
        r"o = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1",
        rule, {"x": x[None, None]}, draw, None, {"x": 2, "y": 2},
        [f"a kernel of {kernel} with stride {stride} then gives {size} rows"],
    )  # fmt: skip
