"""The course of a network's training from one call of an estimator to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from glasshouse.core.errors import NonFiniteError, TrainingStoppedError
from glasshouse.core.files import plain
from glasshouse.core.seeds import derive
from glasshouse.estimators.convergence import Convergence
from glasshouse.training.batches import Batches
from glasshouse.training.job import Job
from glasshouse.training.loop import Training
from glasshouse.training.observers import Observer
from glasshouse.training.records import Records


@dataclass
class Learnt:
    """What came of training.

    Args:
        epochs: What every epoch measured.
        stopping: What convergence has seen.
        engine: What computed the gradients, and why.
        trouble: Why training ended before its time, or empty.
        state: What it would go on from; ``None`` where nobody kept it.

    Example:
        >>> rows = [{"epoch": 1, "train": {"loss": 0.5}, "validation": {"loss": 0.6, "accuracy": 0.9}}]
        >>> learnt = Learnt(rows, Convergence(10, 1e-4), "dense")
        >>> learnt.losses, learnt.scores
        ([0.5], [0.9])
    """

    epochs: list[dict[str, Any]]
    stopping: Convergence
    engine: str
    trouble: str = ""
    state: dict[str, Any] | None = None

    @property
    def losses(self) -> list[float]:
        """The training loss of every epoch."""
        return [row["train"]["loss"] for row in self.epochs]

    @property
    def scores(self) -> list[float]:
        """The metric of the rows that watched in every epoch; NaN where it has none."""
        found = []
        for row in self.epochs:
            metric = [value for name, value in row.get("validation", {}).items() if name != "loss"]
            found += [float("nan") if value is None else value for value in metric[:1]]
        return found


class Curve(Records):
    """Records of one estimator in memory: what an epoch measured, and nothing of single steps."""

    def __init__(self) -> None:
        super().__init__(None)

    def epoch(
        self, row: dict[str, Any], timing: dict[str, Any], losses: list[float], rates: list[float]
    ) -> None:
        """Note an epoch."""
        self.epochs.append(row)


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

    def run(self) -> Learnt:
        """Train to the end, or until somebody stops it, or until it leaves the finite numbers while the
        weights of a good epoch are kept.

        Raises:
            NonFiniteError: A loss became infinite or NaN, and nothing good is kept.
        """
        training, trouble = self.training, ""
        stopping = training.job.stopping
        assert isinstance(stopping, Convergence)
        try:
            training.run()
        except TrainingStoppedError as error:
            trouble = error.received
            if training.best_weights is not None:
                training.job.network.load_state_dict(training.best_weights)
        except NonFiniteError as error:
            if training.best_weights is None:
                raise
            trouble = error.received
            lost = {"train": {"loss": float("nan")}, "validation": {stopping.monitor: None}}
            self.curve.epochs.append({"epoch": training.progress.epoch + 1, **lost})
        engine = f"{training.choice.name}: {training.choice.why}"
        return Learnt(list(self.curve.epochs), stopping, engine, trouble, self.state())

    def go_on(self, batches: Batches, observers: tuple[Observer, ...] = ()) -> Learnt:
        """One more epoch, with other rows.

        Args:
            batches: The rows of this epoch.
            observers: Who looks on.

        Raises:
            NonFiniteError: A loss became infinite or NaN.
        """
        training, done = self.training, self.training.progress.epoch
        self.curve.epochs.clear()
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
            "optimizer": training.leading.optimizer.state_dict(),
            "schedule": training.schedule.state(),
            "stopping": training.job.stopping.state(),
            "progress": dict(vars(training.progress)),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        training = self.training
        training.leading.optimizer.load_state_dict(state["optimizer"])
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
