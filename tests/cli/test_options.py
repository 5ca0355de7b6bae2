"""What the command line writes out beside the settings is what the settings say."""

from __future__ import annotations

from typing import get_args

from glasshouse.cli.options import TASKS
from glasshouse.data.settings import Task

DECIDED = {"generation", "control"}
"""Tasks that follow from the objective or the world, and are not asked for."""


def test_every_task_that_can_be_asked_for_is_offered():
    assert set(TASKS) == set(get_args(Task)) - DECIDED
