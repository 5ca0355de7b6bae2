"""Scaled dot-product attention, worked out: scores, weights and weighted sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import CELL, svg, table, text
from glasshouse.explain.pieces.given import numbers
from glasshouse.explain.pieces.piece import Piece
from glasshouse.layers import LAYERS


def attention(
    queries: Any, keys: Any, values: Any, mask: Any = None, causal: bool = False, gradient: Any = None
) -> Piece:
    r"""Every query takes the values in the measure in which it resembles their keys.

    .. math:: y = \mathrm{softmax}\left(\frac{q k^\top}{\sqrt{E}}\right) v

    Args:
        queries: A matrix (T, E).
        keys: A matrix (S, E).
        values: A matrix (S, V).
        mask: A matrix (T, S) of truths: where a query may look; everywhere if left out.
        causal: Whether query t sees the keys up to t only.
        gradient: The gradient of a loss by every output, to carry back; none if left out.

    Raises:
        UsageError: One of them is no matrix.
        ModelError: Their shapes do not belong together.

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.

    Example:
        >>> attention([[1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], [[2.0], [4.0]]).result.tolist()
        [[3.0]]
    """
    given = {
        "q": numbers("queries", queries, 2),
        "k": numbers("keys", keys, 2),
        "v": numbers("values", values, 2),
    }
    if mask is not None:
        given["mask"] = numbers("mask", mask, 2) != 0
    concept = LAYERS["scaled_dot_product_attention"]
    rule, _ = read_rule(concept, causal=causal)
    _, saved = rule.forward(given)
    back = None if gradient is None else {"y": numbers("gradient", gradient, 2)}

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        weights, y = saved["weights"], results["y"]
        shapes = table(70.0, 60.0, weights, "weights: queries down, keys across", heat=True)
        right = 70 + weights.shape[1] * CELL + 70
        shapes += [text(right - 35, 60 + weights.shape[0] * CELL / 2, "· v =")]
        shapes += table(right, 60.0, y, "y")
        width, height = right + y.shape[1] * CELL + 16, 76 + weights.shape[0] * CELL
        return svg(max(width, 320), height, shapes, "How much every query takes of every value")

    title = f"Attention of {len(given['q'])} queries over {len(given['k'])} keys"
    return by_rule(title, concept.equation, rule, given, draw, back)
