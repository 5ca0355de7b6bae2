"""Schedules: how the learning rate changes during training. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.schedules import constant, cosine, cyclic, exponential, plateau, step_decay
from glasshouse.schedules.constant import Constant
from glasshouse.schedules.contract import Clock, Schedule
from glasshouse.schedules.cosine import Cosine
from glasshouse.schedules.cyclic import Cyclic
from glasshouse.schedules.exponential import Exponential
from glasshouse.schedules.plateau import Plateau
from glasshouse.schedules.step_decay import StepDecay

SCHEDULES = Catalogue(
    "schedule",
    [
        constant.CONCEPT,
        step_decay.CONCEPT,
        exponential.CONCEPT,
        cosine.CONCEPT,
        cyclic.CONCEPT,
        plateau.CONCEPT,
    ],
)

__all__ = [
    "SCHEDULES",
    "Clock",
    "Constant",
    "Cosine",
    "Cyclic",
    "Exponential",
    "Plateau",
    "Schedule",
    "StepDecay",
]
