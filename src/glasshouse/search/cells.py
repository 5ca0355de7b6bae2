"""The networks of a trial: one for each fold and seed, with the rows that it learns from and is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import nn

from glasshouse.data.parts import Prepared
from glasshouse.experiment import Experiment
from glasshouse.training.job import Job


@dataclass(frozen=True)
class Cell:
    """One network of a trial.

    Args:
        job: What it is told.
        experiment: The trial's, as it was decided for these rows, with the network's own seed.
        prepared: The rows: those that are learnt from, and the held-out ones as the part that watches.
    """

    job: Job
    experiment: Experiment
    prepared: Prepared


@dataclass(frozen=True)
class Networks:
    """The networks of one trial.

    Args:
        cells: One for each fold and seed, the seeds of the first fold first.
        parameters: Trainable numbers of each; of the largest, where folds have vocabularies of their own.
        activations: Numbers that a row becomes on its way through.
    """

    cells: Sequence[Cell]
    parameters: int
    activations: int

    @property
    def jobs(self) -> list[Job]:
        """What the networks are told."""
        return [each.job for each in self.cells]


class Aids(Protocol):
    """What a search asks of those who know more than training: layers one by one, and answers that are
    searched for.
    """

    def refuse(self, experiment: Experiment, prepared: Prepared, network: nn.Module) -> None:
        """Refuse to pre-train what has no layers for it, or what would undo it.

        Raises:
            SettingError: The network, or another setting, does not go with it.
        """
        ...

    def pretrain(self, cell: Cell) -> None:
        """Train the hidden layers of a network one by one, where its experiment asks for it.

        Raises:
            NonFiniteError: The numbers of a layer overflowed.
            TrainingStoppedError: A signal asked to stop.
        """
        ...

    def judge(self, cell: Cell, name: str) -> float | None:
        """A measure of what a network answers to the held-out rows, where training does not write it down;
        ``None`` where it is not defined on them.
        """
        ...
