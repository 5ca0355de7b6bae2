"""Deciding what an experiment in a world left at "auto"."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import SettingError
from glasshouse.experiment.experiment import Experiment
from glasshouse.worlds import World

COUNTED: dict[str, Any] = {
    "steps": 40_000,
    "training": {"optimizer": "adam", "learning_rate": 0.0005, "batch_size": 128, "schedule": "cosine"},
    "objective": {
        "target_every": 1,
        "target_rate": 0.01,
        # With a small delta the many steps in between outvote the few at which the world ends, and values
        # run away (docs/decisions/0021-worlds.md): squares, but for the wildest errors.
        "loss": {"name": "temporal_difference", "delta": 100.0},
    },
    "acting": {"steps": 500, "warmup": 1000, "explore": 0.04},
}
"""Where one of several actions is taken: Q-learning."""
NUMBERS: dict[str, Any] = {
    "steps": 15_000,
    "training": {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128, "schedule": "constant"},
    "objective": {"target_every": 1, "target_rate": 0.005, "loss": "mse"},
    "acting": {"steps": 500, "warmup": 1000, "explore": 0.1},
}
"""Where actions are numbers: DDPG."""
MOST_REMEMBERED = 100_000
SMALLEST = 1e-3
"""Numbers that random actions hardly move are not made larger than this allows."""


def decide_acting(
    experiment: Experiment, world: World, seen: NDArray[np.float32] | None = None
) -> Experiment:
    """A copy of the experiment in which nothing that a world asks for is "auto".

    Args:
        experiment: As the user wrote it.
        world: The world that its data name.
        seen: What random actions show of it, shape (N, numbers), to scale by; ``None`` for not at all.

    Raises:
        SettingError: A setting is for rows that lie ready, and would do nothing here.

    Example:
        >>> from glasshouse.worlds import make_world
        >>> decided = decide_acting(Experiment(data="world:grid"), make_world("world:grid"))
        >>> decided.model.name, decided.objective.name, decided.objective.discount
        ('q_network', 'q_learning', 0.9)
    """
    refuse_rows(experiment)
    values = experiment.model_dump()
    model, objective, training = values["model"], values["objective"], values["training"]
    counted = world.actions.counted
    house = COUNTED if counted else NUMBERS
    if objective["name"] == "auto":
        objective["name"] = "q_learning" if counted else "ddpg"
    if model["name"] == "auto":
        model["name"] = "q_network" if counted else "actor_critic"
    if model["name"] == "actor_critic" and not counted:
        model.setdefault("low", list(world.actions.low))
        model.setdefault("high", list(world.actions.high))
    if model["name"] in ("q_network", "actor_critic"):
        scale(model, experiment.data.prepare.scaling, world, seen)
    for section, known in (("training", house["training"]), ("objective", house["objective"])):
        for key, value in known.items():
            if values[section][key] == "auto":
                values[section][key] = value
    if objective["discount"] == "auto":
        objective["discount"] = world.discount
    acting = values["data"]["acting"]
    for key, value in house["acting"].items():
        if acting[key] == "auto":
            acting[key] = value
    refuse_uneven(acting, training["batch_size"])
    if training["epochs"] == "auto":
        training["epochs"] = max(1, round(house["steps"] / acting["steps"]))
    if acting["memory"] == "auto":
        total = acting["warmup"] + training["epochs"] * acting["steps"]
        acting["memory"] = min(MOST_REMEMBERED, total)
    if training["weight_decay"] == "auto":
        training["weight_decay"] = 0.0
    if training["early_stopping"]["patience"] == "auto":
        training["early_stopping"]["patience"] = "off"
    return Experiment.read(values)


def scale(model: dict[str, Any], wanted: str, world: World, seen: NDArray[np.float32] | None) -> None:
    """Let the network bring what it sees to numbers from -2 to 2: from the ends that the world names, or,
    where it names none, from the largest that random actions reach. Marks of 0 and 1 stay as they are.

    Raises:
        SettingError: Another scaling is asked for.
    """
    if wanted not in ("auto", "min-max", "none"):
        raise SettingError(
            f"data.prepare.scaling = {wanted!r} in a world",
            expected="min-max or none, or auto",
            fix="leave data.prepare.scaling out",
        )
    if wanted == "none" or seen is None or (wanted == "auto" and bool(np.isin(seen, (0, 1)).all())):
        return
    reached = np.maximum(np.abs(seen).max(axis=0), SMALLEST)
    low, high = np.array(world.ends, np.float64).T
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, -reached), np.where(known, high, reached)
    model.setdefault("centre", [float(f"{each:.4g}") for each in (low + high) / 2])
    model.setdefault("spread", [float(f"{each:.4g}") for each in (high - low) / 4])


def refuse_rows(experiment: Experiment) -> None:
    """Refuse what belongs to rows that lie ready.

    Raises:
        SettingError: It is set.
    """
    data, training = experiment.data, experiment.training
    asked = {
        "data.target": data.target,
        "data.task": None if data.task == "auto" else data.task,
        "data.test": data.test,
        "data.normal": data.normal,
        "data.augment": "set" if data.augment.active else None,
        "training.accumulate": None if training.accumulate == 1 else training.accumulate,
        "training.learning_rate": training.learning_rate if training.learning_rate == "find" else None,
        "pretraining.method": experiment.pretraining.method if experiment.pretraining.active else None,
        "output.metrics": experiment.output.metrics or None,
    }
    for key, value in asked.items():
        if value is not None:
            raise SettingError(
                f"{key} = {value!r} in the world {data.source!r}",
                expected="nothing: a world has no rows, only what comes of acting in it",
                fix=f"leave {key} out",
            )


def refuse_uneven(acting: dict[str, Any], batch_size: int) -> None:
    """Refuse a pace that does not come out even.

    Raises:
        SettingError: An epoch is no whole number of updates, or the warm-up is too short for a batch.
    """
    if acting["steps"] % acting["every"]:
        raise SettingError(
            f"data.acting.steps = {acting['steps']} with data.acting.every = {acting['every']}",
            expected="a whole number of updates per epoch",
            fix=f"set data.acting.steps to {acting['every'] * max(1, acting['steps'] // acting['every'])}",
        )
    if acting["warmup"] < 1:
        raise SettingError(
            f"data.acting.warmup = {acting['warmup']}",
            expected="at least 1 step, so that there is something to learn from",
            fix=f"set data.acting.warmup to {batch_size}",
        )
