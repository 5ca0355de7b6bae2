"""What a search asks of the pipeline: layers that are trained one by one, and answers that are judged."""

from __future__ import annotations

from torch import nn

from glasshouse.core.devices import threads
from glasshouse.data.parts import Prepared
from glasshouse.data.raw import Raw
from glasshouse.evaluation.held_out import HeldOut
from glasshouse.evaluation.reconstruction import Question
from glasshouse.experiment import Experiment
from glasshouse.project.pretraining import pretrain_unwatched, refuse_pretraining
from glasshouse.search.cells import Cell


class SearchAids:
    """Does for the networks of trials what a run does beside training.

    Args:
        raw: The rows as they were read, for their classes.
    """

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self._held_out = HeldOut()

    def refuse(self, experiment: Experiment, prepared: Prepared, network: nn.Module) -> None:
        """Refuse to pre-train what has no layers for it, or what would undo it.

        Raises:
            SettingError: The network, or another setting, does not go with it.
        """
        refuse_pretraining(experiment, prepared, network)

    def pretrain(self, cell: Cell) -> None:
        """Train the hidden layers of a network one by one, as a run of it would.

        Raises:
            NonFiniteError: The numbers of a layer overflowed.
            TrainingStoppedError: A signal asked to stop.
        """
        pretrain_unwatched(cell.experiment, cell.job.network, cell.prepared, cell.job.objective)

    def judge(self, cell: Cell, name: str) -> float | None:
        """A measure of the held-out rows, as the evaluation of a run would give it for the part that watches.

        Raises:
            NonFiniteError: An answer is NaN or infinite.
        """
        question = Question(
            network=cell.job.network,
            objective=cell.job.objective,
            prepared=cell.prepared,
            raw=self.raw,
            normal=cell.experiment.data.normal,
            seed=cell.experiment.seed,
        )
        with threads(cell.job.threads):
            return self._held_out.measure(name, question)
