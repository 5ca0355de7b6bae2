"""The ``[objective]`` section of an experiment."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from glasshouse.core.errors import SettingError
from glasshouse.core.settings import NonNegative, Settings

ObjectiveName = Literal[
    "auto",
    "supervised",
    "reconstruction",
    "sparse",
    "denoising",
    "contractive",
    "elbo",
    "language",
    "translation",
    "frames",
]

BELONGS: dict[str, tuple[str, ...]] = {
    "class_weights": ("supervised",),
    "label_smoothing": ("supervised",),
    "penalty": ("sparse",),
    "activity": ("sparse",),
    "strength": ("sparse", "contractive"),
    "corruption": ("denoising",),
    "amount": ("denoising",),
    "beta": ("elbo",),
    "teacher_forcing": ("translation",),
}
"""Settings that only some objectives have."""


class ObjectiveSettings(Settings):
    """What training makes small."""

    name: ObjectiveName = Field(
        "auto",
        description="One of auto, supervised, reconstruction, sparse, denoising, contractive, elbo, "
        "language, translation, frames. auto: what the model is made for, supervised for most. All but "
        "supervised need no target.",
    )
    loss: str | dict[str, Any] = Field(
        "auto",
        description='A loss by name, or a table such as {name = "huber", delta = 0.5}. '
        "auto: cross_entropy for classes, mse for numbers and for reconstructions.",
    )
    class_weights: Literal["none", "balanced"] | dict[str, float] = Field(
        "none",
        description="none, balanced (rows / (classes * rows of the class)), or weights by class name",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of the target spread over all classes, from 0 to below 1"
    )
    penalty: Literal["kl", "l1"] = Field(
        "kl",
        description="One of kl, l1: how a sparse code is asked for. kl: every unit is active in a given "
        "share of the rows. l1: the sum of the code's absolute values is small.",
    )
    activity: float = Field(
        0.05, gt=0, lt=1, description="Mean activity of a unit that penalty = 'kl' aims at, between 0 and 1"
    )
    strength: NonNegative | Literal["auto"] = Field(
        "auto",
        description="Weight of the penalty of sparse and contractive, from 0. "
        "auto: 0.01 for kl and contractive, 0.001 for l1.",
    )
    corruption: Literal["gaussian", "masking", "salt_and_pepper"] = Field(
        "gaussian",
        description="One of gaussian, masking, salt_and_pepper: what denoising does to the inputs",
    )
    amount: float = Field(
        0.25,
        gt=0,
        description="How much of it, above 0: the standard deviation of gaussian noise in prepared units, or "
        "the share of the numbers that is masked or set to the ends of their range, below 1",
    )
    teacher_forcing: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the steps of a translation that are fed with the true last word, from 0 to 1; "
        "the others get the network's own",
    )
    beta: NonNegative = Field(
        1.0, description="Weight of the divergence in elbo, from 0. 1: a bound of the likelihood."
    )

    @model_validator(mode="after")
    def _belonging(self) -> ObjectiveSettings:
        """A setting that could do nothing is a misunderstanding, which is better told than passed over."""
        if self.corruption != "gaussian" and self.amount >= 1:
            raise SettingError(
                f"objective.amount = {self.amount:g} with {self.corruption}",
                expected="a share of the numbers, above 0 and below 1",
                fix="set objective.amount to 0.25",
            )
        if self.name == "auto":
            return self
        for key, owners in BELONGS.items():
            if self.name not in owners and getattr(self, key) != type(self).model_fields[key].default:
                raise SettingError(
                    f"objective.{key} with objective.name = {self.name!r}",
                    expected=f"objective.{key} with {' or '.join(owners)}",
                    fix=f"leave objective.{key} out, or set objective.name = {owners[0]!r}",
                )
        return self
