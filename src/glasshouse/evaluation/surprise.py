"""The record of a task that is judged by surprise: nats at each step of sequences of several lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.files import plain
from glasshouse.data.parts import Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.row_means import METHOD

Numbers = NDArray[np.float64]


def judged_part(prepared: Prepared) -> str:
    """The part that everything is told of: the test part, or what comes nearest to it."""
    parts = prepared.parts()
    return next(name for name in ("test", "validation", "train") if name in parts)


def surprise_evaluation(
    prepared: Prepared,
    told: Mapping[str, tuple[Numbers, Numbers]],
    metrics: Mapping[str, Mapping[str, float]],
    baselines: Sequence[Mapping[str, Any]],
    span: tuple[float, float] | None,
    verdict: str,
    method: str = METHOD,
) -> Evaluation:
    """Put what was measured into the record that all evaluations have, with a row for every sequence.

    Args:
        prepared: The sequences.
        told: For each part the surprise of every sequence, in nats, and how many steps it has.
        metrics: For each part; ``nats`` is that of a step.
        baselines: Name, what it does, metrics of the judged part.
        span: Of the nats of a step, between sequences of the judged part.
        verdict: In a sentence.
        method: How the span was found.
    """
    parts, judged = prepared.parts(), judged_part(prepared)
    record = {
        "task": prepared.task,
        "target": prepared.target_name,
        "classes": [],
        "primary": "nats",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(parts[judged]),
            "level": LEVEL,
            "method": method,
            "metrics": {} if span is None else {"nats": span},
        },
        "baselines": baselines,
        "difference": None,
        "verdict": verdict,
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
    }
    rows = [
        pl.DataFrame(
            {
                "part": [name] * len(part),
                "row": part.rows,
                "target": told[name][1],
                "prediction": told[name][0] / told[name][1],
            }
        )
        for name, part in parts.items()
    ]
    return Evaluation(plain(record), {}, pl.concat(rows))
