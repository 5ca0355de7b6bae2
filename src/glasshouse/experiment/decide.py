"""Deciding what an experiment left at "auto", by the data at hand."""

from __future__ import annotations

import math
from typing import Any

import torch

from glasshouse.core.concept import read_spec
from glasshouse.core.devices import choose_device
from glasshouse.core.errors import SettingError
from glasshouse.data import BUILTIN
from glasshouse.data.parts import Prepared
from glasshouse.data.settings import OWN_TASKS, SEQUENCES
from glasshouse.experiment.experiment import Experiment
from glasshouse.experiment.pretraining_settings import decide_pretraining
from glasshouse.metrics import metric_for
from glasshouse.models import MODELS
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.schedules import SCHEDULES
from glasshouse.training.regularization import build_regularizer

STEPS = {"vector": 8000, "image": 4000, "sequence": 4000, "video": 2000, "language": 1500}
"""Optimizer steps that the number of epochs aims at."""
EPOCHS = {"vector": (10, 100), "image": (10, 40), "sequence": (8, 60), "video": (8, 40), "language": (4, 40)}
"""Fewest and most epochs."""
SHAPES = {2: "sequence", 3: "image", 4: "video"}
"""What rows are by how many axes they have; without a second axis they are vectors."""
OWN_OBJECTIVE = ("reconstruction", *OWN_TASKS)
"""Tasks whose objective has their name; that of all others is called supervised."""
MADE_FOR = {
    "language": "language_model",
    "translation": "seq2seq",
    "frames": "language_model",
    "tagging": "recurrent",
    "captioning": "captioner",
    "strokes": "handwriting",
    "segmentation": "unet",
    "image_to_image": "unet",
    "detection": "grid_detector",
}
"""Models of the tasks whose outputs are sequences, pictures or boxes."""
OWN_LOSS = {
    "elbo": "elbo",
    "adversarial": "non_saturating",
    "contrastive_divergence": "free_energy",
    "detection": "grid",
    "verification": "contrastive",
}
"""The loss of objectives that come with one."""
IN_WORLDS = ("q_learning", "ddpg")
"""Objectives that are for worlds."""
MOST_OF_A_GAME = {"vector": 1000, "image": 200}
"""Most epochs of a game: neither side learns a row by heart that it sees often, so steps count alone."""
LARGE = 16
"""Pixels a side from which on pictures are reconstructed by convolutions."""


def decide(
    experiment: Experiment,
    rows: int,
    input_shape: tuple[int, ...],
    task: str,
    tokens: int = 0,
    anchor: int | None = None,
    steps: int = 0,
    factor: int = 1,
    residual: bool = False,
) -> Experiment:
    """A copy of the experiment in which model, objective and training hold no "auto" but device and threads.

    Args:
        experiment: As the user wrote it.
        rows: Training rows.
        input_shape: Shape of one prepared sample.
        task: ``"classification"``, ``"regression"`` or ``"reconstruction"``.
        tokens: How many numbers a token can have, where rows are sequences of tokens; else 0.
        anchor: For a forecast, the variable that it is relative to.
        steps: For a translation, caption or drawing, the tokens or points of the longest one.
        factor: Of pictures that are to come out, how many times larger than their inputs they are.
        residual: Whether inputs and such pictures can be added.

    Raises:
        UnknownNameError: There is no such model, optimizer or metric.
        SettingError: A metric is for the other task.

    Example:
        >>> decided = decide(Experiment(data="digits"), 1167, (1, 8, 8), "classification")
        >>> decided.model.name, decided.objective.loss, decided.training.optimizer
        ('cnn', 'cross_entropy', 'adamw')
    """
    takes = "sequence" if tokens else SHAPES.get(len(input_shape), "vector")
    takes = "language" if task == "language" else takes
    values = experiment.model_dump()
    model, training = values["model"], values["training"]
    objective = values["objective"]
    if model["name"] == "auto":
        model["name"] = model_for(objective["name"], task, takes, input_shape)
    for dotted, value in MODELS.find(model["name"]).facts.get("defaults", {}).items():
        section, key = dotted.split(".")
        if section == "model":
            model.setdefault(key, value)
        elif values[section][key] in ("auto", None):
            values[section][key] = value
    facts = MODELS.find(model["name"]).facts
    if facts["takes"] == "sequence" and facts.get("gives") not in ("strokes", "reconstruction"):
        if task == "translation":
            model["steps"] = steps
        if task == "tagging":
            model["wiring"] = "many_to_many"
        model["tokens"] = tokens  # the data decide it, whatever an experiment for other data says
    if task in ("captioning", "strokes"):
        model["steps"] = steps
    if task == "image_to_image":
        model |= of_pictures(model, factor, residual)
    if objective["name"] == "auto":
        objective["name"] = task if task in OWN_OBJECTIVE else "supervised"
    if objective["loss"] == "auto":
        classes = ("classification", *SEQUENCES, "segmentation")
        objective["loss"] = OWN_LOSS.get(objective["name"], "cross_entropy" if task in classes else "mse")
    if task == "forecast" and anchor is not None and experiment.data.prepare.relative:
        model["anchor"] = anchor
    else:
        model.pop("anchor", None)
    if task == "verification":
        model["unit_length"] = objective["unit_length"]
    else:
        model.pop("unit_length", None)
    if experiment.training.batch_size == "auto" and isinstance(training["batch_size"], int):
        training["batch_size"] = min(training["batch_size"], largest_power(rows))  # a model's own is for many
    most = EPOCHS[takes][1]
    if objective["name"] == "adversarial":
        most = MOST_OF_A_GAME.get(takes, most)
        if training["early_stopping"]["patience"] == "auto":
            training["early_stopping"]["patience"] = "off"
    if objective["name"] == "contrastive_divergence":
        takes, most = "vector", EPOCHS["vector"][1]  # its steps on pictures are those on any rows
    decide_training(training, rows, takes, most)
    decide_pretraining(values["pretraining"], rows, training["batch_size"])
    for spec in experiment.output.metrics:
        if task in ("reconstruction", "forecast", *OWN_TASKS):
            raise SettingError(
                f"output.metrics = {experiment.output.metrics} for the task {task!r}",
                expected="no further metrics: errors, shares of the variance and baselines are measured",
                fix="leave output.metrics out",
            )
        metric_for(spec, task)
    return Experiment.read(values)


def model_for(objective: str, task: str, takes: str, input_shape: tuple[int, ...]) -> str:
    """The model where the experiment names none.

    Example:
        >>> model_for("elbo", "reconstruction", "image", (1, 8, 8))
        'variational_autoencoder'
    """
    if task in MADE_FOR:
        return MADE_FOR[task]
    if task != "reconstruction":
        return {"image": "cnn", "sequence": "recurrent", "video": "lrcn"}.get(takes, "mlp")
    made_for = {
        "elbo": "variational",
        "sparse": "sparse",
        "denoising": "denoising",
        "contractive": "contractive",
    }
    if objective == "adversarial":
        return "dcgan" if takes == "image" else "gan"
    if objective == "contrastive_divergence":
        return "rbm"
    if objective in made_for:
        return f"{made_for[objective]}_autoencoder"
    large = takes == "image" and min(input_shape[1:]) >= LARGE
    return "convolutional_autoencoder" if large else "autoencoder"


def of_pictures(model: dict[str, Any], factor: int, residual: bool) -> dict[str, Any]:
    """Settings of a model that makes pictures: the data decide how many times larger they are, and the input
    is added to the output where it can be and nobody says otherwise.

    Example:
        >>> of_pictures({"name": "unet"}, 2, True)
        {'factor': 2, 'residual': True}
    """
    known = MODELS.find(model["name"]).settings()
    found: dict[str, Any] = {"factor": factor} if "factor" in known else {}
    if "residual" in known and "residual" not in model:
        found["residual"] = residual
    return found


def objective_of(experiment: Experiment) -> str:
    """The objective's name before the data are read: what is asked for, or what the model is made for.

    Raises:
        UnknownNameError: There is no such model.
        SettingError: The task is for another objective.

    Example:
        >>> objective_of(Experiment(data="digits", model="variational_autoencoder"))
        'elbo'
    """
    name: str = experiment.objective.name
    task = experiment.data.task
    if name == "auto" and task == "auto" and experiment.data.source in BUILTIN:
        known = BUILTIN[experiment.data.source].facts["task"]
        name = known if known in OWN_OBJECTIVE else name
    if name == "auto" and experiment.model.name != "auto":
        defaults = MODELS.find(experiment.model.name).facts.get("defaults", {})
        name = defaults.get("objective.name", name)
    if name in IN_WORLDS:
        raise SettingError(
            f"objective {name!r} on rows",
            expected="a world to act in",
            fix="set data.source to a world, such as gymnasium:CartPole-v1",
        )
    if name == "auto":
        name = task if task in OWN_OBJECTIVE else "supervised"
    own = ("supervised", *OWN_TASKS)
    due = name if task == "auto" else task if task in own else "supervised"
    fits = name not in own if task == "reconstruction" else name == due
    if not fits:
        raise SettingError(
            f"data.task = {task!r} with the objective {name!r}",
            expected="classification or regression for 'supervised', language for 'language', "
            "translation for 'translation', and so on, reconstruction for all others",
            fix="leave data.task out",
        )
    return name


def decide_training(training: dict[str, Any], rows: int, takes: str, most: int) -> None:
    """Fill in the training section, in place; ``most`` epochs at most."""
    if training["optimizer"] == "auto":
        training["optimizer"] = "adamw"
    name, _ = read_spec(training["optimizer"], "optimizer")
    optimizer = OPTIMIZERS.find(name)
    # The rates on the cards are for the cosine schedule, which halves them on average.
    if training["learning_rate"] == "auto":
        training["learning_rate"] = optimizer.facts["learning_rate"]
    if training["weight_decay"] == "auto":
        training["weight_decay"] = optimizer.settings()["weight_decay"].default
    if training["schedule"] == "auto":
        training["schedule"] = "cosine"
    if training["batch_size"] == "auto":
        training["batch_size"] = batch_size(rows, takes)
    if training["epochs"] == "auto":
        steps = math.ceil(rows / (training["batch_size"] * training["accumulate"]))
        training["epochs"] = min(most, max(EPOCHS[takes][0], round(STEPS[takes] / steps)))
    stopping = training["early_stopping"]
    if stopping["patience"] == "auto":
        stopping["patience"] = max(5, math.ceil(training["epochs"] / 4))


def refuse_unbuildable(experiment: Experiment) -> None:
    """Build what training will need for nothing, so that what is wrong with it is told before.

    Args:
        experiment: As it was decided.

    Raises:
        UnknownNameError: There is no such optimizer, schedule or regularizer.
        SettingError: It does not take such a setting, or there is no such device.

    Example:
        >>> decided = decide(Experiment(data="digits"), 1167, (1, 8, 8), "classification")
        >>> refuse_unbuildable(decided)
    """
    training = experiment.training
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    OPTIMIZERS.build(training.optimizer, parameters, fixed={"learning_rate": 1.0, "weight_decay": 0.0})
    SCHEDULES.build(training.schedule)
    for spec in training.regularizers:
        build_regularizer(spec)
    choose_device(training.device)


def batch_size(rows: int, takes: str) -> int:
    """Rows per step: small where there are few rows, so that there are enough steps.

    Example:
        >>> [batch_size(rows, "vector") for rows in (10, 100, 1000, 30_000, 1_000_000)]
        [8, 16, 16, 256, 512]
    """
    if takes in ("image", "sequence", "video", "language"):
        return min(64, largest_power(max(1, rows // 8)))
    return min(512, max(16, largest_power(rows // 64)), largest_power(max(1, rows)))


def largest_power(number: int) -> int:
    """The largest power of two that is not above ``number``, at least 1."""
    return 1 << max(0, number.bit_length() - 1)


def facts_of(prepared: Prepared) -> dict[str, Any]:
    """What :func:`decide` asks of the data."""
    return {
        "rows": len(prepared.train),
        "input_shape": prepared.input_shape,
        "task": prepared.task,
        "tokens": prepared.tokens,
        "anchor": prepared.series_column,
        "steps": prepared.train.targets.shape[1]
        if prepared.task in ("translation", "captioning", "strokes")
        else 0,
        "factor": prepared.factor,
        "residual": prepared.input_shape[0] in (1, prepared.outputs),
    }
