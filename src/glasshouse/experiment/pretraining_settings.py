"""The ``[pretraining]`` section: whether hidden layers are trained one by one before the network."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, model_validator

from glasshouse.core.errors import SettingError
from glasshouse.core.settings import Count, Positive, Settings

PretrainingMethod = Literal["auto", "none", "rbm", "denoising", "supervised"]

RATES = {"rbm": 0.01, "denoising": 0.001, "supervised": 0.001}
"""Of Adam, under a cosine schedule, where the experiment names none."""
STEPS, EPOCHS = 2000, (10, 100)
"""Optimizer steps that the number of epochs of a layer aims at; fewest and most epochs."""
BELONGS = {
    "corruption": "denoising",
    "amount": "denoising",
    "gibbs_steps": "rbm",
    "bound": "rbm",
}
"""Settings that only one method has."""


class PretrainingSettings(Settings):
    """Whether the hidden layers of a dense network are trained one by one before the whole network is.

    Example:
        >>> PretrainingSettings(method="rbm").gibbs_steps
        1
    """

    method: PretrainingMethod = Field(
        "auto",
        description="One of auto, none, rbm, denoising, supervised: how each hidden layer is trained on what "
        "the layers below it give. rbm: as a restricted Boltzmann machine. denoising: as the encoder of "
        "a denoising autoencoder. supervised: with a head of its own on the target. auto: rbm for a dbn, "
        "none for all others.",
    )
    epochs: Count | Literal["auto"] = Field(
        "auto",
        description="Passes over the training part for each layer, from 1, or auto. auto: 2,000 steps or so, "
        "in 10 to 100 epochs.",
    )
    learning_rate: Positive | Literal["auto"] = Field(
        "auto",
        description="Step size of Adam, above 0, or auto. auto: 0.01 for rbm, 0.001 for the others.",
    )
    batch_size: Count | Literal["auto"] = Field(
        "auto", description="Rows per step, from 1, or auto. auto: that of the training after it."
    )
    corruption: Literal["gaussian", "masking", "salt_and_pepper"] = Field(
        "masking",
        description="One of gaussian, masking, salt_and_pepper: what denoising does to the inputs of a layer",
    )
    amount: float = Field(
        0.25,
        gt=0,
        description="How much of it, above 0: the standard deviation of gaussian noise, or the share of the "
        "numbers that is masked or set to the ends of their range, below 1",
    )
    gibbs_steps: Count = Field(1, description="In rbm: Gibbs steps from the rows to the chains' ends, from 1")
    bound: bool = Field(
        True,
        description="In rbm: measure, after every layer, the bound of the likelihood that the machines so "
        "far give: true, false",
    )

    @property
    def active(self) -> bool:
        """Whether layers are trained one by one."""
        return self.method not in ("auto", "none")

    @model_validator(mode="after")
    def _belonging(self) -> PretrainingSettings:
        """A setting that could do nothing is a misunderstanding, which is better told than passed over."""
        if self.corruption != "gaussian" and self.amount >= 1:
            raise SettingError(
                f"pretraining.amount = {self.amount:g} with {self.corruption}",
                expected="a share of the numbers, above 0 and below 1",
                fix="set pretraining.amount to 0.25",
            )
        if not self.active:
            return self
        for key, owner in BELONGS.items():
            if self.method != owner and getattr(self, key) != type(self).model_fields[key].default:
                raise SettingError(
                    f"pretraining.{key} with pretraining.method = {self.method!r}",
                    expected=f"pretraining.{key} with {owner!r}",
                    fix=f"leave pretraining.{key} out, or set pretraining.method = {owner!r}",
                )
        return self


def decide_pretraining(pretraining: dict[str, Any], rows: int, batch_size: int) -> None:
    """Fill in the pre-training section, in place.

    Args:
        pretraining: With a method other than "auto" where a model has one of its own.
        rows: Training rows.
        batch_size: Of the training after it.

    Example:
        >>> section = PretrainingSettings(method="rbm").model_dump()
        >>> decide_pretraining(section, 1168, 16)
        >>> section["learning_rate"], section["batch_size"], section["epochs"]
        (0.01, 16, 27)
    """
    if pretraining["method"] == "auto":
        pretraining["method"] = "none"
    if pretraining["method"] == "none":
        return
    if pretraining["learning_rate"] == "auto":
        pretraining["learning_rate"] = RATES[pretraining["method"]]
    if pretraining["batch_size"] == "auto":
        pretraining["batch_size"] = batch_size
    if pretraining["epochs"] == "auto":
        steps = math.ceil(rows / pretraining["batch_size"])
        pretraining["epochs"] = min(EPOCHS[1], max(EPOCHS[0], round(STEPS / steps)))
