"""Everything that is measured about foretold frames of music, put together into one record."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.row_means import METHOD, mean_interval
from glasshouse.objectives.frames import surprise_by_frame

Numbers = NDArray[np.float64]


def evaluate_frames(network: nn.Module, prepared: Prepared) -> Evaluation:
    """Measure the surprise per frame, and set it against frequencies and against what sounded before.

    Args:
        network: The trained network.
        prepared: Pieces.
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    totals = {
        name: torch.cat(surprise_by_frame(network, part)).double().sum(dim=1).numpy()
        for name, part in parts.items()
    }
    counts = {name: lengths(part) for name, part in parts.items()}
    metrics = {name: {"nats": float(totals[name].sum() / counts[name].sum())} for name in parts}
    baselines = [
        {"name": name, "about": about, "metrics": {"nats": value}}
        for name, about, value in simple_surprises(prepared.train, parts[judged])
    ]
    span = mean_interval(totals[judged] / counts[judged])
    best = min(baselines, key=lambda each: float(each["metrics"]["nats"]))  # type: ignore[index]
    nats, other = metrics[judged]["nats"], float(best["metrics"]["nats"])  # type: ignore[index]
    side = "less" if nats <= other else "more"
    record = {
        "task": "frames",
        "target": prepared.target_name,
        "classes": [],
        "primary": "nats",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(parts[judged]),
            "level": LEVEL,
            "method": METHOD,
            "metrics": {} if span is None else {"nats": span},
        },
        "baselines": baselines,
        "difference": None,
        "verdict": f"Surprised by {nats:.2f} nats at each of {int(counts[judged].sum()):,} frames of "
        f"{len(parts[judged]):,} {'training' if judged == 'train' else judged} pieces. That is "
        f"{abs(nats - other):.2f} {side} than the best simple method, {best['name']} ({other:.2f}).",
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
    }
    frame = pl.concat(
        [
            pl.DataFrame(
                {
                    "part": [name] * len(part),
                    "row": part.rows,
                    "target": counts[name].astype(np.float64),
                    "prediction": totals[name] / counts[name],
                }
            )
            for name, part in parts.items()
        ]
    )
    return Evaluation(plain(record), {}, frame)


def lengths(part: Part) -> Numbers:
    """How many frames each piece has."""
    counts: Numbers = (part.targets[..., 0] >= 0).sum(dim=1).double().numpy()
    return counts


def simple_surprises(train: Part, judged: Part) -> list[tuple[str, str, float]]:
    """The surprise per frame of two methods that count: how frequent a note is, and whether it goes on.

    Args:
        train: The pieces that are counted, with one of each kind added.
        judged: The pieces that are judged.

    Returns:
        Name, what it does, nats per frame.
    """
    found = []
    for name, about, kinds in (
        ("frequencies", "how frequent each note is in training", 1),
        ("what sounded before", "how frequent each note is after it sounded, and after it did not", 2),
    ):
        ones, every = (torch.zeros(kinds, train.inputs.shape[2], dtype=torch.float64) for _ in range(2))
        for kind in range(kinds):
            at = _of_kind(train, kind, kinds)
            ones[kind] = (at * train.targets.clamp(min=0)).double().sum(dim=(0, 1))
            every[kind] = at.double().sum(dim=(0, 1))
        share = (ones + 1) / (every + 2)
        total = 0.0
        for kind in range(kinds):
            at, truth = _of_kind(judged, kind, kinds), judged.targets.clamp(min=0).double()
            losses = -(truth * share[kind].log() + (1 - truth) * (1 - share[kind]).log())
            total += float((at * losses).sum())
        found.append((name, about, total / float(lengths(judged).sum())))
    return found


def _of_kind(part: Part, kind: int, kinds: int) -> torch.Tensor:
    """Where a note stands inside a piece and, of two kinds, did or did not sound in the frame before."""
    inside = (part.targets[..., :1] >= 0).expand_as(part.targets)
    return inside if kinds == 1 else inside & (part.inputs == kind)
