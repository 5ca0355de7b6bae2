"""The steps of an epoch by the fused loop, in chunks that end where something else is to be done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glasshouse.schedules import Clock
from glasshouse.training.batches import Batch
from glasshouse.training.fused.engine import FusedLoop
from glasshouse.training.giving_up import give_up

if TYPE_CHECKING:
    from glasshouse.training.loop import Training


def advance(training: Training, fused: FusedLoop) -> None:
    """Take as many steps as can be taken at once.

    Args:
        training: The run.
        fused: Its loop.

    Raises:
        NonFiniteError: The loss became NaN or infinite.
    """
    progress, leading = training.progress, training.leading
    if not fused.bound:
        fused.show_targets()
        fused.bind()
        # Its lists hold the memories as they were.
        leading.renew_step()
    count = steps_at_once(training, fused)
    rates = rates_of(training, count)
    last = progress.step + count - 1
    looks = training.leading.probes if training.leading.probes.due(last) else None
    first = progress.step_of_epoch
    chunk = fused.advance(progress.epoch, first, rates, looks, last)
    done = chunk.done
    finite = sum(fused.rows(first, done))
    if training.answers is not None and done:
        training.answers(chunk.outputs[:finite], fused.targets(first, done))
    training.log.steps(chunk.losses[:done], chunk.weights[:done], rates[:done])
    tell(training, fused, first, chunk.losses[:done])
    set_rate(training, rates[min(done, count - 1)])
    if done < count:
        if training.answers is not None:
            training.answers(chunk.outputs[finite:], fused.targets(first + done, 1))
        training.log.step(chunk.losses[done], chunk.weights[done], rates[done])
        training.log.settle()
        give_up(training, [Batch(fused.inputs(first + done), fused.targets(first + done, 1))])


def steps_at_once(training: Training, fused: FusedLoop) -> int:
    """Steps up to the end of the epoch, the next look of the probes or the next checkpoint."""
    progress, job = training.progress, training.job
    count = min(job.batches.steps - progress.step_of_epoch, fused.most_steps(progress.step_of_epoch))
    if training.leading.probes.every:
        to_look = -progress.step % training.leading.probes.every
        count = min(count, to_look + 1)
    if job.checkpoint.steps is not None:
        count = min(count, job.checkpoint.steps - progress.step % job.checkpoint.steps)
    return count


def rates_of(training: Training, count: int) -> list[float]:
    """The learning rates of the steps to come, by the schedule."""
    job, schedule, step = training.job, training.schedule, training.progress.step
    steps, epochs, rate = job.batches.steps, job.epochs, job.learning_rate
    return [rate * schedule.factor(Clock(each, steps, epochs)) for each in range(step, step + count)]


def set_rate(training: Training, rate: float) -> None:
    """Let the optimizer know the rate of the last step, as it would if it had taken it itself."""
    leading = training.leading
    leading.rate, training.factor = rate, math.nan
    for settings, group in zip(leading.optimizer.param_groups, leading.groups, strict=True):
        settings["lr"] = rate * group.rate


def tell(training: Training, fused: FusedLoop, first: int, losses: list[float]) -> None:
    """Count the steps, and let the observers know of each."""
    progress = training.progress
    if training.observers:
        rows = fused.rows(first, len(losses))
        for number, (loss, shown) in enumerate(zip(losses, rows, strict=True), start=progress.step + 1):
            for observer in training.observers:
                observer.stepped(number, shown, loss)
    progress.step += len(losses)
    progress.step_of_epoch += len(losses)
