"""What the report draws of compared rows: distances, wrong pairs, neighbours, the plane of embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from glasshouse.core.false_alarms import thinned
from glasshouse.core.seeds import numpy_stream
from glasshouse.evaluation.compared import Compared, Thresholds
from glasshouse.evaluation.curves import thinned_curve
from glasshouse.evaluation.latent import plane
from glasshouse.evaluation.pair_rates import accepting_threshold
from glasshouse.evaluation.reconstruction import Question
from glasshouse.evaluation.showing import Gallery

WRONG, ASKED, BINS = 8, 8, 40
RATES = (0.1, 0.05, 0.01, 0.001)


def shown_pairs(
    question: Question,
    judged: Compared,
    bare: Compared,
    chosen: Compared,
    thresholds: Thresholds,
    gallery: Gallery,
) -> dict[str, Any]:
    """What the report draws: distances, wrong pairs, neighbours, the plane of embeddings.

    Args:
        question: Network, data and what is known about them.
        judged: The part that is shown.
        bare: The same part by its rows themselves.
        chosen: The part that thresholds were taken from.
        thresholds: The distances below which rows are called alike.
        gallery: Collects pictures of rows.
    """
    rates = []
    for rate in sorted({*RATES, thresholds.rate}, reverse=True):
        accepting = accepting_threshold(chosen.strangers, rate)
        if accepting is not None:
            rates.append({"rate": rate, "threshold": accepting, **judged.accepts(accepting)})
    return {
        "threshold": thresholds.threshold,
        "part": thresholds.part,
        "rate": thresholds.rate,
        "accepting": thresholds.accepting,
        "different": thinned(chosen.strangers),
        "rates": rates,
        "histogram": _histogram(judged),
        "roc": _roc(judged),
        "roc_of_rows": _roc(bare),
        "wrong": _wrong(question, judged, thresholds.threshold, gallery),
        "neighbours": _neighbours(question, judged, gallery),
        "plane": plane(judged.rows, judged.labels, question.seed),
        "width": judged.rows.shape[1],
    }


def _histogram(judged: Compared) -> dict[str, Any]:
    """Distances of both kinds of pairs, in the same bins."""
    top = float(judged.distances.max()) or 1.0
    edges = np.linspace(0, top, BINS + 1)
    same = judged.pairs.same
    return {
        "edges": edges.tolist(),
        "same": np.histogram(judged.distances[same], edges)[0].tolist(),
        "different": np.histogram(judged.distances[~same], edges)[0].tolist(),
    }


def _roc(judged: Compared) -> dict[str, list[float]]:
    across, up, _ = roc_curve(judged.pairs.same, -judged.distances)
    false_positive, true_positive = thinned_curve(across, up)
    return {"false_positive_rate": false_positive, "true_positive_rate": true_positive}


def _wrong(question: Question, judged: Compared, threshold: float, gallery: Gallery) -> dict[str, Any]:
    """The pairs that are judged wrong by the widest margin: alike and told apart, and the other way."""
    same, distances = judged.pairs.same, judged.distances
    apart = np.flatnonzero(same & (distances >= threshold))
    alike = np.flatnonzero(~same & (distances < threshold))
    kinds = {
        "missed": apart[np.argsort(-distances[apart], kind="stable")][:WRONG],
        "mistaken": alike[np.argsort(distances[alike], kind="stable")][:WRONG],
    }
    entries = {kind: _pair_entries(question, judged, rows, kind, gallery) for kind, rows in kinds.items()}
    return {**entries, "counts": {"missed": len(apart), "mistaken": len(alike)}}


def _pair_entries(
    question: Question, judged: Compared, places: NDArray[np.int64], kind: str, gallery: Gallery
) -> list[dict[str, Any]]:
    sides = {"one": judged.pairs.one[places], "other": judged.pairs.other[places]}
    pictures = {side: _pictures(judged, rows, f"{kind}-{side}", gallery) for side, rows in sides.items()}
    return [
        {
            "distance": float(judged.distances[place]),
            **{side: _row(question, judged, sides[side][at], pictures[side][at]) for side in sides},
        }
        for at, place in enumerate(places)
    ]


def _neighbours(question: Question, judged: Compared, gallery: Gallery) -> list[dict[str, Any]]:
    """Some rows drawn by chance, each with its nearest others."""
    found = judged.retrieved
    if found is None:
        return []
    drawn = np.sort(numpy_stream(question.seed, "shown neighbours").permutation(len(found.asked))[:ASKED])
    entries = []
    for number, at in enumerate(drawn, start=1):
        rows = np.concatenate([[found.asked[at]], found.found[at]])
        pictures = _pictures(judged, rows, f"asked{number}", gallery)
        first, *others = (
            _row(question, judged, row, shown) for row, shown in zip(rows, pictures, strict=True)
        )
        near = [
            {**each, "distance": float(distance), "right": bool(right)}
            for each, distance, right in zip(others, found.distances[at], found.right[at], strict=True)
        ]
        entries.append({**first, "found": near})
    return entries


def _row(question: Question, judged: Compared, place: int, picture: str | None) -> dict[str, Any]:
    name = question.prepared.classes[int(judged.labels[place])]
    return {"row": int(judged.part.rows[place]), "class": name, "picture": picture}


def _pictures(judged: Compared, places: NDArray[np.int64], name: str, gallery: Gallery) -> list[str | None]:
    paths = gallery.add(name, judged.part.inputs[torch.from_numpy(places)]) if len(places) else []
    return [*paths] if paths else [None] * len(places)
