"""The ``[recipe]`` table of a recipe file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from glasshouse.core.settings import Count, NonNegative, Settings

Part = Literal["test", "validation"]


class Measured(Settings):
    """What was measured by running a recipe as it stands in its file.

    Example:
        >>> measured = Measured(values=(0.991, 0.99), seconds=120, seeds=2)
        >>> measured.used, measured.numbers
        ((0, 1), (0.991, 0.99))
    """

    value: float | None = Field(None, description="The metric of one run, or the mean over several")
    values: tuple[float, ...] = Field((), description="The metric of each run, in the order of the seeds")
    seconds: NonNegative | None = Field(None, description="How long one run took, on two cores, from 0")
    seeds: Count | tuple[int, ...] = Field(
        (0,), description="The seeds of the runs, or how many there were: then 0, 1, 2 ..."
    )
    note: str = Field("", description="What else is to be known about the measurement")

    @model_validator(mode="after")
    def _a_number(self) -> Measured:
        if self.value is None and not self.values:
            raise ValueError("value = NUMBER, or values = [NUMBER, ...], one for each seed")
        if self.values and len(self.values) != len(self.used):
            raise ValueError(f"as many values as seeds; there are {len(self.values)} and {len(self.used)}")
        return self

    @property
    def used(self) -> tuple[int, ...]:
        """The seeds, one by one."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    @property
    def numbers(self) -> tuple[float, ...]:
        """What came of the seeds, or the one number."""
        return self.values or (() if self.value is None else (self.value,))


class FormSettings(Settings):
    """What both forms of a recipe have: a bar, and what was measured."""

    at_least: float | None = Field(None, description="The least that the metric must be")
    at_most: float | None = Field(None, description="The most that the metric may be")
    measured: Measured | None = Field(None, description="What was measured; left out where nothing was")

    @field_validator("measured", mode="before")
    @classmethod
    def _one_number(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, (int, float)) else value


class SmallSettings(FormSettings):
    """The small form: an experiment that trains in seconds anywhere, with a bar of its own."""

    metric: str | None = Field(None, description="The metric of its bar. Default: that of the recipe")
    part: Part | None = Field(None, description="The part of its bar. Default: that of the recipe")
    experiment: dict[str, Any] | None = Field(
        None,
        description="The whole small experiment, on built-in or generated data. "
        "Default: that of the recipe, which then trains in seconds anywhere itself",
    )


class RecipeSettings(FormSettings):
    """What a recipe says of itself beside its experiment."""

    summary: str = Field(min_length=1, description="What it is, in one sentence")
    family: str = Field(min_length=1, description="The family of networks that it trains")
    applications: tuple[str, ...] = Field((), description="What such a network is used for")
    note: str = Field("", description="What to know of its data, where they stand in for others")
    metric: str = Field(
        min_length=1,
        description="The metric of its bar, by its name in the run's metrics, or by the dotted way to it",
    )
    part: Part = Field("test", description="The part of its bar: test, validation")
    small: SmallSettings = Field(description="The small form: its bar, and its experiment")
