"""Everything that is measured about foretold frames of music, put together into one record."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.row_means import mean_interval
from glasshouse.evaluation.surprise import judged_part, surprise_evaluation
from glasshouse.objectives.frames import surprise_by_frame

Numbers = NDArray[np.float64]


def evaluate_frames(network: nn.Module, prepared: Prepared) -> Evaluation:
    """Measure the surprise per frame, and set it against frequencies and against what sounded before.

    Args:
        network: The trained network.
        prepared: Pieces.
    """
    parts = prepared.parts()
    judged = judged_part(prepared)
    totals = {
        name: torch.cat(surprise_by_frame(network, part)).double().sum(dim=1).numpy()
        for name, part in parts.items()
    }
    counts = {name: lengths(part) for name, part in parts.items()}
    metrics = {name: {"nats": float(totals[name].sum() / counts[name].sum())} for name in parts}
    simple = simple_surprises(prepared.train, parts[judged])
    baselines = [{"name": name, "about": about, "metrics": {"nats": value}} for name, about, value in simple]
    span = mean_interval(totals[judged] / counts[judged])
    nats = metrics[judged]["nats"]
    name, _, other = min(simple, key=lambda each: each[2])
    verdict = (
        f"Surprised by {nats:.2f} nats at each of {int(counts[judged].sum()):,} frames of "
        f"{len(parts[judged]):,} {'training' if judged == 'train' else judged} pieces. That is "
        f"{abs(nats - other):.2f} {'less' if nats <= other else 'more'} than the best simple method, {name} "
        f"({other:.2f})."
    )
    told = {name: (totals[name], counts[name]) for name in parts}
    return surprise_evaluation(prepared, told, metrics, baselines, span, verdict)


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
