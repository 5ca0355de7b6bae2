"""Everything that is measured about a network whose distances tell what is alike, put into one record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import NonFiniteError
from glasshouse.core.files import plain
from glasshouse.data.parts import Part
from glasshouse.evaluation.compared import Compared, Thresholds
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.pair_rates import METHOD, NEIGHBOURS, clustered_interval
from glasshouse.evaluation.paired import Difference
from glasshouse.evaluation.reconstruction import Question
from glasshouse.evaluation.showing import Gallery
from glasshouse.evaluation.verification_shown import shown_pairs
from glasshouse.evaluation.verification_verdict import verification_verdict
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives import Verification

RAW = "distance of the rows themselves"
FOLDER = "verification"


def evaluate_verification(question: Question) -> Evaluation:
    """Measure how well distances of embeddings tell what is alike, beside distances of the rows themselves.

    Metrics are those of every part, at thresholds from the validation part. All else is of the test part, or
    of the validation part where there is no test part, or of the training part where that is all there is.

    Args:
        question: Network, data and what is known about them.

    Raises:
        NonFiniteError: An embedding is NaN or infinite.

    Example:
        >>> import torch
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
            **shown_pairs(question, judged, bare, found[thresholds.part], thresholds, gallery),
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
