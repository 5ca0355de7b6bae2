"""Schedules: how the learning rate changes during training. One file each; this table lists them all."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.schedules import (
    constant,
    cosine,
    cyclic,
    exponential,
    one_cycle,
    plateau,
    polynomial,
    range_test,
    step_decay,
    warmup,
)
from glasshouse.schedules.constant import Constant
from glasshouse.schedules.contract import Clock, Schedule
from glasshouse.schedules.cosine import Cosine
from glasshouse.schedules.cyclic import Cyclic
from glasshouse.schedules.exponential import Exponential
from glasshouse.schedules.one_cycle import OneCycle
from glasshouse.schedules.plateau import Plateau
from glasshouse.schedules.polynomial import Polynomial
from glasshouse.schedules.range_test import RangeTest
from glasshouse.schedules.step_decay import StepDecay
from glasshouse.schedules.warmup import Warmup

SCHEDULES = Catalogue(
    "schedule",
    [
        constant.CONCEPT,
        warmup.CONCEPT,
        step_decay.CONCEPT,
        exponential.CONCEPT,
        polynomial.CONCEPT,
        cosine.CONCEPT,
        cyclic.CONCEPT,
        one_cycle.CONCEPT,
        plateau.CONCEPT,
        range_test.CONCEPT,
    ],
)

__all__ = [
    "SCHEDULES",
    "Clock",
    "Constant",
    "Cosine",
    "Cyclic",
    "Exponential",
    "OneCycle",
    "Plateau",
    "Polynomial",
    "RangeTest",
    "Schedule",
    "StepDecay",
    "Warmup",
]
