"""From the ``[objective]`` section of an experiment to an objective."""

from __future__ import annotations

from typing import Any

from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Prepared
from glasshouse.data.settings import OWN_TASKS, Task
from glasshouse.losses import LOSSES, TemporalDifference
from glasshouse.objectives.acting import Acting, Trial
from glasshouse.objectives.adversarial import build_adversarial
from glasshouse.objectives.contract import Objective
from glasshouse.objectives.contractive import Contractive
from glasshouse.objectives.contrastive_divergence import build_contrastive_divergence
from glasshouse.objectives.ddpg import DDPG
from glasshouse.objectives.denoising import Denoising
from glasshouse.objectives.detection import build_detection
from glasshouse.objectives.elbo import Elbo
from glasshouse.objectives.frames import Frames
from glasshouse.objectives.image_to_image import build_image_to_image
from glasshouse.objectives.language import Language
from glasshouse.objectives.q_learning import QLearning
from glasshouse.objectives.reconstruction import Reconstruction, reconstruction_loss
from glasshouse.objectives.segmentation import build_segmentation
from glasshouse.objectives.settings import ObjectiveSettings
from glasshouse.objectives.sparse import Sparse
from glasshouse.objectives.strokes import Strokes
from glasshouse.objectives.supervised import build_supervised
from glasshouse.objectives.tagging import Tagging
from glasshouse.objectives.translation import Translation
from glasshouse.objectives.verification import build_verification

STRENGTHS = {"l1": 0.001, "kl": 0.01, "contractive": 0.01}
"""What ``strength = "auto"`` stands for."""


def build_objective(settings: ObjectiveSettings, prepared: Prepared) -> Objective:
    """The objective that an experiment names, for the data at hand.

    Args:
        settings: The ``[objective]`` section. With ``name = "auto"`` the data decide: supervised where they
            have a target.
        prepared: The data.

    Raises:
        UnknownNameError: There is no such loss, or no such class to weigh.
        SettingError: The objective is for other data, or does not take such a setting.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from glasshouse.data.parts import Part
        >>> rows = torch.rand(4, 2)
        >>> prepared = Prepared(Part(rows, rows, np.arange(4)), None, None, "reconstruction", (2,), 2, (), "")
        >>> type(build_objective(ObjectiveSettings(name="denoising"), prepared)).__name__
        'Denoising'
    """
    if prepared.task in OWN_TASKS or settings.name in OWN_TASKS:
        if settings.name not in ("auto", prepared.task):
            raise SettingError(
                f"objective {settings.name!r} on data for {prepared.task}",
                expected="the objective that has the name of the task",
                fix="leave objective.name out, and say what is learnt: data.task",
            )
        if prepared.task == "verification":
            return build_verification(settings, prepared)
        if prepared.task == "segmentation":
            return build_segmentation(settings, prepared)
        if prepared.task == "detection":
            return build_detection(settings, prepared)
        if prepared.task == "image_to_image":
            return build_image_to_image(settings)
        return of_sequences(settings, prepared.task)
    unlabelled = prepared.task == "reconstruction"
    name = settings.name if settings.name != "auto" else "reconstruction" if unlabelled else "supervised"
    if (name == "supervised") == unlabelled:
        raise SettingError(
            f"objective {name!r} on data for {prepared.task}",
            expected="a target for 'supervised', and for all others none",
            fix="name data.target, or set objective.name = 'reconstruction'"
            if unlabelled
            else "set data.task = 'reconstruction'",
        )
    if name == "supervised":
        return build_supervised(settings, prepared)
    if name == "elbo":
        if settings.loss not in ("auto", "elbo"):
            raise SettingError(
                f"objective.loss = {settings.loss!r} with objective 'elbo'",
                expected="no loss: the model's likelihood says how outputs are compared with inputs",
                fix="leave objective.loss out, and set model.likelihood to 'bernoulli' or 'gaussian'",
            )
        return Elbo(settings.beta)
    if name == "adversarial":
        return build_adversarial(settings)
    if name == "contrastive_divergence":
        return build_contrastive_divergence(settings, prepared)
    loss = reconstruction_loss(settings, prepared)
    if name == "reconstruction":
        return Reconstruction(loss)
    if name == "denoising":
        inputs = prepared.train.inputs
        span = (float(inputs.min()), float(inputs.max()))
        return Denoising(loss, settings.corruption, settings.amount, span)
    if name == "contractive":
        return Contractive(loss, strength(settings, "contractive"))
    return Sparse(loss, settings.penalty, strength(settings, settings.penalty), settings.activity)


def of_sequences(settings: ObjectiveSettings, task: Task) -> Objective:
    """The objective of a task whose answers are sequences.

    Args:
        settings: The ``[objective]`` section.
        task: One of :data:`~glasshouse.data.settings.SEQUENCES`.

    Example:
        >>> type(of_sequences(ObjectiveSettings(), "language")).__name__
        'Language'
    """
    if task == "frames":
        return Frames()
    if task == "tagging":
        return Tagging()
    if task == "language":
        return Language()
    if task == "strokes":
        return Strokes()
    return Translation(settings.teacher_forcing, "captioning" if task == "captioning" else "translation")


def build_acting(settings: ObjectiveSettings, trial: Trial) -> Acting:
    """The objective of a world that an experiment names.

    Args:
        settings: The ``[objective]`` section, with nothing left at "auto" that a world needs.
        trial: What judges the policy.

    Raises:
        SettingError: The objective is not for a world, or not for its actions, or takes no such loss.

    Example:
        >>> from glasshouse.worlds import make_world
        >>> settings = ObjectiveSettings(name="q_learning", loss="temporal_difference", discount=0.9,
        ...                              target_every=10, target_rate=1.0)
        >>> type(build_acting(settings, Trial(make_world("world:grid"), (0,)))).__name__
        'QLearning'
    """
    counted = trial.world.actions.counted
    suited = "q_learning" if counted else "ddpg"
    if settings.name != suited:
        raise SettingError(
            f"objective {settings.name!r} in the world {trial.world.name!r}",
            expected=f"{suited!r}, because its actions are {'counted' if counted else 'numbers'}",
            fix=f"set objective.name = {suited!r}, or leave it out",
        )
    for value in (settings.discount, settings.target_rate, settings.target_every):
        assert value != "auto", "the experiment is not decided"
    lag = (float(settings.discount), int(settings.target_every), float(settings.target_rate))
    if not counted:
        rate = None if settings.critic_rate == "auto" else float(settings.critic_rate)
        return DDPG(*lag, trial, rate)
    loss = LOSSES.build(settings.loss)
    if not isinstance(loss, TemporalDifference):
        raise SettingError(
            f"objective.loss = {settings.loss!r} in a world",
            expected="temporal_difference, with its delta where that is to be another",
            fix="leave objective.loss out",
        )
    return QLearning(*lag, trial, settings.double, loss)


def strength(settings: ObjectiveSettings, kind: str) -> float:
    """The weight of the penalty.

    Example:
        >>> strength(ObjectiveSettings(name="sparse"), "kl")
        0.01
    """
    wanted: Any = settings.strength
    return STRENGTHS[kind] if wanted == "auto" else float(wanted)
