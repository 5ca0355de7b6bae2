"""When the loss stops being finite: say where and why, and keep what is good."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NoReturn

from glasshouse.training.batches import Batch
from glasshouse.training.non_finite import all_finite, culprit, non_finite_error
from glasshouse.training.saving import save

if TYPE_CHECKING:
    from glasshouse.training.loop import Training


def give_up(training: Training, batches: list[Batch]) -> NoReturn:
    """Say where the loss stopped being finite, and keep what is good.

    Args:
        training: The run; some loss in its log is not finite.
        batches: Those of the step at fault; empty where the weights have moved on since.

    Raises:
        NonFiniteError: Always.
    """
    job, progress = training.job, training.progress
    bad = next(place for place, loss in enumerate(training.log.losses) if not math.isfinite(loss))
    loss = training.log.losses[bad]
    step = progress.step - progress.step_of_epoch + bad + 1
    place = f"step {step} (epoch {progress.epoch + 1}, step {bad + 1} of {job.batches.steps})"
    kept = "nothing was reached yet that could be kept"
    if not batches or not all_finite(job.network):
        cause = "the weights are not finite either"
    else:
        cause = culprit(job.network, batches[-1].inputs)
        training.log.drop_last()
        save(training)
        kept = "the state before that step is kept"
    if training.best_weights is not None:
        job.network.load_state_dict(training.best_weights)
        kept = f"the weights of epoch {job.stopping.best_epoch}, the best so far, are kept"
    raise non_finite_error(loss, place, cause, training.rate, kept)
