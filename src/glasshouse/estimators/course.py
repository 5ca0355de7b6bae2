"""The course of a network's training from one call of an estimator to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from glasshouse.core.errors import NonFiniteError, TrainingStoppedError
from glasshouse.core.files import plain
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.estimators.convergence import Convergence
from glasshouse.training.batches import Batches
from glasshouse.training.job import Job, Outcome
from glasshouse.training.loop import Training
from glasshouse.training.observers import Observer
from glasshouse.training.records import Records


class Curve(Records):
    """Records of one estimator in memory: what an epoch measured, and nothing of single steps.

    Example:
        >>> curve = Curve()
        >>> curve.epoch({"epoch": 1, "train": {"loss": 0.5}}, {}, [0.5], [0.1])
        >>> curve.losses
        [0.5]
    """

    def __init__(self) -> None:
        super().__init__(None)

    def epoch(
        self, row: dict[str, Any], timing: dict[str, Any], losses: list[float], rates: list[float]
    ) -> None:
        """Note an epoch."""
        self.epochs.append(row)

    @property
    def losses(self) -> list[float]:
        """The training loss of every epoch."""
        return [row["train"]["loss"] for row in self.epochs]

    @property
    def scores(self) -> list[float]:
        """The metric of the validation part in every epoch; NaN where it has none."""
        found = []
        for row in self.epochs:
            metric = [value for name, value in row.get("validation", {}).items() if name != "loss"]
            found += [float("nan") if value is None else value for value in metric[:1]]
        return found


class Course:
    """One network's training, which may go on with other rows where it stood.

    What is kept from call to call is what :func:`glasshouse.training.saving.state` keeps in a checkpoint: the
    optimizer's state, the epochs done, the schedule and what convergence has seen. Copies and pickles hold
    that as plain tensors and numbers.

    Args:
        job: What to do, with a :class:`Convergence` as its ``stopping``.
        observers: Who looks on.
    """

    def __init__(self, job: Job, observers: tuple[Observer, ...] = ()) -> None:
        self.curve = Curve()
        self.training = Training(job, self.curve, None, observers)

    def run(self) -> Outcome | str:
        """Train to the end; a sentence where somebody stopped it or, with a validation part that kept a good
        epoch, where it left the finite numbers.

        Raises:
            NonFiniteError: A loss became infinite or NaN, and nothing good is kept.
        """
        training = self.training
        try:
            return training.run()
        except TrainingStoppedError as error:
            self._back_to_best()
            return error.received
        except NonFiniteError as error:
            if training.best_weights is None:
                raise
            metric = training.job.stopping.monitor
            self.curve.epochs.append({"validation": {metric: None}, "train": {"loss": float("nan")}})
            return error.received

    def _back_to_best(self) -> None:
        if self.training.best_weights is not None:
            self.training.job.network.load_state_dict(self.training.best_weights)

    def go_on(self, batches: Batches, observers: tuple[Observer, ...] = ()) -> Outcome | str:
        """One more epoch, with other rows.

        Args:
            batches: The rows of this epoch.
            observers: Who looks on.

        Raises:
            NonFiniteError: A loss became infinite or NaN.
        """
        training, done = self.training, self.training.progress.epoch
        training.progress.ended, training.best_weights = "", None
        # Dropout draws from a stream that the job's seed opens: another one for every epoch.
        seed = derive(training.job.seed, "epoch", done)
        training.job = replace(training.job, batches=batches, epochs=done + 1, seed=seed, validation=None)
        training.observers = observers
        return self.run()

    def state(self) -> dict[str, Any]:
        """What decides how training goes on, in tensors and plain values."""
        training = self.training
        return {
            "optimizer": training.optimizer.state_dict(),
            "schedule": training.schedule.state(),
            "stopping": training.job.stopping.state(),
            "progress": dict(vars(training.progress)),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        training = self.training
        training.optimizer.load_state_dict(state["optimizer"])
        training.schedule.restore(state["schedule"])
        training.job.stopping.restore(state["stopping"])
        vars(training.progress).update(state["progress"])


class Told:
    """Prints a line for every epoch, as scikit-learn's estimators do with ``verbose``."""

    def started(self, plan: Any) -> None:
        """Nothing to say yet."""
        self._epoch = plan.first_epoch

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """Single steps are not told."""

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """The loss, and what the validation part says."""
        told = plain(row)
        print(f"Iteration {row['epoch']}, loss = {told['train']['loss']:.8f}")
        if "validation" in row:
            print("Validation: " + ", ".join(f"{name} {value}" for name, value in told["validation"].items()))

    def ended(self, reason: str) -> None:
        """Why training ended."""
        print(f"{reason[:1].upper()}{reason[1:]}.")


def held_out(inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None) -> Part:
    """The rows that watch training."""
    return Part(inputs, targets, torch.arange(len(inputs)).numpy(), weights)
