"""What a run folder says of the members of an ensemble: how each was trained, and how they do together."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.devices import threads
from glasshouse.core.files import plain, read_json, write_atomic, write_json
from glasshouse.data.parts import Part, Prepared
from glasshouse.models.ensemble import Ensemble
from glasshouse.models.outputs import mapped
from glasshouse.project.ensemble_metrics import FIRST, told_of
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work
from glasshouse.ship.weights import write_weights
from glasshouse.training.records import Records

ENSEMBLE = "ensemble.json"
MEMBERS = "members"
MOST_NUMBERS = 2**27
"""Numbers that members may give in all when they are measured: half a gigabyte."""


@dataclass(frozen=True)
class Member:
    """One network of an ensemble.

    Args:
        number: From 0.
        seed: What decided its chance.
        network: As it was trained; ``None`` where its numbers overflowed.
        outcome: How training ended: the fields of :class:`~glasshouse.training.job.Outcome`.
        error: Why it could not go on, or an empty text.
        epochs, timings: A row for each of its epochs.
    """

    number: int
    seed: int
    network: nn.Module | None
    outcome: Mapping[str, Any]
    error: str = ""
    epochs: Sequence[dict[str, Any]] = field(default_factory=tuple)
    timings: Sequence[dict[str, Any]] = field(default_factory=tuple)

    @property
    def steps(self) -> int:
        """Optimizer steps that it took."""
        return int(self.outcome.get("steps", 0))

    def row(self) -> dict[str, Any]:
        """Its line in ``ensemble.json``."""
        return {"number": self.number, "seed": self.seed, "error": self.error, **self.outcome}

    @classmethod
    def from_row(cls, row: Mapping[str, Any], network: nn.Module | None) -> Member:
        """The member that a line speaks of."""
        rest = {key: value for key, value in row.items() if key not in ("number", "seed", "error", "metrics")}
        return cls(row["number"], row["seed"], network, rest, row["error"])


def weights_path(path: Path, number: int) -> Path:
    """Where a member's weights are in a run folder."""
    return path / MEMBERS / f"{number:03d}.safetensors"


def write_members(path: Path, kind: str, members: Sequence[Member]) -> None:
    """Write weights and epochs of every member, and last ``ensemble.json``, which says that all are there."""
    (path / MEMBERS).mkdir(exist_ok=True)
    for each in members:
        if each.network is not None:
            write_weights(weights_path(path, each.number), each.network)
        lines = "".join(json.dumps(plain(row)) + "\n" for row in each.epochs)
        write_atomic(path / MEMBERS / f"{each.number:03d}.jsonl", lines)
    write_json(path / ENSEMBLE, {"kind": kind, "members": [each.row() for each in members]})


def write_training(stage: Stage, members: Sequence[Member], seconds: float) -> None:
    """Write ``metrics.jsonl`` (snapshots have theirs) and ``training.json`` for all members together."""
    kind, path = stage.experiment.ensemble.kind, stage.run.path
    if kind != "snapshots":
        records = Records(path)
        if (path / "metrics.jsonl").exists():
            records.rewind(0, [])  # of a try that was cut off
        for row, timing in mean_epochs(members):
            timing["samples_per_second"] = stage.job.batches.rows * timing.pop("members") / timing["seconds"]
            records.epoch(row, timing, [], [])
        records.flush()
    outcomes = [each.outcome for each in members if not each.error]
    engines = Counter(each["engine"] for each in outcomes)
    reasons = Counter(each["engine_why"] for each in outcomes)
    write_json(
        path / "training.json",
        {
            "best_epoch": None,
            "ended": told(members, kind),
            "epochs": max(each["epochs"] for each in outcomes),
            "steps": sum(each.steps for each in members),
            "seconds": seconds,
            "engine": ", ".join(engines),
            "engine_why": "; ".join(reasons),
            "monitor": stage.job.stopping.monitor,
        },
    )


def mean_epochs(members: Sequence[Member]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """For each epoch the mean of the members that went through it, and the time that they took together.

    Example:
        >>> members = [Member(0, 0, None, {}, epochs=[{"epoch": 1, "train": {"loss": 1.0}}]),
        ...            Member(1, 1, None, {}, epochs=[{"epoch": 1, "train": {"loss": 2.0}}])]
        >>> next(mean_epochs(members))
        ({'epoch': 1, 'train': {'loss': 1.5}}, {'epoch': 1, 'seconds': 0, 'members': 2})
    """
    alive = [each for each in members if not each.error]
    for place in range(max((len(each.epochs) for each in alive), default=0)):
        there = [each for each in alive if place < len(each.epochs)]
        seconds = sum(each.timings[place]["seconds"] for each in there if place < len(each.timings))
        row = _mean([each.epochs[place] for each in there])
        yield row, {"epoch": place + 1, "seconds": seconds, "members": len(there)}


def _mean(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Number by number, sections as sections; counts stay counts."""
    mean: dict[str, Any] = {}
    for key, first in rows[0].items():
        values = [row[key] for row in rows if row.get(key) is not None]
        if isinstance(first, Mapping):
            mean[key] = _mean(values)
        elif not values:
            mean[key] = None
        elif key in ("epoch", "step"):
            mean[key] = max(values)
        else:
            mean[key] = math.fsum(values) / len(values)
    return mean


def told(members: Sequence[Member], kind: str) -> str:
    """How training ended, in a sentence."""
    lost = sum(1 for each in members if each.error)
    early = sum(1 for each in members if "early" in str(each.outcome.get("ended", "")))
    ended = f"{len(members)} networks trained ({kind})"
    ended += f", {early} of them stopped early" if early else ""
    return ended + (f"; {lost} left out, their loss was not finite" if lost else "")


def measure_members(stage: Stage, work: Work) -> dict[str, Any]:
    """Measure the members one by one beside the ensemble, and add it to ``ensemble.json``.

    Args:
        stage: With the ensemble in its job.
        work: The data.

    Returns:
        The record.
    """
    path, objective = stage.run.path, stage.job.objective
    ensemble = stage.job.network
    assert isinstance(ensemble, Ensemble)
    prepared = work.prepared
    name, part = next(
        (name, part) for name in ("test", "validation", "train") if (part := prepared.parts().get(name))
    )
    part = within_memory(part, prepared, len(ensemble.members))
    with threads(stage.job.threads):
        outputs = mapped(ensemble, lambda rows: ensemble.each(rows).movedim(0, 1), part.inputs)
    outputs = outputs.movedim(1, 0).cpu()
    record = dict(read_json(path / ENSEMBLE))
    alive = [row for row in record["members"] if not row["error"]]
    for row, own in zip(alive, outputs, strict=True):
        row["metrics"] = told_of(own, part, prepared, objective).metrics
    together = told_of(ensemble.mean(outputs), part, prepared, objective)
    primary = FIRST[prepared.task]
    single = np.array([row["metrics"][primary] for row in alive])
    apart = ensemble.disagreement(outputs).double().numpy()
    if objective.meaning == "values" and objective.scale is not None:
        apart = apart * abs(objective.scale.spread)
    record |= {
        "part": name,
        "rows": len(part),
        "primary": primary,
        "together": together.metrics,
        "single": {
            "mean": single.mean(),
            "deviation": single.std(ddof=1) if len(single) > 1 else None,
            "lowest": single.min(),
            "highest": single.max(),
        },
        "disagreement": _disagreement(apart, together.right, together.error),
    }
    write_json(path / ENSEMBLE, plain(record))
    return record


def within_memory(part: Part, prepared: Prepared, members: int) -> Part:
    """A part, or its first rows where what all members give for all of them would not fit into memory.

    Args:
        part: Which members are to be measured on.
        prepared: What it is a part of.
        members: How many there are.
    """
    width = prepared.outputs
    if prepared.task in ("segmentation", "image_to_image", "tagging"):
        width *= math.prod(part.targets.shape[2 if prepared.task == "image_to_image" else 1 :])
    rows = max(1, MOST_NUMBERS // (members * width))
    if rows >= len(part):
        return part
    weights = None if part.weights is None else part.weights[:rows]
    return Part(part.inputs[:rows], part.targets[:rows], part.rows[:rows], weights)


def told_together(record: Mapping[str, Any]) -> str:
    """How the members do one by one and together, in a sentence.

    Example:
        >>> told_together({"primary": "accuracy", "part": "test", "together": {"accuracy": 0.95},
        ...                "single": {"mean": 0.93, "lowest": 0.91, "highest": 0.94}})
        'Together: test accuracy 0.95; a single one has 0.93 on average (0.91 to 0.94).'
    """
    name, single = record["primary"], record["single"]
    return (
        f"Together: {record['part']} {name} {record['together'][name]:.4g}; a single one has "
        f"{single['mean']:.4g} on average ({single['lowest']:.4g} to {single['highest']:.4g})."
    )


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's: the correlation of the ranks; equal numbers share the mean of theirs.

    Example:
        >>> round(rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3])), 6)
        1.0
    """
    a, b = (pl.Series(each).rank("average").to_numpy() for each in (one, other))
    a, b = a - a.mean(), b - b.mean()
    return float((a @ b) / np.sqrt((a @ a) * (b @ b)))


def _disagreement(
    apart: NDArray[np.float64], right: NDArray[np.bool_] | None, error: NDArray[np.float64] | None
) -> dict[str, float | None]:
    """The mean, and whether it is larger where the ensemble errs."""
    found: dict[str, float | None] = {"mean": float(apart.mean())}
    if right is not None:
        found["where_right"] = float(apart[right].mean()) if right.any() else None
        found["where_wrong"] = float(apart[~right].mean()) if not right.all() else None
    if error is not None:
        varied = len(apart) > 2 and np.ptp(apart) > 0 and np.ptp(error) > 0
        found["rank_correlation"] = rank_correlation(apart, error) if varied else None
    return found
