"""What the data section of an experiment means once it is known what is learnt and from what."""

from __future__ import annotations

from typing import Literal

from glasshouse.data.raw import Raw
from glasshouse.data.settings import OWN_TASKS, DataSettings
from glasshouse.data.text.language import WINDOW
from glasshouse.data.text.text_preparation import text_column
from glasshouse.experiment.decide import objective_of
from glasshouse.experiment.experiment import Experiment
from glasshouse.models import MODELS


def reading_settings(experiment: Experiment) -> DataSettings:
    """The data section for reading: without a target where the objective needs none.

    Example:
        >>> reading_settings(Experiment(data="digits", objective="denoising")).task
        'reconstruction'
    """
    settings: DataSettings = experiment.data
    objective = objective_of(experiment)
    if objective in OWN_TASKS:
        settings = settings.replace(task=objective)
    elif objective != "supervised":
        # Of a window that is itself learnt a label is that of its own steps, not of one that comes later.
        settings = settings.replace(task="reconstruction", horizon=0)
    return settings


def preparing_settings(experiment: Experiment, kind: str) -> DataSettings:
    """The data section for preparing what was read.

    Args:
        experiment: Its data, objective, model and pre-training count.
        kind: What was read.
    """
    settings = reading_settings(experiment)
    if kind != "images" or settings.prepare.scaling != "auto":
        return settings
    scaling = None
    if settings.task in ("reconstruction", "image_to_image"):
        scaling = scaling_of_pictures(experiment)
    elif experiment.pretraining.method in ("rbm", "denoising"):
        scaling = "min-max"  # levels as probabilities, which layers learn to give back
    if scaling is not None:
        settings = settings.replace(prepare=settings.prepare.replace(scaling=scaling).model_dump())
    return settings


def fitting_settings(experiment: Experiment, raw: Raw) -> tuple[DataSettings, bool]:
    """What a preparation is fitted by.

    Args:
        experiment: Its data, objective, model and pre-training count.
        raw: What was read.

    Returns:
        The data section, and whether windows of a series stay steps, as networks for sequences take them.
    """
    settings = with_tokens(experiment, preparing_settings(experiment, raw.kind), raw)
    return settings, takes_sequences(experiment)


def with_tokens(experiment: Experiment, settings: DataSettings, raw: Raw) -> DataSettings:
    """The settings with texts as tokens, where the model takes sequences and the rows are texts."""
    if settings.task == "language":
        window = settings.window or WINDOW
        prepare = settings.prepare.replace(text="characters", longest=window)
        return settings.replace(prepare=prepare.model_dump())
    if settings.prepare.text != "auto" or not takes_sequences(experiment) or text_column(raw) is None:
        return settings
    return settings.replace(prepare=settings.prepare.replace(text="tokens").model_dump())


def takes_sequences(experiment: Experiment) -> bool:
    """Whether the model that is named reads sequences, step by step."""
    name = experiment.model.name
    return name != "auto" and MODELS.find(name).facts["takes"] == "sequence"


def scaling_of_pictures(experiment: Experiment) -> Literal["min-max", "z-score", "binary"]:
    """How pictures are scaled that are to be learnt themselves, where the experiment does not say.

    Example:
        >>> scaling_of_pictures(Experiment(data="digits", model="rbm"))
        'binary'
    """
    if objective_of(experiment) != "contrastive_divergence":
        # Levels from 0 to 1, so that errors are shares of the way from black to white.
        return "min-max"
    gaussian = experiment.model.spec().get("visible") == "gaussian"
    return "z-score" if gaussian else "binary"
