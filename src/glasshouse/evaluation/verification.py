"""Everything that is measured about a network whose distances tell what is alike, put into one record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from glasshouse.core.errors import NonFiniteError
from glasshouse.core.false_alarms import thinned
from glasshouse.core.files import plain
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.parts import Part
from glasshouse.evaluation.curves import thinned_curve
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.latent import plane
from glasshouse.evaluation.pair_rates import (
    METHOD,
    NEIGHBOURS,
    Distances,
    Pairs,
    Retrieved,
    accepting_threshold,
    best_threshold,
    clustered_interval,
    draw_pairs,
    draw_strangers,
    judged_pairs,
    retrieve,
)
from glasshouse.evaluation.paired import Difference
from glasshouse.evaluation.reconstruction import Question
from glasshouse.evaluation.showing import Gallery
from glasshouse.evaluation.verification_verdict import verification_verdict
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives import Verification

WRONG, ASKED, BINS = 8, 8, 40
RATES = (0.1, 0.05, 0.01, 0.001)
RAW = "distance of the rows themselves"
FOLDER = "verification"


@dataclass(frozen=True)
class Compared:
    """One part, by what pairs of it are apart.

    Args:
        part: The rows and their classes.
        rows: What distances are taken of: embeddings, or the rows' own numbers, (N, K).
        labels: Class of each row.
        pairs: The pairs.
        distances: Of each pair.
        strangers: Distances of many more pairs of two classes, by which rare false alarms are counted.
        retrieved: Neighbours; ``None`` where there are too few rows.
    """

    part: Part
    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    pairs: Pairs
    distances: Distances
    strangers: Distances
    retrieved: Retrieved | None

    @classmethod
    def of(cls, part: Part, rows: NDArray[np.float32], seed: int) -> Compared | None:
        """Draw pairs and look for neighbours; ``None`` where there are no pairs of both kinds."""
        labels = part.targets.numpy()
        pairs = draw_pairs(labels, seed)
        if not len(pairs):
            return None
        strangers = draw_strangers(labels, seed).distances(rows)
        return cls(part, rows, labels, pairs, pairs.distances(rows), strangers, retrieve(rows, labels, seed))

    def accepts(self, threshold: float) -> dict[str, float]:
        """Share of the pairs of one class, and of two, that lie below a threshold."""
        found = self.distances[self.pairs.same] < threshold
        return {
            "true_accepts": float(found.mean()),
            "false_accepts": float((self.strangers < threshold).mean()),
        }


@dataclass(frozen=True)
class Thresholds:
    """Distances below which two rows are called alike, taken from rows that no weight was fitted to.

    Args:
        part: Whose rows.
        threshold: Right most often.
        rate: False-alarm rate that was chosen in advance.
        accepting: Keeps to that rate; ``None`` where there were too few pairs.
    """

    part: str
    threshold: float
    rate: float
    accepting: float | None

    @classmethod
    def of(cls, found: Mapping[str, Compared], rate: float) -> Thresholds:
        """From the validation part, or the training part where there is none."""
        part = "validation" if "validation" in found else next(iter(found))
        chosen = found[part]
        threshold = best_threshold(chosen.distances, chosen.pairs.same)
        return cls(part, threshold, rate, accepting_threshold(chosen.strangers, rate))

    def measured(self, found: Compared) -> dict[str, float]:
        """All metrics of a part."""
        told = judged_pairs(found.distances, found.pairs.same, self.threshold)
        accepts = {} if self.accepting is None else found.accepts(self.accepting)
        return {**told, **accepts, **(found.retrieved.measured() if found.retrieved else {})}


def evaluate_verification(question: Question) -> Evaluation:
    """Measure how well distances of embeddings tell what is alike, beside distances of the rows themselves.

    Metrics are those of every part, at thresholds from the validation part. All else is of the test part, or
    of the validation part where there is no test part, or of the training part where that is all there is.

    Args:
        question: Network, data and what is known about them.

    Raises:
        NonFiniteError: An embedding is NaN or infinite.

    Example:
        >>> from glasshouse.data.parts import Prepared
        >>> from glasshouse.losses import Contrastive
        >>> rows = torch.tensor([[0.0], [0.1], [5.0], [5.1], [9.0], [9.2], [2.0], [2.1]])
        >>> part = Part(rows, torch.tensor([0, 0, 1, 1, 2, 2, 3, 3]), np.arange(8))
        >>> prepared = Prepared(part, None, None, "verification", (1,), 4, tuple("abcd"), "letter")
        >>> question = Question(torch.nn.Identity(), Verification(Contrastive(), codes=1), prepared)
        >>> found = evaluate_verification(question).record
        >>> found["metrics"]["train"]["accuracy"], found["baselines"][0]["name"]
        (1.0, 'distance of the rows themselves')
    """
    parts, seed = question.prepared.parts(), question.seed
    found = _compared(parts, {name: embedded(question, each) for name, each in parts.items()}, seed)
    flat = {name: each.inputs.flatten(1).float().numpy() for name, each in parts.items()}
    as_they_are = _compared(parts, flat, seed)
    assert isinstance(question.objective, Verification), "no objective that compares rows"
    rate = question.objective.false_alarms
    thresholds, plain_thresholds = Thresholds.of(found, rate), Thresholds.of(as_they_are, rate)
    name = next(each for each in ("test", "validation", "train") if each in found)
    judged, bare = found[name], as_they_are[name]
    gallery = Gallery(question.to_pixels, FOLDER)
    unseen = _unseen(question, judged)
    record = {
        "task": "verification",
        "target": question.prepared.target_name,
        "classes": list(question.prepared.classes),
        "primary": "accuracy",
        "metrics": {each: thresholds.measured(compared) for each, compared in found.items()},
        **_against(question, name, judged, bare, (thresholds, plain_thresholds), unseen),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals")),
        "mistakes": [],
        "verification": {
            **_looked_at(question, judged, bare, found[thresholds.part], thresholds, gallery),
            "held_out": unseen,
        },
    }
    return Evaluation(plain(record), gallery.pictures, _predictions(found, thresholds))


def _against(
    question: Question,
    name: str,
    judged: Compared,
    bare: Compared,
    chosen: tuple[Thresholds, Thresholds],
    unseen: bool,
) -> dict[str, Any]:
    """Intervals, the baseline with its metrics, the paired difference from it, and the verdict."""
    thresholds, plain_thresholds = chosen
    beside = plain_thresholds.measured(bare)
    clusters = judged.labels if unseen else np.arange(len(judged.labels))
    right = ((judged.distances < thresholds.threshold) == judged.pairs.same).astype(np.float64)
    rivals = ((bare.distances < plain_thresholds.threshold) == bare.pairs.same).astype(np.float64)
    spans = _intervals(judged, right, clusters)
    difference = _difference(right, rivals, clusters[judged.pairs.one], unseen)
    things = "images" if question.to_pixels is not None else "rows"
    words = verification_verdict(
        (name, len(judged.pairs), things),
        (float(right.mean()), spans.get("accuracy")),
        (len(np.unique(judged.labels)), unseen),
        (beside["accuracy"], difference),
    )
    about = "takes the prepared numbers for the embedding"
    return {
        "intervals": {
            "part": name,
            "rows": len(judged.pairs),
            "level": LEVEL,
            "method": METHOD.format(clusters="whole classes" if unseen else "rows"),
            "metrics": spans,
        },
        "baselines": [{"name": RAW, "about": about, "metrics": beside}],
        "difference": {"baseline": RAW, **difference.to_dict()},
        "verdict": words,
        "mistaken": int((right == 0).sum()),
    }


def embedded(question: Question, part: Part) -> NDArray[np.float32]:
    """The embeddings of a part.

    Raises:
        NonFiniteError: One is NaN or infinite; the first such row is named.
    """
    rows = outputs_of(question.network, part.inputs).cpu().float().numpy()
    lost = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(lost):
        raise NonFiniteError(
            f"the embeddings of {len(lost)} of {len(rows)} rows are NaN or infinite, the first of them row "
            f"{int(part.rows[lost[0]])}",
            expected="finite outputs for every row",
            fix="train again with a lower learning rate, or with training.clip_norm = 1.0",
        )
    return rows


def _compared(
    parts: Mapping[str, Part], rows: Mapping[str, NDArray[np.float32]], seed: int
) -> dict[str, Compared]:
    made = {name: Compared.of(part, rows[name], seed) for name, part in parts.items()}
    return {name: each for name, each in made.items() if each is not None}


def _unseen(question: Question, judged: Compared) -> bool:
    """Whether no class that is judged was trained on."""
    trained = question.prepared.train.targets.numpy()
    return not np.isin(judged.labels, trained).any()


def _intervals(
    judged: Compared, right: NDArray[np.float64], clusters: NDArray[np.int64]
) -> dict[str, tuple[float, float]]:
    spans = {"accuracy": clustered_interval(right, clusters[judged.pairs.one])}
    if judged.retrieved is not None:
        own = clusters[judged.retrieved.asked]
        hits = judged.retrieved.right.astype(np.float64)
        spans["recall_at_1"] = clustered_interval(hits[:, 0], own)
        spans[f"precision_at_{NEIGHBOURS}"] = clustered_interval(hits.mean(axis=1), own)
    return {name: span for name, span in spans.items() if span is not None}


def _difference(
    right: NDArray[np.float64], rivals: NDArray[np.float64], clusters: NDArray[np.int64], unseen: bool
) -> Difference:
    """The paired difference of the shares of pairs that are judged right."""
    gain = right - rivals
    # From -1..1 to 0..1 and back, so that the ends stay where a difference can lie.
    span = clustered_interval((gain + 1) / 2, clusters)
    low, high = (2 * span[0] - 1, 2 * span[1] - 1) if span else (-math.inf, math.inf)
    method = METHOD.format(clusters="whole classes" if unseen else "rows")
    return Difference("accuracy", len(gain), float(gain.mean()), low, high, method)


def _looked_at(
    question: Question,
    judged: Compared,
    bare: Compared,
    chosen: Compared,
    thresholds: Thresholds,
    gallery: Gallery,
) -> dict[str, Any]:
    """What the report draws: distances, wrong pairs, neighbours, the plane of embeddings."""
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


def _predictions(found: Mapping[str, Compared], thresholds: Thresholds) -> pl.DataFrame:
    """One row per pair: its two rows, whether they are of one class, whether they are called so."""
    frames = [
        pl.DataFrame(
            {
                "part": pl.Series([name], dtype=pl.String).new_from_index(0, len(each.pairs)),
                "row": pl.Series(range(len(each.pairs)), dtype=pl.Int64),
                "one": pl.Series(each.part.rows[each.pairs.one], dtype=pl.Int64),
                "other": pl.Series(each.part.rows[each.pairs.other], dtype=pl.Int64),
                "target": pl.Series(each.pairs.same.astype(np.int64)),
                "prediction": pl.Series((each.distances < thresholds.threshold).astype(np.int64)),
                "distance": pl.Series(each.distances),
            }
        )
        for name, each in found.items()
    ]
    return pl.concat(frames)
