"""The ``[objective]`` section of an experiment."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from glasshouse.core.errors import SettingError
from glasshouse.core.settings import Count, NonNegative, Positive, Settings

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
    "tagging",
    "captioning",
    "strokes",
    "verification",
    "segmentation",
    "image_to_image",
    "detection",
    "adversarial",
    "contrastive_divergence",
    "q_learning",
    "ddpg",
]

BELONGS: dict[str, tuple[str, ...]] = {
    "class_weights": ("supervised", "segmentation"),
    "label_smoothing": ("supervised", "segmentation", "adversarial"),
    "penalty": ("sparse",),
    "activity": ("sparse",),
    "strength": ("sparse", "contractive"),
    "corruption": ("denoising",),
    "amount": ("denoising",),
    "beta": ("elbo",),
    "teacher_forcing": ("translation", "captioning"),
    "codes": ("verification",),
    "unit_length": ("verification",),
    "negatives": ("verification",),
    "together": ("verification",),
    "false_alarms": ("verification",),
    "gradient_penalty": ("adversarial",),
    "discriminator_steps": ("adversarial",),
    "generator_steps": ("adversarial",),
    "gibbs_steps": ("contrastive_divergence",),
    "persistent": ("contrastive_divergence",),
    "chains": ("contrastive_divergence",),
    "discount": ("q_learning", "ddpg"),
    "target_every": ("q_learning", "ddpg"),
    "target_rate": ("q_learning", "ddpg"),
    "double": ("q_learning",),
    "critic_rate": ("ddpg",),
}
"""Settings that only some objectives have."""


class ObjectiveSettings(Settings):
    """What training makes small."""

    name: ObjectiveName = Field(
        "auto",
        description="One of auto, supervised, reconstruction, sparse, denoising, contractive, elbo, "
        "language, translation, frames, tagging, captioning, strokes, verification, segmentation, "
        "image_to_image, detection, adversarial, contrastive_divergence, q_learning, ddpg. "
        "auto: what the model is made for, supervised for most. Supervised, verification and those of "
        "pictures need a target.",
    )
    loss: str | dict[str, Any] = Field(
        "auto",
        description='A loss by name, or a table such as {name = "huber", delta = 0.5}. '
        "auto: cross_entropy for classes, mse for numbers and for reconstructions, contrastive for "
        "verification (or triplet), non_saturating for adversarial (or minimax, least_squares, wasserstein, "
        "hinge).",
    )
    class_weights: Literal["none", "balanced"] | dict[str, float] = Field(
        "none",
        description="none, balanced (rows / (classes * rows of the class)), or weights by class name",
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the target spread over all classes, from 0 to below 1; in adversarial, what "
        "the label of real rows lacks to 1",
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
        description="Share of the steps of a translation or caption that are fed with the true last word, "
        "from 0 to 1; the others get the network's own",
    )
    beta: NonNegative = Field(
        1.0, description="Weight of the divergence in elbo, from 0. 1: a bound of the likelihood."
    )

    codes: Count = Field(32, description="In verification: numbers of an embedding, from 1")
    unit_length: bool = Field(
        True, description="In verification: whether embeddings are divided by their length, true or false"
    )
    negatives: Literal["random", "semi_hard", "hard"] = Field(
        "semi_hard",
        description="One of random, semi_hard, hard: which row of another class of the batch is set against "
        "each pair of one class. hard: the nearest. semi_hard: the nearest that lies farther than the pair.",
    )
    together: int = Field(
        4, ge=2, description="In verification: rows of one class that stand together in a batch, from 2"
    )
    false_alarms: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="In verification: share of pairs of two classes that may be taken for one, between 0 "
        "and 1. It is measured how many pairs of one class are then found.",
    )

    gradient_penalty: NonNegative | Literal["auto"] = Field(
        "auto",
        description="Weight of the penalty that keeps the discriminator's slope near 1, from 0. "
        "auto: 10 for wasserstein, 0 for others.",
    )
    discriminator_steps: Count = Field(
        1, description="Updates of the discriminator for each of the generator, from 1"
    )
    generator_steps: Count = Field(
        1, description="Updates of the generator for each of the discriminator, from 1"
    )

    gibbs_steps: Count = Field(
        1, description="In contrastive_divergence: Gibbs steps of the chains between two updates, from 1"
    )
    persistent: bool = Field(
        False,
        description="In contrastive_divergence: whether chains go on from update to update. Otherwise they "
        "begin anew at the rows of each batch.",
    )
    chains: Count | Literal["auto"] = Field(
        "auto",
        description="How many persistent chains there are, from 1, or auto. auto: as many as "
        "a batch has rows.",
    )

    discount: float | Literal["auto"] = Field(
        "auto",
        description="In a world: what a reward is worth a step later, from 0 to 1, or auto. auto: what suits "
        "the world, 0.99 for most.",
    )
    target_every: Count | Literal["auto"] = Field(
        "auto",
        description="In a world: updates between two moves of the copy that lags behind, from 1, or auto",
    )
    target_rate: Positive | Literal["auto"] = Field(
        "auto",
        description="In a world: how far that copy moves towards the network, above 0 and up to 1, or auto. "
        "1: it is replaced.",
    )
    double: bool = Field(
        True, description="In q_learning: whether the network chooses the action that the copy judges"
    )
    critic_rate: Positive | Literal["auto"] = Field(
        "auto",
        description="In ddpg: learning rate of the critic, above 0, or auto. auto: that of the actor.",
    )

    @field_validator("discount", "target_rate")
    @classmethod
    def _at_most_one(cls, value: float | str) -> float | str:
        if not isinstance(value, str) and not 0 <= value <= 1:
            raise ValueError("a number up to 1, or auto")
        return value

    @model_validator(mode="after")
    def _belonging(self) -> ObjectiveSettings:
        """A setting that could do nothing is a misunderstanding, which is better told than passed over."""
        if self.corruption != "gaussian" and self.amount >= 1:
            raise SettingError(
                f"objective.amount = {self.amount:g} with {self.corruption}",
                expected="a share of the numbers, above 0 and below 1",
                fix="set objective.amount to 0.25",
            )
        if self.discriminator_steps > 1 and self.generator_steps > 1:
            raise SettingError(
                f"objective.discriminator_steps = {self.discriminator_steps} with "
                f"objective.generator_steps = {self.generator_steps}",
                expected="one of them above 1",
                fix="set the other one to 1",
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
