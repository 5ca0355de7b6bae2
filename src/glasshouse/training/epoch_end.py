"""The end of an epoch: what it was worth is measured and written down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

from glasshouse.training.batches import LivingBatches
from glasshouse.training.epoch_log import EpochLog
from glasshouse.training.giving_up import give_up
from glasshouse.training.quick import quick_metric
from glasshouse.training.records import worth_keeping

if TYPE_CHECKING:
    from glasshouse.training.loop import Training


def end_epoch(training: Training) -> None:
    """Measure, write down, and decide whether to go on.

    Args:
        training: All steps of its epoch are done.

    Raises:
        NonFiniteError: A loss of the last steps is not finite.
    """
    job, progress = training.job, training.progress
    progress.epoch += 1
    progress.step_of_epoch = 0
    if training.log.settle() is not None:
        give_up(training, [])
    trained = time.perf_counter() - training.epoch_began
    row: dict[str, Any] = {
        "epoch": progress.epoch,
        "step": progress.step,
        "learning_rate": training.log.rates[-1],
    }
    if training.leading.regularization.penalties:
        row["penalty"] = sum(turn.regularization.penalty() for turn in training.turns)
    row["train"] = measured(training, training.log.mean_loss(), training.log.gathered())
    row["train"] |= training.log.parts.means()
    if isinstance(job.batches, LivingBatches):
        row["train"] |= job.batches.notes()
    if job.validation is not None:
        loss, outputs, parts = job.objective.judge(job.network, job.validation, job.precision.forward())
        answers = (outputs, job.validation.targets.to(outputs.device))
        row["validation"] = {**measured(training, loss, answers, job.validation.weights), **parts}
    timing = {
        "epoch": progress.epoch,
        "seconds": time.perf_counter() - training.epoch_began,
        "samples_per_second": job.batches.rows / trained,
    }
    training.records.epoch(row, timing, training.log.losses, training.log.rates)
    if worth_keeping(progress.epoch, job.epochs):
        shown = job.objective.exhibit(job.network)
        if shown is not None:
            training.records.exhibit(progress.epoch, shown.cpu().numpy())
    training.records.probes.extend(training.seen())
    training.log = EpochLog()
    training.judge(row)
    for observer in training.observers:
        observer.epoch_ended(row, timing)


def measured(
    training: Training,
    loss: float,
    answers: tuple[torch.Tensor, torch.Tensor] | None,
    weights: torch.Tensor | None = None,
) -> dict[str, float | None]:
    """Loss, and the metric that goes with it where outputs and targets are known."""
    name = training.metric
    if name is None or answers is None:
        return {"loss": loss}
    return {"loss": loss, name: quick_metric(training.job.objective.meaning, *answers, weights)}
