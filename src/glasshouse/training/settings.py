"""The ``[training]`` section of an experiment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from glasshouse.core.settings import Count, NonNegative, Positive, Settings


class EarlyStoppingSettings(Settings):
    """When to stop before the last epoch. The weights of the best epoch are kept in any case."""

    patience: Count | Literal["auto", "off"] = Field(
        "auto",
        description="Epochs without improvement before training stops, from 1, or off, or auto. "
        "auto: a quarter of the epochs, at least 5.",
    )
    monitor: Literal["loss", "metric"] = Field(
        "loss",
        description="One of loss, metric: what must improve on the validation part (metric: accuracy or r2)",
    )
    least_change: float = Field(
        0.0, ge=0, description="Smallest change that counts as an improvement, at least 0"
    )


class CheckpointSettings(Settings):
    """When the whole state is written to disk. A killed run loses only the time since then."""

    seconds: float = Field(
        15.0,
        ge=0,
        description="Write a checkpoint when this many seconds have passed, from 0. Of a network that takes "
        "over 0.3 seconds to write, more rarely: writing takes a fiftieth of the time.",
    )
    steps: int | None = Field(None, ge=1, description="Write one every so many steps as well, from 1")


class TrainingSettings(Settings):
    """How the network is trained."""

    epochs: Count | Literal["auto"] = Field(
        "auto",
        description="Most passes over the training part, from 1, or auto. auto: by the number of rows.",
    )
    batch_size: Count | Literal["auto"] = Field(
        "auto", description="Rows per step, from 1, or auto. auto: by the number of rows."
    )
    optimizer: str | dict[str, Any] = Field(
        "auto",
        description='An optimizer by name, or a table like {name = "momentum", momentum = 0.8}. auto: adamw.',
    )
    learning_rate: Positive | Literal["auto", "find"] = Field(
        "auto",
        description="Step size, above 0, or auto, or find. auto: what suits the optimizer. "
        "find: by a learning-rate range test before training.",
    )
    layer_rates: dict[str, Positive] = Field(
        default_factory=dict,
        description="Factors of the learning rate by the name of a layer, above 0, as in {conv1 = 0.1}. "
        "Small ones suit layers whose weights were trained before.",
    )
    weight_decay: NonNegative | Literal["auto"] = Field(
        "auto",
        description="Pull of the weights towards zero, at least 0, or auto. Biases and norms are not pulled. "
        "auto: what suits the optimizer.",
    )
    schedule: str | dict[str, Any] = Field(
        "auto",
        description='A schedule by name, or a table like {name = "exponential", gamma = 0.9}. auto: cosine.',
    )
    clip_norm: float | None = Field(
        None, gt=0, description="Largest length of the whole gradient, above 0. Longer ones are scaled down."
    )
    clip_value: float | None = Field(None, gt=0, description="Largest size of one gradient entry, above 0")
    clip_adaptive: float | None = Field(
        None,
        gt=0,
        description="Longest gradient of a unit as a share of the length of its weights, above 0",
    )
    regularizers: list[str | dict[str, Any]] = Field(
        default_factory=list,
        description='A list of regularizers by name, or tables: ["l1", {name = "max_norm", limit = 3.0}]. '
        "Biases and norms are left alone. Dropout belongs to the model.",
    )
    accumulate: int = Field(
        1, ge=1, description="Batches per optimizer step, from 1: larger steps without more memory"
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto",
        description="One of auto, float32, bfloat16, float16. auto: bfloat16 on a GPU with it, else float32.",
    )
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps ...")
    threads: Annotated[int, Field(ge=1, le=1024)] | Literal["auto"] = Field(
        "auto", description="CPU threads, from 1 to 1024, or auto. auto: one for small steps, else all cores."
    )
    engine: Literal["auto", "fused", "dense", "autograd"] = Field(
        "auto",
        description="One of auto, fused, dense, autograd: what computes gradients. auto: dense where every "
        "layer and the loss have rules, fused where that is faster and Numba is there, else autograd.",
    )
    early_stopping: EarlyStoppingSettings = Field(
        default_factory=EarlyStoppingSettings, description="When to stop before the last epoch"
    )
    checkpoint: CheckpointSettings = Field(
        default_factory=CheckpointSettings, description="When the state is written to disk"
    )
