"""When the loss stops being finite: say where and why, and keep what is good."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NoReturn

from glasshouse.training.batches import Batch
from glasshouse.training.non_finite import all_finite, culprit, non_finite_error
from glasshouse.training.saving import save

if TYPE_CHECKING:
    from glasshouse.training.loop import Training
    from glasshouse.training.turn import Turn


def give_up(training: Training, batches: list[Batch], fault: tuple[Turn, float] | None = None) -> NoReturn:
    """Say where the loss stopped being finite, and keep what is good.

    Args:
        training: The run; some loss in its log is not finite, or the one in ``fault``.
        batches: Those of the step at fault; empty where the weights have moved on since.
        fault: A turn that does not lead, and its loss. Others have moved the network in the same step by
            then, so the state is that of no step, and is not saved.

    Raises:
        NonFiniteError: Always.
    """
    job, progress = training.job, training.progress
    if fault is None:
        turn, bad = training.leading, first_bad(training.log.losses)
        loss = training.log.losses[bad]
    else:
        (turn, loss), bad = fault, progress.step_of_epoch
    step = progress.step - progress.step_of_epoch + bad + 1
    place = f"step {step} (epoch {progress.epoch + 1}, step {bad + 1} of {job.batches.steps})"
    if turn.phase is not None:
        place += f" in the phase {turn.phase.name!r}"
    kept = "nothing was reached yet that could be kept"
    if not batches or not all_finite(job.network):
        cause = "the weights are not finite either"
    elif fault is not None:
        cause, kept = "the weights are still finite", "the last checkpoint is kept"
    else:
        cause = culprit(job.network, batches[-1].inputs)
        training.log.drop_last()
        save(training)
        kept = "the state before that step is kept"
    if training.best_weights is not None:
        job.network.load_state_dict(training.best_weights)
        kept = f"the weights of epoch {job.stopping.best_epoch}, the best so far, are kept"
    raise non_finite_error(loss, place, cause, turn.rate, kept)


def first_bad(losses: list[float]) -> int:
    """Where the first loss stands that is not finite.

    Example:
        >>> first_bad([1.0, math.nan])
        1
    """
    return next(place for place, loss in enumerate(losses) if not math.isfinite(loss))
