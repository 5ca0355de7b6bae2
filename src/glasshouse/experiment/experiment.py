"""The experiment: everything that decides a run, as a validated document."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, Literal, get_args

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from glasshouse.core.settings import Place, Settings, explain
from glasshouse.data.settings import DataSettings
from glasshouse.experiment.ensemble_settings import EnsembleSettings
from glasshouse.experiment.pretraining_settings import PretrainingSettings
from glasshouse.objectives.settings import ObjectiveName, ObjectiveSettings
from glasshouse.probes.settings import WatchSettings
from glasshouse.training.settings import TrainingSettings

SHORTHANDS = {"data": "source", "model": "name", "objective": "loss"}
"""Sections that a bare name may stand for, and the key that the name is the value of."""
OBJECTIVES = get_args(ObjectiveName)
"""Bare names that stand for an objective; all others are losses."""


class ModelSettings(Settings):
    """Which network, and its own settings; they are checked when it is built."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(
        "auto",
        description="A model by name, or auto. auto: mlp for tables, cnn for pictures, "
        "an autoencoder where the rows themselves are learnt",
    )
    weights: Place | None = Field(
        None,
        description="A file of weights to begin with: .safetensors, or .pt and .pth with tensors alone. "
        "Names of layers are understood as Glasshouse and as torchvision write them.",
    )
    head: Literal["auto", "file", "new"] = Field(
        "auto",
        description="One of auto, file, new: whether the output layer is taken from that file. "
        "auto: where it fits.",
    )
    freeze: Literal["none", "backbone"] | tuple[str, ...] = Field(
        "none",
        description="One of none, backbone, or a list of layers: what is not trained. "
        "backbone: everything but the output layer.",
    )

    def spec(self) -> dict[str, Any]:
        """The name and the model's own settings together, as catalogues take them."""
        return self.model_dump(exclude={"weights", "head", "freeze"})


class OutputSettings(Settings):
    """What is made of a trained network."""

    report: bool = Field(True, description="Write report.html: true, false")
    bundle: bool = Field(True, description="Write the bundle to ship: true, false")
    onnx: bool = Field(True, description="Put model.onnx into the bundle: true, false")
    metrics: list[str | dict[str, Any]] = Field(
        default_factory=list,
        description="A list of further metrics by name, or tables: "
        '["matthews", {name = "top_k_accuracy", k = 3}]. The usual ones are measured in any case.',
    )


class Experiment(Settings):
    """Everything that decides a run: data, model, objective, training, watch, output, seed and more.

    ``data`` alone is a complete experiment; whatever is left at ``"auto"`` is decided by the data and written
    into the run folder as it was decided. A bare name stands for a section with that name:
    ``Experiment(data="iris", model="mlp")``.

    Args:
        data: Where the data is and what it means.
        model: The network.
        objective: The loss.
        pretraining: Whether the hidden layers are trained one by one before.
        training: How it is trained.
        ensemble: Whether several networks answer together.
        watch: What is recorded beside losses and metrics.
        output: Report and bundle.
        seed: Decides the split, the first weights, the order of the rows and all other chance.
        name: Name of the run; by default that of the data.

    Raises:
        SettingError: A key is unknown or a value is not allowed; the message names the dotted key.

    Example:
        >>> experiment = Experiment(data="iris", training={"epochs": 5})
        >>> experiment.data.source, experiment.model.name, experiment.training.epochs
        ('iris', 'auto', 5)
    """

    name: str = Field("", description="Name of the run. Default: that of the data.")
    seed: int = Field(0, ge=0, description="Decides all chance: split, first weights, order of rows; from 0")
    data: DataSettings = Field(description="Where the data is and what it means")
    model: ModelSettings = Field(default_factory=ModelSettings, description="The network")
    objective: ObjectiveSettings = Field(default_factory=ObjectiveSettings, description="What is made small")
    pretraining: PretrainingSettings = Field(
        default_factory=PretrainingSettings, description="Whether layers are trained one by one before"
    )
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="How it is trained")
    ensemble: EnsembleSettings = Field(
        default_factory=EnsembleSettings, description="Whether several networks answer together"
    )
    watch: WatchSettings = Field(default_factory=WatchSettings, description="What is recorded")
    output: OutputSettings = Field(default_factory=OutputSettings, description="What is made of it")

    def __init__(self, **sections: Any) -> None:
        try:
            super().__init__(**sections)
        except ValidationError as error:
            raise explain(error, type(self)) from error

    @model_validator(mode="before")
    @classmethod
    def _names_for_sections(cls, values: Any) -> Any:
        """Let a bare name stand for the section that it would begin."""
        if not isinstance(values, Mapping):
            return values
        opened = dict(values)
        for section, key in SHORTHANDS.items():
            if isinstance(opened.get(section), (str, PathLike)):
                named = section == "objective" and opened[section] in OBJECTIVES
                opened[section] = {"name" if named else key: opened[section]}
        return opened

    @field_validator("name")
    @classmethod
    def _fit_for_a_folder(cls, value: str) -> str:
        if "/" in value or "\\" in value or value.startswith("."):
            raise ValueError("a name that can be part of a folder's name: no slashes, no dot in front")
        return value
