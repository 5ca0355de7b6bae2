"""The ``[objective]`` section of an experiment."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from glasshouse.core.settings import Settings


class ObjectiveSettings(Settings):
    """What training makes small."""

    loss: str | dict[str, Any] = Field(
        "auto",
        description='A loss by name, or a table such as {name = "huber", delta = 0.5}. '
        "auto: cross_entropy for classes, mse for numbers.",
    )
    class_weights: Literal["none", "balanced"] | dict[str, float] = Field(
        "none",
        description="none, balanced (rows / (classes * rows of the class)), or weights by class name",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of the target spread over all classes, from 0 to below 1"
    )
