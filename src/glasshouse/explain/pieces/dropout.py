"""Dropout, worked out: the mask, and what it makes of every number."""

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
from glasshouse.layers.dropout import dropout_mask


def dropout(x: Any, probability: float = 0.5, mask: Any = None, seed: int = 0, gradient: Any = None) -> Piece:
    r"""Random numbers set to zero, the others enlarged, so that the mean stays.

    .. math:: y = \frac{m\, x}{1 - p}

    Args:
        x: A list of numbers.
        probability: Probability p of a zero, from 0 to below 1.
        mask: One 0 or 1 for each number; the one that PyTorch draws with ``seed`` if left out.
        seed: Of the mask.
        gradient: The gradient of a loss by every output, to carry back; none if left out.

    Raises:
        UsageError: x is no list, or the mask has another length or other numbers than 0 and 1.
        SettingError: The probability lies outside its range.

    Source:
        Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, Dropout, JMLR 15.

    Example:
        >>> dropout([1.0, 2.0, 3.0], 0.5, mask=[1, 0, 1]).result.tolist()
        [2.0, 0.0, 6.0]
    """
    given = numbers("x", x, 1)
    rule, _ = read_rule(LAYERS["dropout"], probability=probability)
    kept = dropout_mask(given, probability, seed) if mask is None else numbers("mask", mask, 1)
    if not bool(((kept == 0) | (kept == 1)).all()):
        raise UsageError(f"mask = {kept.tolist()}", expected="0 or 1 for each number", fix="1 keeps a number")
    values = {"x": given, "mask": alike("mask", kept, given.shape)}
    back = None
    if gradient is not None:
        back = {"y": alike("gradient", numbers("gradient", gradient, 1), given.shape)}

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        shapes, bottom = bars(0, 20, {"x": given, "y": results["y"]})
        return svg(506, bottom + 8, shapes, "The numbers before and after dropout, as bars")

    share = f"{int(kept.sum())} of {len(kept)} are kept and divided by {1 - probability:g}"
    title = f"Dropout with probability {probability:g}"
    return by_rule(title, r"y = \frac{m\, x}{1 - p}", rule, values, draw, back, notes=[share])
