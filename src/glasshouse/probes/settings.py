"""The ``[watch]`` section of an experiment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from glasshouse.core.settings import Count, Settings


class WatchSettings(Settings):
    """What is recorded while training, beside losses and metrics."""

    probes: bool = Field(
        True, description="Record activations, gradients and updates of every layer: true, false"
    )
    every: Count | Literal["auto"] = Field(
        "auto",
        description="Steps from one look to the next, from 1, or auto. "
        "auto: about 200 looks per run, and at least 200 steps apart.",
    )
    tensorboard: bool = Field(False, description="Also write TensorBoard event files: true, false")
