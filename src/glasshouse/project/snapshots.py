"""Snapshots: one run whose rate falls and rises again, of which the network at every low is kept."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.project.ensemble_records import Member, weights_path
from glasshouse.project.stages import Stage, silent, train_network
from glasshouse.regularizers.early_stopping import EarlyStopping
from glasshouse.ship.weights import read_weights, write_weights
from glasshouse.training.observers import Plan
from glasshouse.training.records import read_lines


def cycle_of(stage: Stage) -> int:
    """Epochs from one low of the rate to the next.

    Raises:
        SettingError: There are fewer epochs than snapshots.
    """
    members, epochs = stage.experiment.ensemble.members, stage.job.epochs
    if epochs < members:
        raise SettingError(
            f"ensemble.members = {members} snapshots of {epochs} epochs",
            expected="at least one epoch for every snapshot; 10 and more serve better",
            fix=f"set training.epochs to {10 * members}, or ensemble.members lower",
        )
    return epochs // members


def train_snapshots(stage: Stage) -> list[Member]:
    """Train once, with a cosine that starts again for every snapshot.

    The epochs are those of the run, cut into cycles of one length; early stopping is off, and what is kept is
    the network at the end of every cycle. The schedule of the experiment gives way to the cosine.

    Source:
        Huang et al. 2017, Snapshot ensembles: train 1, get M for free, arXiv 1704.00109.
    """
    cycle, members = cycle_of(stage), stage.experiment.ensemble.members
    job = replace(
        stage.job,
        epochs=cycle * members,
        schedule={"name": "cosine", "restart": cycle},
        stopping=EarlyStopping(None, stage.job.stopping.monitor),
    )
    camera = Camera(stage.run.path, job.network, cycle)
    # What it tells of a kept epoch is not what an ensemble keeps.
    quiet = replace(stage, job=job, observers=[*stage.observers, camera], tell=silent)
    outcome = train_network(quiet)
    lines, timings = (read_lines(stage.run.path / f"{name}.jsonl") for name in ("metrics", "timings"))
    told = {
        "ended": "its cycle is done",
        "steps": job.batches.steps * cycle,
        "engine": outcome.engine,
        "engine_why": outcome.engine_why,
    }
    found = []
    for number in range(members):
        network = copy.deepcopy(job.network)
        network.load_state_dict(read_weights(weights_path(stage.run.path, number)))
        span = slice(number * cycle, (number + 1) * cycle)
        last = {"best_epoch": (number + 1) * cycle, "epochs": cycle, **told}
        found.append(
            Member(number, stage.experiment.seed, network.eval(), last, "", lines[span], timings[span])
        )
    return found


class Camera:
    """Keeps the network's weights at the end of every cycle.

    Args:
        path: The run folder.
        network: The one that is trained.
        cycle: Epochs of a cycle.
    """

    def __init__(self, path: Path, network: nn.Module, cycle: int) -> None:
        self._path, self._network, self._cycle = path, network, cycle

    def started(self, plan: Plan) -> None:
        """Training begins, or goes on."""

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """A step is done."""

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """Keep the weights, where a cycle ends."""
        done, rest = divmod(row["epoch"], self._cycle)
        if not rest:
            place = weights_path(self._path, done - 1)
            place.parent.mkdir(exist_ok=True)
            write_weights(place, self._network)

    def ended(self, reason: str) -> None:
        """Training is over."""
