"""From the name of a world to what can be trained in it, and what is written down of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from glasshouse.core.devices import choose_device
from glasshouse.core.files import write_atomic, write_json
from glasshouse.core.memory import shortage_named
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.control import Played, evaluate_control, random_policy
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.make_network import make_network
from glasshouse.objectives import Acting, Trial, build_acting
from glasshouse.project.stages import Stage, Tell
from glasshouse.project.work import Work
from glasshouse.training.exploration import ActionNoise, EpsilonGreedy, Exploration
from glasshouse.training.replay_memory import ReplayMemory
from glasshouse.training.world_batches import Pace, WorldBatches
from glasshouse.worlds import Episode, World, make_world, play, seeds_for

LOOKS = 20
"""Episodes of random actions by which a world is looked at before anything is learnt in it."""
SHOWN = 256
"""Observations of them that are kept: to ask the network about, and to check its bundle with."""
DRIFT = 0.15
"""How fast Ornstein-Uhlenbeck noise forgets, as Lillicrap et al. have it."""


@dataclass(frozen=True)
class Scene:
    """A world, looked at by acting at random.

    Args:
        world: Where the network will act.
        looks: Episodes of random actions.
        prepared: Some observations from them, in the form of data.
    """

    world: World
    looks: list[Episode]
    prepared: Prepared

    @property
    def origin(self) -> str:
        """The world's name."""
        return self.world.name

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing had to be decided."""
        return ()

    def seen(self) -> NDArray[np.float32]:
        """What random actions showed, shape (N, numbers)."""
        return np.concatenate([each.seen() for each in self.looks])

    def told(self) -> str:
        """The world in a sentence."""
        world = self.world
        does = (
            f"{len(world.actions)} actions"
            if world.actions.counted
            else f"{len(world.actions)} number(s) to act with"
        )
        return f"Opened the world {world.name}: {len(world.seen)} numbers are seen, {does}"

    def facts(self) -> dict[str, Any]:
        """What tells this world from others, for the run folder: what comes of fixed random actions."""
        digest = hashlib.sha256()
        for each in self.looks:
            digest.update(np.stack(each.observations).tobytes())
            digest.update(np.asarray(each.rewards, np.float64).tobytes())
        return {
            "origin": self.world.name,
            "rows": sum(map(len, self.looks)),
            "fingerprint": digest.hexdigest(),
        }


def gather_scene(experiment: Experiment) -> Scene:
    """Open the world of an experiment and look at it.

    Args:
        experiment: Whose data name a world.

    Raises:
        UnknownNameError: There is no such world.
        MissingDependencyError: A package is missing.
        DataError: Its observations or actions are of a kind that cannot be learnt.
    """
    world = make_world(experiment.data.source)
    looks = play(world, random_policy(world, 1), seeds_for(0, "look", LOOKS))
    seen = np.concatenate([each.seen() for each in looks])
    picks = np.random.default_rng(derive(0, "shown")).permutation(len(seen))
    actions = world.actions

    def part(rows: NDArray[np.int64]) -> Part:
        inputs = torch.from_numpy(seen[rows])
        return Part(inputs, torch.zeros(len(rows), actions.width + 1), rows)

    half = max(1, min(SHOWN, len(picks) // 2))
    prepared = Prepared(
        train=part(picks[:half]),
        validation=part(picks[half : 2 * half] if len(picks) > 1 else picks[:1]),
        test=None,
        task="control",
        input_shape=(len(world.seen),),
        outputs=len(actions),
        classes=actions.names if actions.counted else (),
        target_name="action",
    )
    return Scene(world, looks, prepared)


def look_around(run: Run, scene: Scene, tell: Tell) -> None:
    """Write down what a world shows and pays when nobody knows what to do."""
    looks, seen = scene.looks, scene.seen()
    returns, lengths = [each.total for each in looks], [len(each) for each in looks]
    # Numbered states are shown as rows with one 1, which no table of numbers tells anything about.
    states = bool(np.isin(seen, (0, 1)).all() and (seen.sum(axis=1) == 1).all())
    numbers = []
    for name, column in zip(scene.world.seen, seen.T, strict=True):
        counts, edges = np.histogram(column, bins=20)
        numbers.append(
            {
                "name": name,
                "low": float(column.min()),
                "mean": float(column.mean()),
                "high": float(column.max()),
                "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
            }
        )
    record = {
        "kind": "world",
        "origin": scene.world.name,
        "rows": len(seen),
        "world": scene.world.facts(),
        "numbers": numbers,
        "states": seen.shape[1] if states else None,
        "random": {
            "episodes": len(looks),
            "return": float(np.mean(returns)),
            "lowest": min(returns),
            "highest": max(returns),
            "length": float(np.mean(lengths)),
            "returns": returns,
        },
    }
    write_json(run.path / "exploration.json", record)
    tell(
        f"Looked at {len(looks)} episodes of random actions: mean return {np.mean(returns):.4g}, mean length "
        f"{np.mean(lengths):.4g} steps."
    )


def exploration_for(experiment: Experiment, world: World) -> Exploration:
    """The chance in what is done that an experiment asks for."""
    acting, training = experiment.data.acting, experiment.training
    for value in (acting.explore, acting.steps, training.epochs):
        assert value != "auto", "the experiment is not decided"
    if not world.actions.counted:
        drift = DRIFT if acting.noise == "ornstein_uhlenbeck" else 1.0
        return ActionNoise(float(acting.explore), drift)
    over = round(int(acting.steps) * int(training.epochs) * acting.explore_share)
    return EpsilonGreedy(acting.explore_first, float(acting.explore), max(1, over))


def work_in(experiment: Experiment, scene: Scene) -> Work:
    """The network, the objective and the acting that an experiment names, for a world."""
    prepared, acting = scene.prepared, experiment.data.acting
    trial = Trial(
        make_world(scene.world.name), tuple(seeds_for(experiment.seed, "validation", acting.episodes))
    )
    objective = build_acting(experiment.objective, trial)
    with shortage_named():
        outputs = objective.outputs(prepared)
        beginning = make_network(experiment.model, prepared.input_shape, outputs, experiment.seed)
        for value in (acting.memory, acting.steps, acting.warmup, experiment.training.batch_size):
            assert value != "auto", "the experiment is not decided"
        memory = ReplayMemory(int(acting.memory), len(scene.world.seen), scene.world.actions.width)
    network = beginning.network
    objective.refuse(network)
    objective.begin(network)
    pace = Pace(int(acting.steps), acting.every, int(acting.warmup), int(experiment.training.batch_size))
    batches = WorldBatches(
        scene.world,
        network,
        objective,
        memory,
        exploration_for(experiment, scene.world),
        pace,
        seed=experiment.seed,
        device=choose_device(experiment.training.device),
    )
    return Work(
        prepared=prepared,
        network=network,
        objective=objective,
        model=experiment.model.spec(),
        batches=batches,
        notes=beginning.notes,
    )


def evaluate_acting(stage: Stage, work: Work) -> dict[str, Any]:
    """Play test episodes, and write the records: every episode of training too."""
    run, objective, batches = stage.run, work.objective, work.batches
    assert isinstance(objective, Acting), "a world has an objective that acts"
    assert isinstance(batches, WorldBatches), "a world has batches that are made by acting"
    question = Played(
        network=stage.job.network,
        objective=objective,
        world=objective.trial.world,
        episodes=stage.experiment.data.acting.test_episodes,
        validation=objective.trial.seeds,
    )
    evaluation = evaluate_control(question)
    write_json(run.path / "evaluation.json", evaluation.record)
    write_atomic(run.path / "predictions.parquet", lambda path: evaluation.predictions.write_parquet(path))
    schema = {"step": pl.Int64, "return": pl.Float64, "length": pl.Int64}
    episodes = pl.DataFrame(batches.episodes, schema=schema, orient="row")
    write_atomic(run.path / "episodes.parquet", lambda path: episodes.write_parquet(path))
    stage.tell(str(evaluation.record["verdict"]))
    record: dict[str, Any] = evaluation.record
    return record
