"""Writing the state of a training run to disk, and going on from it, bit for bit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from glasshouse.core.errors import CheckpointError
from glasshouse.core.random_state import capture, restore
from glasshouse.training.batches import LivingBatches
from glasshouse.training.choose_engine import choose_engine
from glasshouse.training.non_finite import all_finite

if TYPE_CHECKING:
    from glasshouse.training.loop import Training


LONG, SHARE = 0.3, 0.02
"""Seconds from which on writing takes long, and the share of the time that it may then take."""


def checkpoint_due(training: Training) -> bool:
    """Whether it is time to write the state down.

    The state of a large network is gigabytes. Where writing it takes long, it is written so rarely that
    training does not wait for the disk most of the time.
    """
    when = training.job.checkpoint
    if when.steps is not None and training.progress.step % when.steps == 0:
        return True
    took = training.saving_took
    pause = max(when.seconds, took / SHARE) if took > LONG else when.seconds
    return time.perf_counter() - training.saved_at >= pause


def save(training: Training) -> None:
    """Write the whole state to disk, unless it is a broken one."""
    began = training.saved_at = time.perf_counter()
    if training.checkpoints is None or not all_finite(training.job.network):
        return
    training.records.probes.extend(training.seen())
    training.records.flush()
    training.checkpoints.save(training.progress.step, state(training))
    training.saving_took = time.perf_counter() - began


def state(training: Training) -> dict[str, Any]:
    """Everything that decides how training goes on."""
    batches = training.job.batches
    return {
        "network": dict(training.job.network.state_dict()),
        "optimizers": [turn.optimizer.state_dict() for turn in training.turns],
        "precision": training.job.precision.state(),
        "schedule": training.schedule.state(),
        "stopping": training.job.stopping.state(),
        "random": capture(),
        "progress": vars(training.progress),
        "log": training.log.state(),
        "objective": training.job.objective.state(),
        "batches": batches.state() if isinstance(batches, LivingBatches) else None,
        "epochs": training.records.epochs,
        "best": training.best_weights,
        "threads": torch.get_num_threads(),
        "engine": training.choice.name,
    }


def take_up(training: Training) -> list[str]:
    """Go on from the newest whole checkpoint, if there is one.

    Returns:
        A sentence for each damaged checkpoint that had to be passed over.

    Raises:
        CheckpointError: There are checkpoints, but none is whole, of this run and of this network.
    """
    if training.checkpoints is None:
        return []
    newest, problems = training.checkpoints.newest()
    if newest is None:
        training.records.restart()
        return problems
    go_on(training, newest.state, f"checkpoint {newest.path}")
    training.records.rewind(training.progress.step, newest.state["epochs"])
    return problems


def go_on(training: Training, found: dict[str, Any], name: str) -> None:
    """Take up a state, but for what was written down.

    Args:
        training: A run of the same job, whose parameters lie where they lie while it is trained.
        found: What :func:`state` gave.
        name: What the state is called, for messages.

    Raises:
        CheckpointError: It is not of this network.
    """
    job = training.job
    try:
        job.network.load_state_dict(found["network"])
        for turn, state_of in zip(training.turns, found["optimizers"], strict=True):
            turn.optimizer.load_state_dict(state_of)
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{name} does not fit the network: {error}",
            expected="the network and the optimizer that the run was started with",
            fix="resume with the same experiment, or start a new run",
        ) from error
    job.precision.restore(found["precision"])
    training.schedule.restore(found["schedule"])
    job.stopping.restore(found["stopping"])
    vars(training.progress).update(found["progress"])
    training.best_weights = found["best"]
    training.log.restore(found["log"], job.device)
    job.objective.restore(found["objective"])
    if isinstance(job.batches, LivingBatches):
        job.batches.restore(found["batches"])
    restore(found["random"])
    torch.set_num_threads(found["threads"])  # another number would add up in another order
    began_with = found.get("engine", training.choice.name)
    if began_with != training.choice.name:  # and so might another engine
        training.use(choose_engine(replace(job, engine=began_with)))
