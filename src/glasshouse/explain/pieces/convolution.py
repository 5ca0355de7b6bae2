"""A convolution, worked out: the window on the image times the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from glasshouse.core.checks import number
from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import CELL, svg, table, text, walk
from glasshouse.explain.pieces.given import numbers
from glasshouse.explain.pieces.piece import Piece
from glasshouse.layers import LAYERS
from glasshouse.layers.sizes import convolution_size


def convolution(
    image: Any,
    kernel: Any,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    bias: float = 0.0,
    gradient: Any = None,
) -> Piece:
    r"""A kernel slid over one image, number by number.

    .. math:: y_{i,j} = b + \sum_{u,v} w_{u,v}\, x_{s i + d u - p,\; s j + d v - p}

    The kernel is not turned round, as in every deep-learning library (cross-correlation).

    Args:
        image: A matrix (H, W).
        kernel: A matrix (k, k').
        stride: Step of the window, from 1.
        padding: Zeros around the image, from 0.
        dilation: Distance of neighbours within the kernel, from 1.
        bias: Added to every output.
        gradient: The gradient of a loss by every output, to carry back; none if left out.

    Raises:
        UsageError: Image or kernel is no matrix.
        SettingError: A setting lies outside its range.
        ModelError: The kernel is larger than the padded image.

    Source:
        Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv 1603.07285.

    Example:
        >>> piece = convolution([[1, 1, 0], [0, 1, 1], [0, 0, 1]], [[1, 0], [0, -1]])
        >>> piece.result.tolist()
        [[0.0, 0.0], [0.0, 0.0]]
        >>> print(piece.at(0, 1).text())
        1·1 + 0·0 + 0·1 + (−1)·1
    """
    x, w = numbers("image", image, 2), numbers("kernel", kernel, 2)
    sizes = [convolution_size(n, k, stride, padding, dilation) for n, k in zip(x.shape, w.shape, strict=True)]
    settings = {"kernel_size": tuple(w.shape), "stride": stride, "padding": padding, "dilation": dilation}
    rule, _ = read_rule(LAYERS["conv2d"], in_channels=1, out_channels=1, bias=bias != 0, **settings)
    values = {"x": x[None, None], "weight": w[None, None]}
    if number("bias", bias):
        values["bias"] = torch.tensor([bias], dtype=torch.float64)
    back = None
    if gradient is not None:
        dy = numbers("gradient", gradient, 2)
        back = {"y": dy.reshape(1, 1, *dy.shape)}

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        padded = torch.nn.functional.pad(x, (padding,) * 4)
        window = [(u * dilation, v * dilation) for u in range(w.shape[0]) for v in range(w.shape[1])]
        y = results["y"]
        top, left = 40.0, 16.0
        shapes = table(left, top, padded, f"x{' with its padding' if padding else ''}", window)
        second = left + padded.shape[1] * CELL + 70
        shapes += [text(second - 35, top + padded.shape[0] * CELL / 2, "∗", size=20)]
        shapes += table(
            second, top, w, "weight", [(u, v) for u in range(w.shape[0]) for v in range(w.shape[1])]
        )
        third = second + w.shape[1] * CELL + 70
        shapes += [text(third - 35, top + padded.shape[0] * CELL / 2, "=", size=20)]
        shapes += table(third, top, y, "y", [(0, 0)])
        span = (dilation * (w.shape[0] - 1) + 1, dilation * (w.shape[1] - 1) + 1)
        shapes += walk((left, top), (third, top), span, stride, y.shape)
        height = top + max(padded.shape[0], w.shape[0], y.shape[0]) * CELL + 16
        told = "The window on the image first, next and last, and the numbers that it gives"
        return svg(third + y.shape[1] * CELL + 16, height, shapes, told)

    return by_rule(
        f"Convolution: a kernel of {w.shape[0]} × {w.shape[1]} over an image of {x.shape[0]} × {x.shape[1]}",
        r"y_{i,j} = b + \sum_{u,v} w_{u,v}\, x_{s i + d u - p,\; s j + d v - p}",
        rule,
        values,
        draw,
        back,
        {"x": 2, "y": 2, "weight": 2},
        notes=[f"rows of the result: {sizes[0]}", f"columns: {sizes[1]}"],
    )
