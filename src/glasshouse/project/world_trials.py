"""The networks of trials that learn by acting: one for each seed, in a world of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glasshouse.core.errors import GlasshouseError, SettingError, UsageError
from glasshouse.experiment import Experiment
from glasshouse.experiment.decide import refuse_unbuildable
from glasshouse.experiment.decide_acting import decide_acting
from glasshouse.experiment.make_job import make_job
from glasshouse.models import ledger
from glasshouse.project.acting import Scene, work_in
from glasshouse.project.materials import weights_anchored
from glasshouse.search import Space, SweepSettings
from glasshouse.search.cells import Cell, Networks
from glasshouse.search.memory import bytes_needed
from glasshouse.search.networks import Tried, keeping_the_last, values_to_try
from glasshouse.search.space import with_settings
from glasshouse.worlds import make_world

ALONE = "they learn by acting"
"""Why networks are trained one after another."""


@dataclass(frozen=True)
class OneWorld:
    """What stands in the place of rows and their folds: a world is one, of which nothing is shared."""

    folds: Sequence[None] = (None,)
    held_share: float = 0.0


class WorldFoundry:
    """Makes the networks of trials in a world: same seeds, other settings.

    Args:
        experiment: What trials have in common.
        scene: The world, looked at.
        seeds: How many networks a trial has.
    """

    def __init__(self, experiment: Experiment, scene: Scene, seeds: int) -> None:
        self.scene, self.seeds, self.ground = scene, seeds, OneWorld()
        self.experiment = for_world_trials(experiment, scene)
        self._document = self.experiment.model_dump()

    def networks(self, settings: Mapping[str, Any]) -> Networks:
        """The networks of a trial.

        Raises:
            GlasshouseError: They cannot be built of these settings, or do not fit the world.
        """
        experiment = Experiment.read(with_settings(self._document, settings))
        if experiment.ensemble.members > 1:
            raise SettingError(
                f"ensemble.members = {experiment.ensemble.members} in a sweep",
                expected="one network for each seed",
                fix="leave ensemble.members out",
            )
        decided = decide_acting(weights_anchored(experiment), self.scene.world, self.scene.seen())
        seeds = (decided.seed + seed for seed in range(self.seeds))
        made = [self._cell(decided.model_copy(update={"seed": seed})) for seed in seeds]
        trainable = sum(each.numel() for each in made[0].job.network.parameters() if each.requires_grad)
        return Networks(made, trainable, trainable)

    def _cell(self, experiment: Experiment) -> Cell:
        # A world of its own, because training stops in the middle of an episode to let others learn.
        scene = Scene(make_world(self.scene.world.name), self.scene.looks, self.scene.prepared)
        work = work_in(experiment, scene)
        assert work.batches is not None, "a world has batches that are made by acting"
        layers = ledger(work.network, scene.prepared.train.inputs[:1])
        job = make_job(
            experiment, work.network, work.batches, scene.prepared.validation, work.objective, layers
        )
        return Cell(keeping_the_last(job), experiment, scene.prepared)

    def begin(self, networks: Networks) -> None:
        """Nothing comes before the training."""

    def judge(self, cell: Cell, name: str) -> float | None:
        """Training writes down all that is asked for: the return."""
        return None

    def try_out(self, space: Space) -> Tried:
        """Build a network with every value of the space once, before any is trained.

        Raises:
            GlasshouseError: A value cannot be meant; the key is named.
        """
        largest = 0
        for key, value, point in values_to_try(space):
            try:
                networks = self.networks(point)
            except GlasshouseError as error:
                error.add_note(f"met while trying {key} = {value!r} of the space")
                raise
            experiment = networks.cells[0].experiment
            refuse_unbuildable(experiment)
            memory: Any = experiment.data.acting.memory
            size: Any = experiment.training.batch_size
            remembered = 4 * memory * 2 * (len(self.scene.world.seen) + 2)
            largest = max(largest, remembered + bytes_needed(networks.parameters, networks.activations, size))
        return Tried(largest, frozenset({"return"}), ALONE)


def for_world_trials(experiment: Experiment, scene: Scene) -> Experiment:
    """What trials have in common: no probes, one number of epochs, and no early stopping that was not asked
    for.
    """
    decided = decide_acting(weights_anchored(experiment), scene.world, scene.seen())
    point: dict[str, Any] = {"training.epochs": decided.training.epochs, "watch.probes": False}
    if experiment.training.early_stopping.patience == "auto":
        point["training.early_stopping.patience"] = "off"
    return Experiment.read(with_settings(experiment.model_dump(), point))


def without_folds(settings: SweepSettings, asked: Mapping[str, Any]) -> SweepSettings:
    """The settings of a search in a world, where seeds alone tell what is chance.

    Args:
        settings: As they were read.
        asked: What was said of them.

    Raises:
        UsageError: Folds are asked for, or the loss as the score.
    """
    for key in ("folds", "outer_folds"):
        if asked.get(key, 1) not in (0, 1):
            raise UsageError(
                f"{key} = {asked[key]} in a world",
                expected="seeds alone: a world has no rows to divide",
                fix=f"leave {key} out, and set seeds to 3 or more",
            )
    if settings.score == "loss":
        raise UsageError(
            "score = 'loss' in a world",
            expected="score = 'metric', which is the return there: losses are of what each has seen itself",
            fix="leave score out",
        )
    return settings.replace(folds=1)
