"""Pictures to look at: what went in, what should come out and what did, for the best, typical and worst."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.evaluation.showing import Gallery

EACH = 4
"""Rows in each of the three groups."""
Score = NDArray[np.float64]


def chosen(scores: Score) -> dict[str, NDArray[np.int64]]:
    """Places of the best, of typical and of the worst rows; no row is in two groups.

    Args:
        scores: One for each row; larger is better.

    Example:
        >>> {name: rows.tolist() for name, rows in chosen(np.array([0.1, 0.9, 0.5])).items()}
        {'best': [1], 'typical': [2], 'worst': [0]}
    """
    order = np.argsort(-scores, kind="stable")
    each = max(1, min(EACH, len(scores) // 3))
    middle = max(each, (len(order) - each) // 2)
    typical = order[middle : min(middle + each, max(each, len(order) - each))]
    return {"best": order[:each], "typical": typical, "worst": order[::-1][: min(each, len(order) - each)]}


def examples(
    scores: Score,
    rows: NDArray[np.int64],
    inputs: torch.Tensor,
    gallery: Gallery,
    further: Callable[[NDArray[np.int64]], dict[str, NDArray[np.uint8]]],
) -> list[dict[str, Any]]:
    """The three groups as entries that name their pictures.

    Args:
        scores: One for each row.
        rows: Row numbers in the raw data.
        inputs: What the network saw of them.
        gallery: Takes the pictures.
        further: From places of rows to the other pictures of each, by their title.
    """
    found = []
    for group, places in chosen(scores).items():
        pictures = {"input": gallery.add(f"{group}-input", inputs[torch.from_numpy(places.copy())])}
        for title, levels in further(places).items():
            pictures[title] = gallery.keep(f"{group}-{title.replace(' ', '-')}", levels)
        entries = [
            {
                "row": int(rows[place]),
                "place": int(place),
                "score": float(scores[place]),
                "pictures": [
                    {"title": title, "path": paths[number]} for title, paths in pictures.items() if paths
                ],
            }
            for number, place in enumerate(places)
        ]
        found.append({"group": group, "rows": entries})
    return found
